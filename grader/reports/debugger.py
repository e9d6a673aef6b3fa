"""Debugger of `grader show --rerun --pdb`: step through a student's function in this process, without a sandbox."""

from __future__ import annotations

import pdb
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from grader.core.outcome_text import outcome_summary
from grader.course.library import Library
from grader.execution.guest.student_code.sibling_imports import SiblingFinder
from grader.execution.guest.student_code.source_file import SourceFile
from grader.execution.guest.student_code.submitted_modules import SubmittedModules
from grader.experiments.declaration import Check


class _DebuggerLeftError(BaseException):
    """Raised after the command `quit`, to end `debug`.

    This class is a BaseException, so that no `except Exception` of an experiment catches it.
    """


class _Debugger(pdb.Pdb):
    """Python's debugger; `has_quit` is true after the command `quit`."""

    has_quit = False

    def set_quit(self) -> None:
        """Handle the command `quit` and the end of the input."""
        self.has_quit = True
        super().set_quit()


def debug(
    files: Sequence[tuple[str, bytes]], library: Library, checks: Sequence[Check], seed: int, language: str
) -> str:
    """Run the experiments of the checks in turn; each call of the student's function runs under the debugger.

    `files` holds the path and the bytes of each file of the submission. Claims are printed in `language`. Returns the
    reason if the function cannot run, else an empty text. Student code runs in this process, with its permissions.
    """
    from grader.execution.guest.experiment_files import load_file
    from grader.execution.guest.observation import observe

    function = checks[0].function
    exercise = library.course.exercise_of[function]
    modules = SubmittedModules([SourceFile(path, data) for path, data in files])
    sys.meta_path.append(SiblingFinder(modules))
    location = modules.locate({function: exercise.name})[function]
    if location.problem:
        return outcome_summary(location.problem)
    if problem := modules.load(location.file):
        return outcome_summary(problem)
    student_function = modules.function(function, location)
    if not callable(student_function):
        return outcome_summary(student_function)
    experiments: dict[str, Any] = {}
    for file in exercise.files:
        experiments |= load_file(str(file), Path(file).read_bytes())
    debugger = _Debugger(nosigint=True)
    for check in checks:
        debugger.message(f"--- {check.id}: {check.claim.in_(language)}")
        functions = {function: _call_under_debugger(debugger, student_function)}
        try:
            observe(functions, function, experiments[check.id], seed, modules.own_files, propagate=True)
        except _DebuggerLeftError:
            return ""
        except Exception as error:  # noqa: BLE001  (the debugger shows any exception of student code)
            debugger.message(f"{type(error).__name__}: {error}")
            debugger.reset()
            debugger.interaction(None, error.__traceback__)
    return ""


def _call_under_debugger(debugger: _Debugger, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any, **keywords: Any) -> Any:
        returned = debugger.runcall(function, *arguments, **keywords)
        if debugger.has_quit:
            raise _DebuggerLeftError
        return returned

    return call
