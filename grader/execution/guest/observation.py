"""Run an experiment on a function and return its outcome.

Solutions, submissions, known mistakes and alternative solutions all run in `observe`. No other function calls student
code. Needs torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

from grader.core.outcomes import GraderFault, NotAttempted, Observed, Outcome, TimedOut
from grader.core.reasons import Code, Reason
from grader.core.values import CHANGED_ARGUMENTS
from grader.execution.guest.call_recording.call_recorder import CallRecorder
from grader.execution.guest.call_recording.recorded_call import CheckDisplay
from grader.execution.guest.observed_values import to_value
from grader.execution.guest.student_code.raised_errors import raised, raised_in_own_file
from grader.execution.guest.student_code.running_flag import mark_student_code
from grader.execution.guest.torch_state import default_torch_state
from grader.execution.guest.watchdog import OutOfTimeError
from grader.experiments.declaration import Experiment
from grader.experiments.given import Given
from grader.experiments.nets import UnavailableError

Display: TypeAlias = Callable[[], CheckDisplay]
"""A function that returns the call and exceptions to show with the outcome of a check.

Call it after the outcome was sent, because it reads values that student code may have made.
"""


def observe(
    functions: Mapping[str, Callable[..., Any]],
    function: str,
    experiment: Experiment,
    seed: int,
    own_files: frozenset[str] = frozenset(),
    propagate: bool = False,
) -> Outcome:
    """Run `experiment` on `functions[function]` with inputs drawn from `seed`; return its outcome.

    own_files: the paths of the student's source files, to find the line of an error.
    propagate: True to let exceptions of the student's code reach the caller, for a debugger.
    """
    return observe_and_record(functions, function, experiment, seed, own_files, propagate)[0]


def observe_and_record(
    functions: Mapping[str, Callable[..., Any]],
    function: str,
    experiment: Experiment,
    seed: int,
    own_files: frozenset[str] = frozenset(),
    propagate: bool = False,
    first_call: bool = False,
) -> tuple[Outcome, Display]:
    """Run an experiment like `observe`; return its outcome, and a function that makes the display.

    With `first_call`, the display contains the first call of the student's function.
    """
    given = Given(seed, f"{function}::{experiment.__name__}")
    recorded = CallRecorder(functions[function], function, own_files, first_call)
    outcome = _run(experiment, recorded, given, seed, own_files, propagate)
    return outcome, partial(recorded.display, given)


def _run(
    experiment: Experiment,
    recorded: CallRecorder,
    given: Given,
    seed: int,
    own_files: frozenset[str],
    propagate: bool,
) -> Outcome:
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
        except BaseException as error:  # student code may raise any exception, also SystemExit
            if type(error) is NotImplementedError and raised_in_own_file(error.__traceback__, own_files):
                return NotAttempted()
            if propagate:
                raise
            return raised(error, own_files, recorded.returned)
