"""`Workspace`: a learner's exercises, files, current verdicts and next function, for `watch`, `progress` and `hint`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from grader.core.errors import GraderError, UsageError, WorkerDiedError
from grader.core.outcome_text import reason_text
from grader.execution.guest.student_code.source_file import SourceFile
from grader.execution.guest.student_code.submitted_modules import SubmittedModules
from grader.execution.host.job_run import JobResult
from grader.learner.exercise_folder import ExerciseFolder, find_exercise_folder, open_exercise_folder
from grader.learner.files.learner_files import LearnerFiles, read_learner_files
from grader.learner.next_step import rank_function
from grader.learner.progress import FunctionState, LearnerProgress
from grader.learner.required_packages import missing_torch
from grader.learner.state_folder import StateFolder
from grader.learner.warm_worker import BackgroundRunner


@dataclass
class Workspace:
    """The exercises, files and progress of one learner.

    selected_files: files that the command line names; empty: all files in the folder of exercises.
    """

    exercise_folder: ExerciseFolder
    progress: LearnerProgress
    state_folder: StateFolder
    selected_files: list[Path]
    language: str

    def functions_to_run(self) -> list[str]:
        """Read the files again, and return the functions whose checks must run again."""
        return self.progress.update_files(self._read())

    def _read(self) -> LearnerFiles:
        return read_learner_files(self.exercise_folder.path, self.selected_files, self.progress.module_of)

    @property
    def changed(self) -> bool:
        """True if a file changed since it was last read."""
        return self._read().contents != self.progress.files.contents

    @property
    def watched_folders(self) -> list[Path]:
        """The folders in which `watch` waits for saved files."""
        return sorted({path.parent for path in self.selected_files}) or [self.exercise_folder.path]

    @property
    def warnings(self) -> list[str]:
        """Exercises and files that could not be read, and files that are not UTF-8, one text each."""
        files = self.progress.files
        about_files = (reason_text(reason, self.language) for reason in (*files.unreadable, *files.remarks))
        return [*self.exercise_folder.faults, *about_files]

    def expected_signature(self, function: str) -> str:
        """Return the signature of a function in the hand-out; empty if the golden does not hold it."""
        return self.exercise_folder.golden_of(function).signatures.get(function, "")

    def record_results(self, functions: Sequence[str], own: LearnerFiles, results: Sequence[JobResult]) -> None:
        """Record the outcomes of functions, and save the outcomes for the next command.

        `own` are the learner's files that contained the functions when they ran.
        """
        self.progress.record_results(functions, own, results)
        self.state_folder.save_outcomes(self.progress.stored)


def open_workspace(files: Sequence[Path], language: str) -> Workspace:
    """Return the workspace for the learner's files or for one folder, as the command line names them.

    The folder of exercises is searched at or above the first file or folder, and then at or above the current folder.
    Raises UsageError.
    """
    for path in files:
        if not path.exists():
            raise UsageError("File not found: {path}", path=path)
    selected = [path.resolve() for path in files if path.is_file()]
    start = files[0] if files and not selected else selected[0].parent if selected else Path.cwd()
    try:
        folder = find_exercise_folder(start)
    except UsageError:
        folder = find_exercise_folder(Path.cwd())
    exercise_folder = open_exercise_folder(folder, language)
    if selected:
        exercise_folder = _select_exercises(exercise_folder, selected)
    state_folder = StateFolder(folder)
    return Workspace(
        exercise_folder,
        LearnerProgress(exercise_folder, stored=state_folder.load_outcomes()),
        state_folder,
        selected,
        language,
    )


def update_progress(workspace: Workspace, only: Sequence[str] = ()) -> None:
    """Run the functions that must run again, so that their verdicts are current.

    only: the functions that may run; empty: all functions.

    Raises GraderError.
    """
    if functions := [f for f in workspace.functions_to_run() if not only or f in only]:
        with warm_runner(workspace) as runner:
            results = runner.run(workspace.progress.jobs_for(functions)).result()
            workspace.record_results(functions, workspace.progress.files, results)


def require_torch() -> None:
    """Raise GraderError if torch is not installed."""
    if missing := missing_torch():
        raise missing


def torch_start_error(error: Exception) -> GraderError:
    """Return the error for a torch that is installed but does not load."""
    return GraderError("torch does not start here: {error}", error=error)


@contextmanager
def warm_runner(workspace: Workspace) -> Iterator[BackgroundRunner]:
    """Start a worker with the public experiments. Raises GraderError if torch is missing or does not load."""
    require_torch()
    runner = BackgroundRunner(workspace.exercise_folder.experiment_files)
    try:
        runner.started.result()
        yield runner
    except WorkerDiedError as error:
        raise torch_start_error(error) from None
    finally:
        runner.close()


def _select_exercises(exercise_folder: ExerciseFolder, files: Sequence[Path]) -> ExerciseFolder:
    """Return only the exercises that `files` belong to. Raises UsageError if there are none.

    A file belongs to an exercise if it has the name of the stub or defines a function of the exercise.
    """
    stems = {path.stem for path in files}
    submission = SubmittedModules([SourceFile(str(path), path.read_bytes()) for path in files])
    defined = frozenset[str]().union(*submission.names.values())
    selected = tuple(e for e in exercise_folder.exercises if e.name in stems or not defined.isdisjoint(e.points))
    if not selected:
        raise UsageError(
            "{files}: no function of the exercises in {folder} is defined here",
            files=", ".join(path.name for path in files),
            folder=exercise_folder.path,
        )
    return replace(exercise_folder, exercises=selected)


def next_state(states: Sequence[FunctionState]) -> FunctionState | None:
    """Return the function to work on next, by the rule of `next_step`; None if all are finished.

    A function whose checks have not run yet counts as begun, because its file differs from the stub.
    """
    unfinished = [state for state in states if not state.passed]
    ranks = {s.function: 0 if s.not_run else rank_function([v.status for v in s.verdicts]) for s in unfinished}
    return min(unfinished, key=lambda state: ranks[state.function], default=None)
