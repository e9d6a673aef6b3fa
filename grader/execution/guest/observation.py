"""Run an experiment on a function and return its outcome.

Solutions, submissions, known mistakes and alternatives all go through `observe`, the only caller of student code. Needs
torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from grader.core.outcomes import GraderFault, NotAttempted, Observed, Outcome, TimedOut
from grader.core.reasons import Code, Reason
from grader.core.values import CHANGED_ARGUMENTS
from grader.execution.guest.observed_values import describe_type, to_value
from grader.execution.guest.student_code.raised_errors import raised, raised_in_own_file
from grader.execution.guest.student_code.running_flag import mark_student_code
from grader.execution.guest.torch_state import default_torch_state
from grader.execution.guest.watchdog import OutOfTimeError
from grader.experiments.declaration import Experiment
from grader.experiments.given import Given
from grader.experiments.nets import UnavailableError


@dataclass
class _RecordingFunction:
    """The student's function; records the type of the value returned last, for messages."""

    function: Callable[..., Any]
    returned: str = ""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        result = self.function(*args, **kwargs)
        self.returned = describe_type(result)
        return result


def observe(
    functions: Mapping[str, Callable[..., Any]],
    function: str,
    experiment: Experiment,
    seed: int,
    own_files: frozenset[str] = frozenset(),
    propagate: bool = False,
) -> Outcome:
    """Run `experiment` on `functions[function]` with inputs drawn from `seed`; return its outcome.

    `own_files` are the paths of the student's source files, to find the line of an error. With `propagate`, exceptions
    of the student's code are raised, for a debugger.
    """
    given = Given(seed, f"{function}::{experiment.__name__}")
    recorded = _RecordingFunction(functions[function])
    with default_torch_state(seed), mark_student_code():
        try:
            named = experiment(recorded, given)
            values = {name: to_value(value) for name, value in named.items()}
            if given.watches:
                values[CHANGED_ARGUMENTS] = given.changed()
            return Observed(values)
        except UnavailableError as missing:
            return GraderFault(Reason.of(Code.UNAVAILABLE, error=str(missing)))
        except OutOfTimeError as end:
            return TimedOut(end.seconds)
        except BaseException as error:  # student code may raise anything, SystemExit too
            if type(error) is NotImplementedError and raised_in_own_file(error.__traceback__, own_files):
                return NotAttempted()
            if propagate:
                raise
            return raised(error, own_files, recorded.returned)
