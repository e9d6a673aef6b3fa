"""Grade submissions: run them in the pool, decide on the outcomes, name misconceptions, add up points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from grader.core.outcomes import GraderFault, Missing, Outcome, Raised, Refused
from grader.core.submission import Submission
from grader.judge.excerpt import readable
from grader.judge.function_grader import FunctionGrader
from grader.judge.journal import Beside, JournalEntry
from grader.judge.library import Library
from grader.judge.record import FunctionRecord, record_of
from grader.judge.references import References
from grader.judge.verdict import Verdict
from grader.run.pool import Executor, JobResult
from grader.run.wire import TIME_LIMIT, Job, Task

WALL_SIGNS = ("Operation not permitted", "Function not implemented", "can't start new process", "Read-only file system")
"""What the refusals of the walls look like from inside."""

HONEST = (
    "Files, networks and other processes are not there while a submission is graded: "
    "use num_workers=0 in a DataLoader, keep data in memory, and leave demonstrations out of the file"
)


Files: TypeAlias = tuple[tuple[str, bytes], ...]
"""Paths and bytes of a submission."""


@dataclass(frozen=True)
class GradedSubmission:
    """A submission with the verdicts on its checks and the journal entries of its functions.

    `output` is what the submission printed.
    """

    student: str
    verdicts: dict[str, list[Verdict]] = field(default_factory=dict)
    entries: list[JournalEntry] = field(default_factory=list)
    output: str = ""

    @property
    def records(self) -> list[FunctionRecord]:
        """The records of the functions."""
        return [entry.record for entry in self.entries]


class SubmissionGrader:
    """Grades submissions with one seed, one selection of functions and one worker pool.

    `grade` is for one submission. For many, `start` several before waiting for the first, so that all workers are busy.
    """

    def __init__(
        self,
        library: Library,
        pool: Executor,
        seed: int,
        functions: Sequence[str],
        time_limit: float = TIME_LIMIT,
        language: str = "en",
    ) -> None:
        self._library, self._pool = library, pool
        self._functions, self._seed, self._time_limit = list(functions), seed, time_limit
        self._grader = FunctionGrader(library, References(library, pool, seed, functions), language)
        self._tasks = {
            f: tuple(Task(f, check.id, seed) for check in library.course.home[f].checks_of(f)) for f in functions
        }

    def grade(self, submission: Submission) -> GradedSubmission:
        """Grade one submission."""
        return self.start(submission, submission.read(), self._functions)()

    def start(self, submission: Submission, files: Files, functions: Sequence[str]) -> Callable[[], GradedSubmission]:
        """Run the files on the checks of these functions; return a function that waits and decides."""
        tasks = tuple(task for function in functions for task in self._tasks[function])
        job = Job(files, self._library.homes, tasks, self._time_limit)
        return partial(self._finish, submission, files, functions, self._pool.submit(job) if files else None)

    def _finish(
        self, submission: Submission, files: Files, functions: Sequence[str], future: Future[JobResult] | None
    ) -> GradedSubmission:
        result, fault = JobResult(), ""
        if future is not None:
            try:
                result = future.result()
            except Exception as error:  # noqa: BLE001  (whatever goes wrong in our own code is our fault, not a zero)
                fault = f"{type(error).__name__}: {error}"
        outcome = self._outcome_of(submission, result, fault)
        found = {f: tuple(outcome(task.check) for task in self._tasks[f]) for f in functions}
        graded, texts, data = GradedSubmission(submission.student, output=result.output), {}, dict(files)
        for function, grade in self._grader.grade(found).items():
            place = result.places.get(function)
            file, seconds = place.file if place else "", result.seconds.get(function, 0.0)
            if file in data and file not in texts:
                texts[file] = readable(file, data[file])
            graded.verdicts[function] = grade.verdicts
            record = record_of(grade.record, submission.student, file, seconds)
            attachments = Beside(texts.get(file, ""), dict(grade.pictures))
            graded.entries.append(JournalEntry(record, grade.human, attachments))
        return graded

    def _outcome_of(self, submission: Submission, result: JobResult, fault: str) -> Callable[[str], Outcome]:
        def outcome(check: str) -> Outcome:
            if fault:
                return GraderFault(fault)
            found = result.outcomes.get((check, self._seed), Missing("no file was handed in"))
            if isinstance(found, Missing) and submission.problems:
                # It may stand in a file that could not be read: a human must look.
                return Refused("; ".join(submission.problems), human=True)
            return forbidden(found) if self._pool.level.holds else found

        return outcome


def forbidden(outcome: Outcome) -> Outcome:
    """What a wall refused is said as such, with the honest alternative, instead of as an error of Python's."""
    if not isinstance(outcome, Raised):
        return outcome
    words = f"{outcome.error} {outcome.message}"
    if outcome.error != "PermissionError" and not any(sign in words for sign in WALL_SIGNS):
        return outcome
    reason = f"it tried something that the sandbox forbids ({outcome.error}: {outcome.message}). {HONEST}"
    return Refused(reason)
