"""Grade submissions: run them in the pool, decide each verdict, name misconceptions, add up points."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent import futures
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cached_property, partial
from types import MappingProxyType

from msgspec.structs import replace

from grader.core.outcomes import GraderFault, Missing, Outcome, Raised, Refused, Unreadable
from grader.core.reasons import Code, Reason
from grader.core.source_encoding import UTF_8, encoding_remark
from grader.course.library import Library
from grader.execution.guest.call_recording.recorded_call import NO_DISPLAY, CheckDisplay, RecordedCall, decode_display
from grader.execution.guest.default_limits import TIME_LIMIT
from grader.execution.guest.job import CheckRequest, Job
from grader.execution.guest.limits.protections import MAX_USER_PROCESSES
from grader.execution.host.job_run import JobResult
from grader.execution.host.pool import Executor
from grader.execution.host.sandbox_levels import Level
from grader.execution.host.submission_budget import MAX_THREADS, make_budget, most_memory, submission_seconds
from grader.grading.verdicts.entry import Attachments, JournalEntry
from grader.grading.verdicts.function_grading import FunctionGrade, FunctionGrader
from grader.grading.verdicts.record import FunctionRecord
from grader.grading.verdicts.references import EarlierObservations, References
from grader.grading.verdicts.render import Renderer
from grader.grading.verdicts.verdict import Verdict
from grader.submissions.excerpts import source_text
from grader.submissions.file_reading import OpenStudentArchive, refuse_to_open
from grader.submissions.submission import Files, Submission

SANDBOX_ERRORS = (
    "Operation not permitted",
    "Function not implemented",
    "can't start new process",
    "Read-only file system",
)
"""Texts of the exceptions that student code gets where the sandbox blocks it."""

NO_THREAD = "can't start new thread"
"""Text of the exception that student code gets at the limit of threads or of memory."""


@dataclass(frozen=True)
class GradedSubmission:
    """Verdicts on the checks of a submission and the journal entries of its functions.

    `output` is the text that the submission printed. `JobResult` explains `seconds_used` and `is_over_budget`.
    """

    student: str
    renderer: Renderer
    verdicts: dict[str, list[Verdict]] = field(default_factory=dict)
    entries: list[JournalEntry] = field(default_factory=list)
    output: str = ""
    seconds_used: float = 0.0
    is_over_budget: bool = False

    @cached_property
    def records(self) -> list[FunctionRecord]:
        """Records of the functions in the language of the grader."""
        return [self.renderer.record(entry, self.student) for entry in self.entries]


@dataclass(frozen=True)
class StartedSubmission:
    """A submission whose checks are running, or are waiting for a worker.

    `most_memory` is the maximum memory, in bytes, that its results take until their verdicts are decided.
    """

    finish: Callable[[], GradedSubmission]
    future: Future[JobResult] | None
    most_memory: int

    def __call__(self) -> GradedSubmission:
        """Wait for the outcomes and decide the verdicts."""
        return self.finish()

    @property
    def is_cancelled(self) -> bool:
        """True if the submission was taken back."""
        return self.future is not None and self.future.cancelled()

    @property
    def memory(self) -> int:
        """Bytes of memory that the results take, or may take while the checks run."""
        if self.future is None or not self.future.done():
            return self.most_memory if self.future else 0
        return 0 if self.future.cancelled() or self.future.exception() else self.future.result().memory

    def wait(self, seconds: float | None) -> None:
        """Wait until the checks have run, but at most this number of seconds; None: no limit."""
        if self.future:
            futures.wait([self.future], seconds)

    def cancel(self) -> bool:
        """Take the submission back if no worker has begun to run it. Return whether it was taken back."""
        return self.future is not None and self.future.cancel()


class SubmissionGrader:
    """Grades submissions with one seed, one selection of functions and one worker pool.

    `submission_limit` is in seconds for all checks of a submission. If `submission_limit` is None, `submission_seconds`
    computes the limit from the time limit of a check. `earlier` is what earlier runs of the same results folder have
    observed; `save_outcomes` adds to it. `grade` grades a single submission. To grade many, call `start` for several
    before waiting for the first, so that all workers are busy.
    """

    def __init__(
        self,
        library: Library,
        pool: Executor,
        seed: int,
        functions: Sequence[str],
        time_limit: float = TIME_LIMIT,
        language: str = "en",
        strict_encoding: bool = False,
        submission_limit: float | None = None,
        earlier: EarlierObservations | None = None,
    ) -> None:
        self._library, self._pool = library, pool
        self._submission_seconds = submission_seconds(time_limit, submission_limit)
        self._functions, self._seed, self._time_limit = list(functions), seed, time_limit
        self._strict_encoding = strict_encoding
        self._references = References(library, pool, seed, functions, earlier)
        self._grader = FunctionGrader(library, self._references)
        self._renderer = Renderer(library, language, lambda check: self.calls(check.partition("::")[0]).get(check))
        self._requests = {
            f: tuple(CheckRequest(f, check.id, seed) for check in library.course.exercise_of[f].checks_of(f))
            for f in functions
        }

    def calls(self, function: str) -> Mapping[str, RecordedCall]:
        """Return the first call in each check of a function, as recorded with the solution."""
        return self._references.calls(function)

    def save_outcomes(self) -> None:
        """Add what this run observed to the outcome file. Raises UsageError if the file cannot be written."""
        self._references.save_outcomes()

    def grade(
        self,
        submission: Submission,
        accepted: Mapping[str, str] = MappingProxyType({}),
        open_archive: OpenStudentArchive = refuse_to_open,
    ) -> GradedSubmission:
        """Run and grade one submission, and wait for the result.

        `start` explains `accepted`, `Submission.read` explains `open_archive`.
        """
        return self.start(submission, submission.read(open_archive), self._functions, accepted)()

    def start(
        self,
        submission: Submission,
        files: Files,
        functions: Sequence[str],
        accepted: Mapping[str, str] = MappingProxyType({}),
        seconds_used: float = 0.0,
    ) -> StartedSubmission:
        """Start to run the checks of these functions on the files of a submission.

        `accepted` maps a function to the file that the instructor chose for it (`journal_rows.accepted_files`).
        `seconds_used` is the part of the submission's budget that an earlier try has used.
        """
        requests = tuple(request for function in functions for request in self._requests[function])
        chosen = {function: file for function, file in accepted.items() if function in functions}
        seconds = max(0.0, self._submission_seconds - seconds_used)
        budget = make_budget(seconds, map(self._references.result_size, functions))
        job = Job(
            files,
            self._library.module_of,
            requests,
            self._time_limit,
            strict_encoding=self._strict_encoding,
            accepted=chosen,
            budget=budget,
        )
        future = self._pool.submit(job) if files else None
        finish = partial(self._finish, submission, files, functions, future)
        return StartedSubmission(finish, future, most_memory(budget, len(requests)))

    def _finish(
        self, submission: Submission, files: Files, functions: Sequence[str], future: Future[JobResult] | None
    ) -> GradedSubmission:
        result, fault = JobResult(), ""
        if future is not None:
            try:
                result = future.result()
            except Exception as error:  # noqa: BLE001  (any failure of the grader leaves the function ungraded, never zero)
                fault = f"{type(error).__name__}: {error}"
        outcome = self._outcomes_of(submission, result, fault)
        found = {f: tuple(outcome(request.check) for request in self._requests[f]) for f in functions}
        graded = GradedSubmission(
            submission.student,
            self._renderer,
            output=result.output,
            seconds_used=result.seconds_used,
            is_over_budget=result.is_over_budget,
        )
        texts, data = dict[str, str](), dict(files)
        for function, grade in self._grader.grade(found).items():
            location = result.places.get(function)
            file, seconds = location.file if location else "", result.seconds.get(function, 0.0)
            encoding = result.encodings.get(file, "")
            if file in data and file not in texts:
                texts[file] = source_text(file, data[file], encoding)
            graded.verdicts[function] = grade.verdicts
            attachments = Attachments(texts.get(file, ""), dict(grade.pictures), self._displays(grade, result))
            is_read = file in data and not isinstance(location and location.problem, Unreadable)
            remark = encoding_remark(file, data[file], encoding or UTF_8) if is_read else None
            others = tuple(other for other in location.other_files if other in data) if location else ()
            entry = replace(grade.entry, other_files=others)
            graded.entries.append(JournalEntry(entry, file, round(seconds, 4), attachments, remark))
        return graded

    def _displays(self, grade: FunctionGrade, result: JobResult) -> dict[str, CheckDisplay]:
        """Return what the child recorded for each failed check, without the call: pages show the solution's call."""
        found = {}
        for verdict in grade.verdicts:
            data = None if verdict.passed else result.displays.get((verdict.check.id, self._seed))
            if data and (display := replace(decode_display(data), call=None)) != NO_DISPLAY:
                found[verdict.check.name] = display
        return found

    def _outcomes_of(self, submission: Submission, result: JobResult, fault: str) -> Callable[[str], Outcome]:
        def outcome(check: str) -> Outcome:
            if fault:
                return GraderFault(Reason.of(Code.INTERNAL, error=fault))
            found = result.outcome(check, self._seed) or Missing(Reason.of(Code.NO_FILE))
            if isinstance(found, Missing) and submission.problems:
                # The function may be in a file that could not be read, so a person must look.
                return Unreadable(tuple(submission.problems))
            return as_blocked(found, self._pool.level) if self._pool.level.is_strong else found

        return outcome


def as_blocked(outcome: Outcome, level: Level = Level.FULL) -> Outcome:
    """Return `Refused` in place of an exception that student code got because the sandbox blocked a call.

    `Refused` tells the student what the sandbox blocked, and why. Other outcomes are returned unchanged. `level` is the
    level of the sandbox, on which the permitted number of threads depends.
    """
    if not isinstance(outcome, Raised):
        return outcome
    text = f"{outcome.error} {outcome.message}"
    if NO_THREAD in text:
        limit = MAX_USER_PROCESSES if level == Level.FULL else MAX_THREADS
        return Refused((Reason.of(Code.NO_MORE_THREADS, limit=limit),))
    if outcome.error != "PermissionError" and not any(sandbox_text in text for sandbox_text in SANDBOX_ERRORS):
        return outcome
    return Refused((Reason.of(Code.FORBIDDEN, error=f"{outcome.error}: {outcome.message}"),))
