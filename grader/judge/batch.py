"""A batch: submissions in, records out, through the journal. What has not changed is not graded again.

Nor is what somebody else handed in before, byte for byte: untouched stubs, copies. The key of a verdict is a hash of
all it depends on, and no name is part of it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from grader.core.submission import Submission
from grader.declare.catalog import SOLUTIONS
from grader.judge.journal import Entry, Journal, Judged, digest
from grader.judge.library import Library
from grader.judge.session import Session
from grader.run.pool import Result

WINDOW = 4
"""Submissions in flight for each worker: enough to keep them busy, few enough to keep memory flat."""


@dataclass
class _Pending:
    """A submission whose turn has come: its files, what is known of it, and the functions still open."""

    submission: Submission
    files: tuple[tuple[str, bytes], ...]
    keys: dict[str, str]
    known: dict[str, Entry]
    open: list[str]
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
        common = msgspec.json.encode({**settings, "grader": _own_code()}, order="sorted")
        self._exercises = {name: digest(common, *_sources(library, name)) for name in library.shelves}
        self._home = {function: exercise.name for function, exercise in library.course.home.items()}
        self._first: dict[str, str] = {}  # what was handed in -> by whom first
        self.reused = 0

    def unchanged(self, submissions: Iterable[Submission]) -> list[Judged] | None:
        """The verdicts when the journal knows every one of them (no worker need be started), else None."""
        found = []
        for submission in submissions:
            pending = self._look_up(submission)
            if pending.open:
                return None
            found.append(self._judged(submission.student, pending.known))
        self.reused = len(found)
        return found

    def grade(self, submissions: Iterable[Submission], session: Session, jobs: int) -> Iterator[Judged]:
        """The verdicts, a few submissions at a time in parallel; each is in the journal before it is yielded."""
        waiting: deque[tuple[_Pending, Future[Result] | None]] = deque()
        for submission in submissions:
            pending = self._look_up(submission)
            self.reused += not pending.open
            run = pending.files and pending.open and not pending.twin
            waiting.append((pending, session.start(pending.files, pending.open) if run else None))
            if len(waiting) >= WINDOW * jobs:
                yield self._finish(session, *waiting.popleft())
        while waiting:
            yield self._finish(session, *waiting.popleft())

    def _look_up(self, submission: Submission) -> _Pending:
        files = submission.read()
        handed_in = digest(*(part for file in files for part in file), *submission.problems)
        by_exercise = {name: digest(key, handed_in) for name, key in self._exercises.items()}
        keys = {function: by_exercise[self._home[function]] for function in self._functions}
        known = self._journal.find(submission.student, keys)
        unknown = [function for function in self._functions if function not in known]
        first = self._first.setdefault(handed_in, submission.student)
        return _Pending(submission, files, keys, known, unknown, first if first != submission.student else "")

    def _finish(self, session: Session, pending: _Pending, future: Future[Result] | None) -> Judged:
        student, entries = pending.submission.student, dict(pending.known)
        if pending.open:
            made = self._copied(pending) if pending.twin else self._graded(session, pending, future)
            self._journal.keep(student, pending.keys, made)
            entries |= {entry.record.function: entry for entry in made}
        return self._judged(student, entries)

    def _graded(self, session: Session, pending: _Pending, future: Future[Result] | None) -> list[Entry]:
        graded = session.finish(pending.submission, future, pending.open)
        return [Entry(record, graded.human.get(record.function, "")) for record in graded.records]

    def _copied(self, pending: _Pending) -> list[Entry]:
        """What the twin got: its turn came before, so the journal has it."""
        theirs = self._journal.find(pending.twin, {function: pending.keys[function] for function in pending.open})
        return [
            replace(entry, record=msgspec.structs.replace(entry.record, student=pending.submission.student))
            for entry in theirs.values()
        ]

    def _judged(self, student: str, entries: Mapping[str, Entry]) -> Judged:
        found = [entries[function] for function in self._functions]
        human = "; ".join(dict.fromkeys(entry.human for entry in found if entry.human))
        return Judged(student, tuple(entry.record for entry in found), human)


def _own_code() -> str:
    """A hash of the code that decides: another grader may decide otherwise."""
    package = Path(__file__).parent.parent
    parts = ("core", "declare", "run", "judge")
    return digest(*(file.read_bytes() for part in parts for file in sorted((package / part).glob("*.py"))))


def _sources(library: Library, name: str) -> Iterator[bytes]:
    """Everything of the course that the verdicts on an exercise depend on."""
    shelf = library.shelves[name]
    yield shelf.solution.encode()
    mistakes = library.course.root / SOLUTIONS / "mistakes" / f"{name}.toml"
    yield mistakes.read_bytes() if mistakes.is_file() else b""
    for file in shelf.exercise.files:
        yield file.read_bytes()
