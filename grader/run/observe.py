"""One function for everybody: run an experiment on somebody's functions and say what was observed.

Solution, submission, known mistake and alternative all go through `observe`. It needs torch, and it is the
only place that calls student code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from grader.core.names import CHANGED
from grader.core.outcomes import GraderFault, NotAttempted, Observed, Outcome, TimedOut
from grader.declare.experiment import Experiment
from grader.declare.kit import Given
from grader.declare.nets import UnavailableError
from grader.run.observed_values import described_type, to_value
from grader.run.raised_errors import innermost_is_own, raised
from grader.run.running import student_code
from grader.run.state import pristine
from grader.run.watchdog import OutOfTimeError


@dataclass
class _Recorded:
    """The student's function, remembering the type of what it returned last: for the message, not for the score."""

    function: Callable[..., Any]
    returned: str = ""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        result = self.function(*args, **kwargs)
        self.returned = described_type(result)
        return result


def observe(
    functions: Mapping[str, Callable[..., Any]],
    function: str,
    experiment: Experiment,
    seed: int,
    own_files: frozenset[str] = frozenset(),
    propagate: bool = False,
) -> Outcome:
    """Run `experiment` on `functions[function]` with inputs drawn from `seed`.

    `own_files` are the names of the student's source files (for the line of an error). With `propagate` an exception
    of the student's code is passed on, for a debugger.
    """
    given = Given(seed, f"{function}::{experiment.__name__}")
    recorded = _Recorded(functions[function])
    with pristine(seed), student_code():
        try:
            named = experiment(recorded, given)
            values = {name: to_value(value) for name, value in named.items()}
            if given.watches:
                values[CHANGED] = given.changed()
            return Observed(values)
        except UnavailableError as missing:
            return GraderFault(str(missing))
        except OutOfTimeError as end:
            return TimedOut(end.seconds)
        except BaseException as error:  # whatever student code raises, SystemExit too, is an outcome
            if type(error) is NotImplementedError and innermost_is_own(error.__traceback__, own_files):
                return NotAttempted()
            if propagate:
                raise
            return raised(error, own_files, recorded.returned)
