"""Step through one function of a submission with Python's debugger, in this process and without a sandbox."""

from __future__ import annotations

import pdb
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from grader.core.outcome_text import outcome_summary
from grader.course.library import Library
from grader.execution.guest.student_code.submitted_modules import SiblingFinder, SourceFile, SubmittedModules
from grader.experiments.declaration import Check
from grader.submissions.submission import Submission as HandedIn


class _LeftError(BaseException):
    """Leaves the debugger: a BaseException, so that no `except Exception` of an experiment stops it."""


class _Debugger(pdb.Pdb):
    """Python's debugger, which remembers that it was told to quit."""

    left = False

    def set_quit(self) -> None:
        """The command `quit`, or the end of the input."""
        self.left = True
        super().set_quit()


def debug(handed_in: HandedIn, library: Library, checks: Sequence[Check], seed: int, language: str) -> str:
    """Run the checks' experiments one after the other, each call of the student's function under the debugger.

    Claims are printed in `language`. Returns why it could not be done, or nothing. The student's code runs in
    this process, with its permissions.
    """
    from grader.execution.guest.experiment_files import load_file
    from grader.execution.guest.observation import observe

    function = checks[0].function
    exercise = library.course.exercise_of[function]
    submission = SubmittedModules([SourceFile(path, data) for path, data in handed_in.read()])
    sys.meta_path.append(SiblingFinder(submission))
    place = submission.locate({function: exercise.name})[function]
    if place.problem:
        return outcome_summary(place.problem)
    if problem := submission.load(place.file):
        return outcome_summary(problem)
    found = submission.function(function, place)
    if not callable(found):
        return outcome_summary(found)
    experiments: dict[str, Any] = {}
    for file in exercise.files:
        experiments |= load_file(str(file), Path(file).read_bytes())
    debugger = _Debugger(nosigint=True)
    for check in checks:
        debugger.message(f"--- {check.id}: {check.claim.in_(language)}")
        functions = {function: _watched(debugger, found)}
        try:
            observe(functions, function, experiments[check.id], seed, submission.own_files, propagate=True)
        except _LeftError:
            return ""
        except Exception as error:  # noqa: BLE001  (whatever the student's code raises is what we came to see)
            debugger.message(f"{type(error).__name__}: {error}")
            debugger.reset()
            debugger.interaction(None, error.__traceback__)
    return ""


def _watched(debugger: _Debugger, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:
        returned = debugger.runcall(function, *arguments, **named)
        if debugger.left:
            raise _LeftError
        return returned

    return call
