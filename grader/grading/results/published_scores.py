"""published.json: the scores that students have received, when, and who published them (`grader publish`).

The file holds the scores themselves, so any later change is found, whether it comes from a regrade, another policy, an
override or a late submission. `PublishedChanges` compares the file with new results.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from math import inf
from pathlib import Path

import msgspec

from grader.core.errors import DAMAGED, UsageError
from grader.core.files.atomic_files import write_atomically
from grader.core.files.regular_files import read_regular
from grader.grading.results.final_result import FinalResult
from grader.grading.results.folder_lock import lock_folder

PUBLISHED = "published.json"
PUBLISHED_SCHEMA = 1
"""Version of published.json; a file of another version is not read."""


class StudentScores(msgspec.Struct, frozen=True):
    """The final total of one student and the score of each function, after overrides; null where there is no score."""

    total: float | None
    functions: dict[str, float | None]


class Publication(msgspec.Struct, frozen=True):
    """When scores were published (ISO 8601 with a time zone), and by whom; `user` is empty if unknown."""

    time: str
    user: str


class PublishedScores(msgspec.Struct, frozen=True, kw_only=True):
    """Content of published.json: the latest publication, its scores by student, and the publications before it."""

    schema: int
    time: str
    user: str
    students: dict[str, StudentScores]
    earlier: list[Publication] = []


class ScoreChange(msgspec.Struct, frozen=True):
    """The published and the present scores of a student.

    `before` is None if the student's scores are not published yet, `after` if the student has left the results.
    """

    student: str
    name: str
    before: StudentScores | None
    after: StudentScores | None

    @property
    def functions(self) -> dict[str, tuple[float | None, float | None]]:
        """Function -> its published and its present score, for each function whose score changed."""
        before = self.before.functions if self.before else {}
        after = self.after.functions if self.after else {}
        both = {f: (before.get(f), after.get(f)) for f in dict.fromkeys([*after, *before])}
        return {function: scores for function, scores in both.items() if _differ(*scores)}

    @property
    def size(self) -> float:
        """Points by which the total changed, for sorting; infinite if only one of the two totals exists."""
        old, new = (scores.total if scores else None for scores in (self.before, self.after))
        if old is None and new is None:
            return 0.0
        return inf if old is None or new is None else abs(new - old)


class PublishedChanges:
    """Collects the differences between the published scores and new results. Call `add` with each final result."""

    def __init__(self, published: PublishedScores | None) -> None:
        self.published, self._found = published, list[ScoreChange]()
        self._unseen = set(published.students if published else ())

    def add(self, result: FinalResult) -> None:
        """Compare the result of one student with the published scores."""
        if self.published is None:
            return
        self._unseen.discard(result.student)
        before, after = self.published.students.get(result.student), scores_of(result)
        if before is None and not _has_score(after):
            return
        change = ScoreChange(result.student, result.metadata.name, before, after)
        if before is None or _differ(before.total, after.total) or change.functions:
            self._found.append(change)

    def changes(self) -> list[ScoreChange]:
        """Return the changes, the largest first; students who are not in the results any more are among them."""
        known = self.published.students if self.published else {}
        gone = [
            ScoreChange(student, "", known[student], None) for student in self._unseen if _has_score(known[student])
        ]
        return sorted([*self._found, *gone], key=lambda change: (-change.size, change.student))


def compare_with_published(published: PublishedScores | None, results: Iterable[FinalResult]) -> list[ScoreChange]:
    """Return how the results of a class differ from the published scores; nothing if none are published."""
    found = PublishedChanges(published)
    for result in results:
        found.add(result)
    return found.changes()


def scores_of(result: FinalResult) -> StudentScores:
    """Return the final total and the score of each function, after policy and overrides."""
    final = result.final
    functions = {record.function: final.scores.get(record.function, record.score) for record in result.records}
    return StudentScores(final.score, functions)


def read_published(folder: Path) -> PublishedScores | None:
    """Return the published scores of a results folder; None if it is not published. Raises UsageError."""
    path = folder / PUBLISHED
    try:
        published = msgspec.json.decode(read_regular(path), type=PublishedScores)
    except FileNotFoundError:
        return None
    except (OSError, *DAMAGED) as error:
        raise _unreadable(path, error) from None
    if published.schema != PUBLISHED_SCHEMA:
        raise _unreadable(path, f"schema {published.schema}")
    return published


def publish(folder: Path, results: Iterable[FinalResult], user: str) -> PublishedScores:
    """Record the scores of a class as published now, and return the record. Raises UsageError."""
    with lock_folder(folder):
        before = read_published(folder)
        published = PublishedScores(
            schema=PUBLISHED_SCHEMA,
            time=datetime.now(UTC).isoformat(timespec="seconds"),
            user=user,
            students={result.student: scores_of(result) for result in results},
            earlier=[*before.earlier, Publication(before.time, before.user)] if before else [],
        )
        _write(folder, published)
    return published


def withdraw(folder: Path) -> bool:
    """Remove the record of a publication; return False if there is none. Raises UsageError."""
    path = folder / PUBLISHED
    with lock_folder(folder):
        is_published = path.exists()
        path.unlink(missing_ok=True)
    return is_published


def forget_published(folder: Path, students: Collection[str]) -> bool:
    """Remove students from published.json; return False if none was in it. Raises UsageError."""
    with lock_folder(folder):
        published = read_published(folder)
        if published is None or not published.students.keys() & set(students):
            return False
        remaining = {student: scores for student, scores in published.students.items() if student not in students}
        _write(folder, msgspec.structs.replace(published, students=remaining))
    return True


def _write(folder: Path, published: PublishedScores) -> None:
    write_atomically(folder / PUBLISHED, msgspec.json.format(msgspec.json.encode(published), indent=1) + b"\n")


def _unreadable(path: Path, error: object) -> UsageError:
    return UsageError(
        "{file}: cannot be read ({error}). Move this file away, then run: grader publish {folder}",
        file=path,
        error=error,
        folder=path.parent,
    )


def _has_score(scores: StudentScores) -> bool:
    return any(score is not None for score in (scores.total, *scores.functions.values()))


def _differ(before: float | None, after: float | None) -> bool:
    if before is None or after is None:
        return before is not after
    return round(before - after, 2) != 0
