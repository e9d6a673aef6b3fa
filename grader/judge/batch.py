"""A batch: submissions in, records out, through the journal. What has not changed is not graded again."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

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
    """A submission whose turn has come: what is known of it, and what is being run."""

    submission: Submission
    keys: dict[str, str]
    known: dict[str, Entry]
    open: list[str]
    future: Future[Result] | None


class Batch:
    """Grades submissions in their order, a few at a time in parallel.

    `settings` are whatever else a verdict depends on: limits, level, versions, language.
    """

    def __init__(
        self,
        library: Library,
        session: Session,
        journal: Journal,
        functions: Sequence[str],
        settings: Mapping[str, object],
    ) -> None:
        self._session, self._journal, self._functions = session, journal, list(functions)
        common = msgspec.json.encode(settings, order="sorted")
        self._exercises = {name: digest(common, *_sources(library, name)) for name in library.shelves}
        self._home = {function: exercise.name for function, exercise in library.course.home.items()}
        self.reused = 0

    def grade(self, submissions: Iterable[Submission], jobs: int) -> Iterator[Judged]:
        """The verdicts on every submission; each is in the journal before it is yielded."""
        waiting: deque[_Pending] = deque()
        for submission in submissions:
            waiting.append(self._start(submission))
            if len(waiting) >= WINDOW * jobs:
                yield self._finish(waiting.popleft())
        while waiting:
            yield self._finish(waiting.popleft())

    def _start(self, submission: Submission) -> _Pending:
        files = submission.read()
        handed_in = digest(*(part for file in files for part in file), *submission.problems)
        by_exercise = {name: digest(key, handed_in) for name, key in self._exercises.items()}
        keys = {function: by_exercise[self._home[function]] for function in self._functions}
        known = self._journal.find(submission.student, keys)
        unknown = [function for function in self._functions if function not in known]
        self.reused += not unknown
        future = self._session.start(files, unknown) if files and unknown else None
        return _Pending(submission, keys, known, unknown, future)

    def _finish(self, pending: _Pending) -> Judged:
        student, entries = pending.submission.student, dict(pending.known)
        if pending.open:
            graded = self._session.finish(pending.submission, pending.future, pending.open)
            made = [Entry(record, graded.human.get(record.function, "")) for record in graded.records]
            self._journal.keep(student, pending.keys, made)
            entries |= {entry.record.function: entry for entry in made}
        found = [entries[function] for function in self._functions]
        human = "; ".join(dict.fromkeys(entry.human for entry in found if entry.human))
        return Judged(student, tuple(entry.record for entry in found), human)


def _sources(library: Library, name: str) -> Iterator[bytes]:
    """Everything of the course that the verdicts on an exercise depend on."""
    shelf = library.shelves[name]
    yield shelf.solution.encode()
    mistakes = library.course.root / SOLUTIONS / "mistakes" / f"{name}.toml"
    yield mistakes.read_bytes() if mistakes.is_file() else b""
    for file in shelf.exercise.files:
        yield file.read_bytes()
