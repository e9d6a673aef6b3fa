"""Find the line of an author's file where an experiment raises an exception: run the experiment again in this process.

Workers report an exception without a line of the experiment, because students must not read hidden experiments. Use
this module only for code that may run in this process: the solutions and experiments of a course for its author.
"""

from __future__ import annotations

import contextlib
import io
import linecache
import sys
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

from grader.core.errors import AuthoringError, AuthoringErrors, NoSandboxError, WorkerStartError
from grader.course.discovery import SOLUTIONS
from grader.course.library import ExerciseFiles, Library
from grader.experiments.declaration import Check, Experiment
from grader.grading.verdicts.call_text import call_lines

TIME_LIMIT = 5.0
"""Time limit in seconds for one run of an experiment."""

CURE = "correct this line"


@dataclass(frozen=True)
class ErrorLine:
    """The line of an author's file nearest to an exception.

    file: path of the solution or of the file of experiments.
    number: line in the file, counted from 1; `code` is its text.
    error: class and message of the exception.
    call: lines of Python that repeat the first call of the function; empty if it was not called.
    """

    file: Path
    number: int
    code: str
    error: str
    call: tuple[str, ...] = ()

    def place(self, root: Path) -> str:
        """Return "FILE:LINE", relative to the folder `root` if the file is below it."""
        file = self.file.relative_to(root) if self.file.is_relative_to(root) else self.file
        return f"{file}:{self.number}"

    def describe(self) -> str:
        """Return the exception and the line, and below them the first call of the function."""
        call = "".join(f"\n        {line}" for line in self.call)
        return f"{self.error}, in: {self.code}" + (f"\n    the function was called with{call}" if call else "")


def find_error_line(root: Path, files: ExerciseFiles, check: Check, seed: int, source: str = "") -> ErrorLine | None:
    """Return the line where a check of an exercise raises an exception; None if it raises none here.

    `root` is the folder of the course. `source` replaces the solution, for example with an alternative solution.
    """
    from grader.execution.guest.experiment_files import load_file

    solution, module = root / SOLUTIONS / files.file, ModuleType("solution")
    own = {str(file) for file in files.exercise.files} | ({str(solution)} if not source else set())
    experiments: dict[str, Experiment] = {}
    try:
        with _silence():
            exec(compile(source or files.solution, str(solution), "exec", dont_inherit=True), module.__dict__)
            for file in files.exercise.files:
                experiments |= load_file(str(file))
    except (Exception, SystemExit) as error:  # noqa: BLE001  (the author's files may raise anything when they are run)
        return _error_line(error, own)
    return find_line_in_files(vars(module), check, experiments[check.id], seed, own)


def find_line_in_files(
    functions: Mapping[str, Any], check: Check, experiment: Experiment, seed: int, own: Collection[str]
) -> ErrorLine | None:
    """Return the line where an experiment raises an exception; None if it raises none, or is not finished in time.

    Unlike `find_error_line`, this function gets the experiment and the `functions` that it calls already loaded.
    `own` are the paths of the author's files. If the exception passed through several of their lines, the last one is
    returned.
    """
    from grader.execution.guest.observation import observe, observe_and_record
    from grader.execution.guest.watchdog import OutOfTimeError, time_limit

    def run(method: Callable[..., Any], **options: bool) -> Any:
        with _silence(), time_limit(TIME_LIMIT):
            return method(functions, check.function, experiment, seed, frozenset(own), **options)

    try:
        run(observe, propagate=True)
    except OutOfTimeError:
        return None
    except BaseException as error:  # noqa: BLE001  (the author's code may raise anything, also SystemExit)
        found = _error_line(error, own)
    else:
        return None
    with contextlib.suppress(Exception, OutOfTimeError):  # without the call, the message is still useful
        _, display = run(observe_and_record, first_call=True)
        if found is not None and (call := display().call):
            return ErrorLine(found.file, found.number, found.code, found.error, tuple(call_lines(call)))
    return found


@contextlib.contextmanager
def report_unloadable_experiments(library: Library) -> Iterator[None]:
    """Raise AuthoringErrors, with file and line, if no worker starts because a file of experiments cannot be loaded.

    Workers load the experiments when they start, so the error of such a file is a WorkerStartError or a NoSandboxError.
    """
    try:
        yield
    except (WorkerStartError, NoSandboxError):
        errors = list(_load_errors(library))
        if not errors:
            raise
        raise AuthoringErrors(errors) from None


def _load_errors(library: Library) -> Iterator[AuthoringError]:
    """Yield an error for each file of experiments that raises an exception when it is loaded."""
    from grader.execution.guest.experiment_files import load_file

    for path, content in library.experiment_files:
        try:
            with _silence():
                load_file(path, content)
        except (Exception, SystemExit) as error:  # noqa: BLE001  (the author's file may raise anything)
            line = _error_line(error, [path])
            place = line.place(library.course.root) if line else path
            found = line.describe() if line else f"{type(error).__name__}: {error}"
            yield AuthoringError(place, f"the file cannot be loaded: {found}", CURE)


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Discard output and warnings of the author's code, because its first run has already shown them."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        with contextlib.redirect_stderr(io.StringIO()):
            yield


def _error_line(error: BaseException, own: Collection[str]) -> ErrorLine | None:
    """Return the line of the last frame of an exception that is in one of the files `own`; None if there is none."""
    linecache.checkcache()  # the author may have changed a file since the last run in this process
    words = f"{type(error).__name__}: {error}".splitlines()[0].rstrip(": ")
    found = None
    for file, number in _frames(error.__traceback__):
        if file in own:
            found = ErrorLine(Path(file), number, linecache.getline(file, number).strip(), words)
    return found


def _frames(trace: TracebackType | None) -> Iterator[tuple[str, int]]:
    """Yield file and line of each frame, up to the recursion limit."""
    for _ in range(sys.getrecursionlimit()):
        if trace is None:
            return
        yield trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next
