"""A batch: submissions in, records out, through the journal. What has not changed is not graded again.

Nor is what somebody else handed in before, byte for byte: untouched stubs, copies. The key of a verdict is a hash of
all it depends on, and no name is part of it. What may come out otherwise on another day (a time-out, a crash, a fault
of ours) is nobody else's: whoever handed in the same has a run of her own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import msgspec

from grader.core.digests import digest
from grader.course.library import Library
from grader.execution.host.pool import Result
from grader.grading.runs.deciding_code import deciding_code
from grader.grading.runs.journal import NOTHING, UNSTEADY, Beside, Entry, Journal, Judged
from grader.grading.runs.session import Session
from grader.submissions.excerpts import readable
from grader.submissions.submission import Submission

WINDOW = 8
"""Submissions in flight for each worker: enough to keep them busy, few enough to keep memory flat."""


@dataclass
class _Pending:
    """A submission whose turn has come: its files, what is known of it, and the functions still open."""

    submission: Submission
    files: tuple[tuple[str, bytes], ...]
    keys: dict[str, str]
    known: dict[str, Entry]
    open: list[str]
    handed_in: bytes
    """A hash of the files and of what is odd about them."""

    twin: str = ""
    """Who handed in the same files earlier in this batch."""


class Batch:
    """Judges submissions in their order; what the journal knows already is not graded again.

    `settings` are whatever else a verdict depends on: seed, limits, level, versions, language.
    """

    def __init__(
        self, library: Library, journal: Journal, functions: Sequence[str], settings: Mapping[str, object]
    ) -> None:
        self._journal, self._functions = journal, list(functions)
        common = msgspec.json.encode({**settings, "grader": deciding_code()}, order="sorted")
        self._home = {function: library.course.exercise_of[function].name for function in functions}
        self._exercises = {name: digest(common, *library.sources(name)) for name in set(self._home.values())}
        self._handed_in: list[bytes] = []  # by everybody whose turn has come, in their order
        self._first: dict[bytes, str] = {}  # what was handed in -> by whom first
        self._unsteady: set[bytes] = set()  # what was handed in and came out in a way that proves nothing
        self.reused = 0

    def unchanged(self, submissions: Iterable[Submission]) -> bool:
        """Whether the journal knows the verdicts on every one of them: then no worker need be started."""
        self._handed_in = []
        if any(self._look_up(submission).open for submission in submissions):
            return False
        self.reused = len(self._handed_in)
        return True

    def grade(self, submissions: Iterable[Submission], session: Session, jobs: int) -> Iterator[Judged]:
        """The verdicts, a few submissions at a time in parallel; each is in the journal before it is yielded."""
        self._handed_in = []
        waiting: deque[tuple[_Pending, Future[Result] | None]] = deque()
        for submission in submissions:
            pending = self._look_up(submission)
            self.reused += not pending.open
            waiting.append((pending, None if pending.twin else self._start(session, pending)))
            if len(waiting) >= WINDOW * jobs:
                yield self._finish(session, *waiting.popleft())
        while waiting:
            yield self._finish(session, *waiting.popleft())

    def again(self, submissions: Iterable[Submission]) -> Iterator[Judged]:
        """The verdicts on the same submissions once more, read from the journal when it is each one's turn.

        Of a submission only a hash was kept. Raises JournalError when a verdict is no longer there.
        """
        for submission, handed_in in zip(submissions, self._handed_in, strict=True):
            keys = self._keys(handed_in)
            entries = self._journal.again(submission.student, keys)
            yield self._judged(submission.student, entries, keys, known=True)

    @staticmethod
    def _start(session: Session, pending: _Pending) -> Future[Result] | None:
        return session.start(pending.files, pending.open) if pending.files and pending.open else None

    def _look_up(self, submission: Submission) -> _Pending:
        files = submission.read()
        parts = (part for file in files for part in file)
        handed_in = bytes.fromhex(digest(str(len(files)), *parts, *submission.problems))
        first = self._first.setdefault(handed_in, submission.student)
        self._handed_in.append(handed_in)
        keys = self._keys(handed_in)
        known = self._journal.find(submission.student, keys)
        unknown = [function for function in self._functions if function not in known]
        twin = "" if first == submission.student or handed_in in self._unsteady else first
        return _Pending(submission, files, keys, known, unknown, handed_in, twin)

    def _keys(self, handed_in: bytes) -> dict[str, str]:
        """Function -> what finds the verdict on it, for whoever handed this in."""
        by_exercise = {name: digest(key, handed_in) for name, key in self._exercises.items()}
        return {function: by_exercise[self._home[function]] for function in self._functions}

    def _finish(self, session: Session, pending: _Pending, future: Future[Result] | None) -> Judged:
        student, entries = pending.submission.student, dict(pending.known)
        if pending.open:
            made = self._copied(pending) if pending.twin else self._graded(session, pending, future)
            if any(entry.record.outcome in UNSTEADY for entry in made):
                self._unsteady.add(pending.handed_in)
                if pending.twin:
                    made = self._graded(session, pending, self._start(session, pending))
            self._journal.keep(student, pending.keys, made)
            entries |= {entry.record.function: entry for entry in made}
        return self._judged(student, entries, pending.keys, known=not pending.open)

    def _graded(self, session: Session, pending: _Pending, future: Future[Result] | None) -> list[Entry]:
        graded = session.finish(pending.submission, future, pending.open)
        wanted = {record.source for record in graded.records}
        texts = {path: readable(path, data) for path, data in pending.files if path in wanted}
        return [
            Entry(
                record,
                graded.human.get(record.function, ""),
                Beside(texts.get(record.source, ""), graded.pictures.get(record.function, {})),
            )
            for record in graded.records
        ]

    def _copied(self, pending: _Pending) -> list[Entry]:
        """What the twin got: its turn came before, so the journal has it."""
        keys = {function: pending.keys[function] for function in pending.open}
        theirs, beside = self._journal.find(pending.twin, keys), self._journal.beside(pending.twin, keys)
        return [
            Entry(
                msgspec.structs.replace(entry.record, student=pending.submission.student),
                entry.human,
                beside.get(function, NOTHING),
            )
            for function, entry in theirs.items()
        ]

    def _judged(self, student: str, entries: Mapping[str, Entry], keys: Mapping[str, str], known: bool) -> Judged:
        found = [entries[function] for function in self._functions]
        reasons = {entry.record.function: entry.human for entry in found if entry.human}
        human = "; ".join(dict.fromkeys(reasons.values()))
        return Judged(student, tuple(entry.record for entry in found), human, reasons, keys=keys, known=known)
