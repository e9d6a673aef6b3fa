"""One pass over a class: look up each attempt in the journal, run what is unknown, keep the verdicts.

Equal submissions (untouched stubs, copies) are run once, and their verdicts are copied. An outcome that may differ next
time (a time-out, a crash, a fault of the grader) is not copied: each student with that submission gets a run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

from grader.grading.results.cache_key import content_hash, keys_of
from grader.grading.results.journal import NOT_REPRODUCIBLE, Journal
from grader.grading.runs.submission_grader import Files, GradedSubmission, SubmissionGrader
from grader.grading.verdicts.entry import NOTHING, JournalEntry
from grader.submissions.submission import Submission, SubmissionMetadata

WINDOW = 8
"""Submissions in flight for each worker: enough to keep them busy, few enough to keep memory flat."""

ATTEMPTS_AT_ONCE = 500
"""Attempts that the journal gets in one transaction. A killed run lists its attempts anew, so none is lost."""


Grade: TypeAlias = Callable[[], GradedSubmission]
"""Waits for a submission that is being run, and decides."""


@dataclass(frozen=True)
class Progress:
    """How far a run is: attempts graded, and how many of them were unchanged since an earlier run.

    `was_unchanged` is about the latest one.
    """

    graded: int
    unchanged: int
    was_unchanged: bool


@dataclass(frozen=True)
class _LookedUp:
    """An attempt whose turn has come: its files, its keys, and the functions whose verdicts the journal lacks."""

    submission: Submission
    files: Files
    keys: dict[str, str]
    unknown: list[str]
    content: bytes
    duplicate_of: str
    """The student with the same files earlier in the class, if there is one."""


class GradingPass:
    """Goes through a class once: `known` up to the first attempt that must be run, `rest` from there to the end.

    `exercises` are the keys of the functions before a submission is known (`cache_key.exercise_keys`).
    """

    def __init__(self, submissions: Sequence[Submission], journal: Journal, exercises: dict[str, str]) -> None:
        self._submissions, self._journal, self._exercises = iter(submissions), journal, exercises
        self._first: dict[bytes, str] = {}  # content -> the first student with it
        self._not_copied: set[bytes] = set()  # contents whose outcomes may differ next time
        self._first_unknown: _LookedUp | None = None  # the first attempt that must be run
        self._listed: list[tuple[str, SubmissionMetadata, bytes]] = []
        self._number_listed = 0
        self.graded = self.unchanged = 0
        journal.runs.start_attempts(exercises)

    def known(self) -> Iterator[Progress]:
        """Go through attempts that the journal knows, up to the first that it does not know."""
        for submission in self._submissions:
            looked_up = self._look_up(submission)
            if looked_up.unknown:
                self._first_unknown = looked_up
                return
            yield self._progress(was_unchanged=True)
        self._list(done=True)

    @property
    def must_run(self) -> bool:
        """Whether `known` has found an attempt that must be run."""
        return self._first_unknown is not None

    def rest(self, grader: SubmissionGrader, jobs: int) -> Iterator[Progress]:
        """Run what is unknown, a few submissions at a time; verdicts are in the journal before progress is reported."""
        waiting: deque[tuple[_LookedUp, Grade | None]] = deque()
        for looked_up in self._looked_up():
            must_run = looked_up.unknown and not looked_up.duplicate_of
            waiting.append((looked_up, self._start(grader, looked_up) if must_run else None))
            if len(waiting) >= WINDOW * jobs:
                yield self._finish(grader, *waiting.popleft())
        while waiting:
            yield self._finish(grader, *waiting.popleft())
        self._list(done=True)

    def _looked_up(self) -> Iterator[_LookedUp]:
        if self._first_unknown:
            yield self._first_unknown
        yield from map(self._look_up, self._submissions)

    def _look_up(self, submission: Submission) -> _LookedUp:
        files = submission.read()
        content = content_hash(files, submission.problems)
        first = self._first.setdefault(content, submission.student)
        keys = keys_of(self._exercises, content)
        known = self._journal.find(submission.student, keys)
        unknown = [function for function in self._exercises if function not in known]
        duplicate_of = "" if first == submission.student or content in self._not_copied else first
        self._listed.append((submission.student, submission.metadata, content))
        if len(self._listed) == ATTEMPTS_AT_ONCE:
            self._list()
        return _LookedUp(submission, files, keys, unknown, content, duplicate_of)

    def _list(self, done: bool = False) -> None:
        """Enter attempts into the journal's list; with `done` it is complete."""
        self._journal.runs.add_attempts(self._number_listed, self._listed)
        self._number_listed += len(self._listed)
        self._listed = []
        if done:
            self._journal.runs.complete_attempts()

    def _progress(self, was_unchanged: bool) -> Progress:
        self.graded += 1
        self.unchanged += was_unchanged
        return Progress(self.graded, self.unchanged, was_unchanged)

    @staticmethod
    def _start(grader: SubmissionGrader, looked_up: _LookedUp) -> Grade:
        return grader.start(looked_up.submission, looked_up.files, looked_up.unknown)

    def _finish(self, grader: SubmissionGrader, looked_up: _LookedUp, grade: Grade | None) -> Progress:
        if looked_up.unknown:
            entries = grade().entries if grade else self._copied(looked_up)
            if any(entry.result.outcome in NOT_REPRODUCIBLE for entry in entries):
                self._not_copied.add(looked_up.content)
                if grade is None:
                    entries = self._start(grader, looked_up)().entries
            for function in looked_up.unknown:
                self._journal.calls.keep(function, self._exercises[function], partial(grader.calls, function))
            self._journal.keep(looked_up.submission.student, looked_up.keys, entries)
        return self._progress(was_unchanged=not looked_up.unknown)

    def _copied(self, looked_up: _LookedUp) -> list[JournalEntry]:
        """The entries of the student with the same files: that turn came before, so the journal has them."""
        keys = {function: looked_up.keys[function] for function in looked_up.unknown}
        theirs = self._journal.find(looked_up.duplicate_of, keys)
        attachments = self._journal.attachments(looked_up.duplicate_of, keys)
        return [replace(e, attachments=attachments.get(function, NOTHING)) for function, e in theirs.items()]
