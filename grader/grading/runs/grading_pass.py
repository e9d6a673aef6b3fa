"""One pass over a class: look up each attempt in the journal, grade the attempts that it lacks, store the verdicts.

Theory of operation
    Equal submissions (unchanged stubs, copies) run once, and their verdicts are copied. A failure of the grader is not
    copied: the submission runs again for each of its students. `_finish` gets attempts in the order of the class, so
    the first of equal submissions is in the journal before the others. Functions that timed out or crashed run once
    more at the end (`second_tries`).
"""

from __future__ import annotations

import ctypes
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import Literal, TypeAlias

from grader.core.hashing import digest
from grader.execution.host.job_run import JobResult
from grader.grading.results.journal import Journal
from grader.grading.results.journal_rows.run_table import ListedAttempt
from grader.grading.results.verdict_cache.cache_key import content_hash, submission_keys
from grader.grading.runs.second_tries import Attempt, SecondTries, confirm_over_budget
from grader.grading.runs.submission_grader import StartedSubmission, SubmissionGrader
from grader.grading.verdicts.entry import NO_ATTACHMENTS, JournalEntry
from grader.submissions.file_reading import OpenStudentArchive
from grader.submissions.submission import AppliedFix, Files, Submission

WINDOW = 8
"""Maximum number of submissions in progress per worker: it keeps all workers busy, and needs little memory."""

IN_PROGRESS = 32 << 20
"""Maximum memory, in bytes, of results whose verdicts are not decided yet.

This memory includes the results that running submissions may still send."""

LARGE_RESULTS = 1 << 20
"""If the results of a submission take more than this many bytes, their memory is given back to the system at once."""

LEAST_RUNNING = 2
"""Number of submissions per worker that are always started, even if their results may take more than IN_PROGRESS."""

ATTEMPTS_AT_ONCE = 500
"""Number of attempts that are stored in one transaction. A killed run lists its attempts again, so none is lost."""


@dataclass(frozen=True)
class Progress:
    """Progress of a run: attempts graded, and how many of them are unchanged since an earlier run.

    `was_unchanged` is true if the latest attempt is unchanged.
    """

    graded: int
    unchanged: int
    was_unchanged: bool


@dataclass(frozen=True)
class _LookedUpAttempt:
    """An attempt with its files, its cache keys, and the functions whose verdicts the journal lacks."""

    attempt: Attempt
    files: Files
    keys: dict[str, str]
    unknown: list[str]
    content: bytes
    """Hash of the files and of the instructor's choice among them. Attempts with equal hashes get equal verdicts."""
    duplicate_of: str
    """The earlier student of the class with the same hash, whose verdicts are copied; empty if none are copied."""


WaitingAttempts: TypeAlias = deque[tuple[_LookedUpAttempt, StartedSubmission | None]]


class GradingPass:
    """Goes through a class once: `skip_known` goes to the first attempt that must run, `run_unknown` from there on.

    `exercises` comes from `cache_key.exercise_keys`, `mistakes` from `Library.mistake_hashes`. `end` is a time of
    `time.monotonic`. At this time the pass stops: it starts no other submission, takes back the submissions that wait
    for a worker, and finishes the submissions that run. `is_stopped` is true if some submissions are left.
    """

    def __init__(
        self,
        submissions: Sequence[Submission],
        journal: Journal,
        exercises: dict[str, str],
        mistakes: Mapping[str, str],
        open_archive: OpenStudentArchive,
        strict_encoding: bool = False,
        end: float | None = None,
    ) -> None:
        self._submissions, self._journal, self._open_archive = iter(submissions), journal, open_archive
        self.exercises, self._mistakes, self._strict_encoding = exercises, mistakes, strict_encoding
        self._end, self.is_stopped = end, False
        self._taken_back: set[bytes] = set()  # `content` of attempts that a later run must grade
        self._first: dict[bytes, str] = {}  # `content` of an attempt -> the first student with it
        self._not_copied: set[bytes] = set()  # `content` of attempts on which the grader failed
        self._second_tries = SecondTries(journal, exercises, open_archive, strict_encoding, end)
        self._first_unknown: _LookedUpAttempt | None = None  # the first attempt that must be run
        self._listed: list[ListedAttempt] = []
        self._earlier_fixes = journal.runs.earlier_fixes()
        self._number_listed = 0
        self.graded = self.unchanged = 0
        # The next attempt is graded again in these functions, because that stores their damaged calls again.
        self._without_calls = set(exercises) if journal.calls.remove_damaged() else set()
        journal.runs.start_attempts(exercises)

    def skip_known(self) -> Iterator[Progress]:
        """Go through the attempts up to the first one with a verdict that the journal lacks."""
        for looked_up in self._looked_up():
            if looked_up.unknown:
                self._first_unknown = looked_up
                return
            yield self._progress(was_unchanged=True)
        self._store_listed(complete=not self.is_stopped and not self.must_run)

    @property
    def must_run(self) -> bool:
        """True if `skip_known` found an attempt that must run, or that lacks the second try of a killed run."""
        return self._first_unknown is not None or (bool(self._second_tries) and not self.is_stopped)

    @property
    def second_tries_left(self) -> int:
        """Number of attempts whose second try is left for a later run."""
        return len(self._second_tries)

    def run_unknown(self, grader: SubmissionGrader, jobs: int) -> Iterator[Progress]:
        """Grade the remaining attempts, several at a time. Verdicts are in the journal before progress is reported."""
        waiting: WaitingAttempts = deque()
        for looked_up in self._looked_up():
            must_run = looked_up.unknown and not looked_up.duplicate_of
            waiting.append((looked_up, self._start(grader, looked_up) if must_run else None))
            yield from self._make_room(grader, waiting, jobs)
        while waiting:
            yield from self._finish_first(grader, waiting)
        if not self.is_stopped:
            self._store_listed()
            self._second_tries.run(grader, jobs)
            self.is_stopped = bool(self._second_tries)
        self._store_listed(complete=not self.is_stopped)

    def _finish_first(self, grader: SubmissionGrader, waiting: WaitingAttempts) -> Iterator[Progress]:
        """Wait for the first of the waiting attempts and finish it, unless it is left for a later run."""
        looked_up, started = waiting[0]
        if started and self._end is not None:
            started.wait(max(0.0, self._end - time.monotonic()))
            if self._is_over():
                self._taken_back |= {found.content for found, other in waiting if other and other.cancel()}
                self.is_stopped = self.is_stopped or bool(self._taken_back)
        waiting.popleft()
        is_copy_of_left = not started and looked_up.unknown and looked_up.content in self._taken_back
        if is_copy_of_left or (started and started.is_cancelled):
            return
        progress = self._finish(grader, looked_up, started)
        is_large = started is not None and started.memory > LARGE_RESULTS
        del started
        if is_large:
            _return_freed_memory()
        yield progress

    def _is_over(self) -> bool:
        return self._end is not None and time.monotonic() >= self._end

    def _make_room(self, grader: SubmissionGrader, waiting: WaitingAttempts, jobs: int) -> Iterator[Progress]:
        """Finish waiting attempts until another attempt may start."""
        while (step := _next_step(waiting, jobs)) != "start":
            if step == "wait" and not self._is_over():
                seconds = None if self._end is None else self._end - time.monotonic()
                wait(_running_futures(waiting), seconds, FIRST_COMPLETED)
            else:
                yield from self._finish_first(grader, waiting)

    def _looked_up(self) -> Iterator[_LookedUpAttempt]:
        """Look up the remaining attempts and yield them, until the time is over."""
        if self._first_unknown:
            yield self._first_unknown
        for submission in self._submissions:
            if self.is_stopped or self._is_over():
                self.is_stopped = True
                return
            yield self._look_up(submission)

    def _look_up(self, submission: Submission) -> _LookedUpAttempt:
        files = submission.read(self._open_archive)
        hashed = content_hash(files, submission.problems, self._strict_encoding)
        accepted = self._journal.accepted.choices(submission.student, hashed, (path for path, _ in files))
        content = bytes.fromhex(digest(hashed, *chain(*accepted.items()))) if accepted else hashed
        first = self._first.setdefault(content, submission.student)
        keys = submission_keys(self.exercises, hashed, accepted)
        known = self._journal.find(submission.student, keys, self._mistakes)
        self._second_tries.add(Attempt(submission, hashed, accepted), list(known.values()))
        unknown = [function for function in self.exercises if function not in known or function in self._without_calls]
        self._without_calls -= set(unknown)
        duplicate_of = "" if first == submission.student or content in self._not_copied else first
        fix = self._with_first_original(submission)
        self._listed.append(ListedAttempt(submission.student, submission.metadata, hashed, fix, accepted))
        if len(self._listed) == ATTEMPTS_AT_ONCE:
            self._store_listed()
        attempt = Attempt(submission, hashed, accepted)
        return _LookedUpAttempt(attempt, files, keys, unknown, content, duplicate_of)

    def _with_first_original(self, submission: Submission) -> AppliedFix | None:
        """Return the applied fix of an attempt, with the hash of the submission for which the fix was first used."""
        fix, earlier = submission.applied_fix, self._earlier_fixes.get(submission.student)
        if fix is None:
            return None
        first = earlier.first_original if earlier and earlier.digest == fix.digest else fix.original
        return replace(fix, first_original=first)

    def _store_listed(self, complete: bool = False) -> None:
        """Enter the listed attempts into the journal; `complete` is true if the list contains all attempts."""
        self._journal.runs.add_attempts(self._number_listed, self._listed)
        self._number_listed += len(self._listed)
        self._listed = []
        if complete:
            self._journal.runs.complete_attempts()

    def _progress(self, was_unchanged: bool) -> Progress:
        self.graded += 1
        self.unchanged += was_unchanged
        return Progress(self.graded, self.unchanged, was_unchanged)

    @staticmethod
    def _start(grader: SubmissionGrader, looked_up: _LookedUpAttempt) -> StartedSubmission:
        attempt = looked_up.attempt
        return grader.start(attempt.submission, looked_up.files, looked_up.unknown, attempt.accepted)

    def _finish(
        self, grader: SubmissionGrader, looked_up: _LookedUpAttempt, grade: StartedSubmission | None
    ) -> Progress:
        if looked_up.unknown:
            graded = grade() if grade else None
            entries = graded.entries if graded else self._copy_entries(looked_up)
            if any(entry.result.outcome == "grader_fault" for entry in entries):
                self._not_copied.add(looked_up.content)
                if graded is None:
                    graded = self._start(grader, looked_up)()
                    entries = graded.entries
            student, keys = looked_up.attempt.submission.student, looked_up.keys
            if graded and graded.is_over_budget:
                entries = confirm_over_budget(entries, self._journal.stored_entries(student, keys))
            for function in looked_up.unknown:
                self._journal.calls.keep(function, self.exercises[function], partial(grader.calls, function))
            self._store_listed()  # before the verdicts: the results of a killed run need listed attempts
            self._journal.keep(student, keys, entries)
            self._second_tries.add(looked_up.attempt, entries, graded.seconds_used if graded else 0.0)
        return self._progress(was_unchanged=not looked_up.unknown)

    def _copy_entries(self, looked_up: _LookedUpAttempt) -> list[JournalEntry]:
        """Return copies of the entries of the earlier student with the same files."""
        keys = {function: looked_up.keys[function] for function in looked_up.unknown}
        their_entries = self._journal.find(looked_up.duplicate_of, keys, self._mistakes)
        attachments = self._journal.attachments(looked_up.duplicate_of, keys)
        return [
            replace(e, attachments=attachments.get(function, NO_ATTACHMENTS)) for function, e in their_entries.items()
        ]


def _running_futures(waiting: WaitingAttempts) -> list[Future[JobResult]]:
    """Return the futures of the submissions that run, or wait for a worker."""
    return [started.future for _, started in waiting if started and started.future and not started.future.done()]


def _next_step(waiting: WaitingAttempts, jobs: int) -> Literal["start", "finish", "wait"]:
    """Return the next step: start another submission, finish the first one, or wait until any running one has ended."""
    first, running = waiting[0][1], _running_futures(waiting)
    of_all = sum(started.memory for _, started in waiting if started)
    of_running = sum(started.most_memory for _, started in waiting if started and started.future in running)
    if len(waiting) >= WINDOW * jobs or of_all - of_running > IN_PROGRESS:
        return "finish"
    if len(running) < LEAST_RUNNING * jobs or of_all <= IN_PROGRESS:
        return "start"
    return "wait" if first and first.future in running else "finish"


def _return_freed_memory() -> None:
    """Give freed memory back to the system, also from the middle of the heap; without glibc, do nothing."""
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
