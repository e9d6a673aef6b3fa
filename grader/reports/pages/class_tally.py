"""Counts for the class page, added up student by student.

Only a few hundred bytes of each student stay in memory, and no records, so that a class of a hundred thousand students
fits.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from grader.grading.verdicts.record import FunctionRecord
from grader.reports.pages.charts.submission_times import SubmissionTimes
from grader.reports.pages.check_statistics import (
    FloatArray,
    ScoreStatistics,
    SuspectCheck,
    compute_statistics,
    graded_students,
    suspect_reason,
)
from grader.reports.pages.review_groups import ReviewGroups
from grader.reports.pages.student_marks import student_marks
from grader.reports.pages.student_totals import StudentOnPage, page_path

LETTERS = {"passed": "P", "wrong": "W", "silent": "S", "untouched": "U", "missing": "M", "fault": "F"}
"""In `StudentRow.cells`, the character of each kind of result; the script of the page reads them."""
PARTLY_OFFSET = 0x100
"""In `StudentRow.cells`, a partly right function is the character whose code is this number plus the percentage of its
points."""
MAX_NAMED = 12
"""Maximum number of students named next to a count; the table of the page lists all students."""


@dataclass(frozen=True, slots=True)
class StudentRow:
    """One student in the table of the class page: `cells` has one character for the result of each function (LETTERS).

    `is_missing` is true for a missing submission, `is_ungraded` for a student with an ungraded function.
    """

    student: str
    name: str
    has_page: bool
    score: float | None
    maximum: float
    cells: str
    marks: frozenset[str]
    is_missing: bool
    is_ungraded: bool

    @property
    def page(self) -> str:
        """The path of the student's page, or an empty text if there is none."""
        return page_path(self.student) if self.has_page else ""


@dataclass
class StudentGroup:
    """Row numbers of students who have something in common."""

    students: array[int] = field(default_factory=lambda: array("l"))

    def __len__(self) -> int:
        return len(self.students)


@dataclass
class Misconception(StudentGroup):
    """A known mistake of one function, and the students who made it."""

    id: str = ""
    function: str = ""

    @property
    def name(self) -> str:
        """The id of the mistake without its function."""
        return self.id.partition("__")[2] or self.id


@dataclass
class FunctionColumn:
    """Results of one function in the class.

    counts: number of students of each result kind.
    shares: share of the points of each student, from 0 to 1; NaN if ungraded.
    """

    function: str
    exercise: str
    maximum: float
    counts: Counter[str] = field(default_factory=Counter)
    shares: array[float] = field(default_factory=lambda: array("d"))
    claims: dict[str, str] = field(default_factory=dict)
    verdicts: dict[str, bytearray] = field(default_factory=dict)
    """For each check one number per student: 0 failed, 1 passed, 2 not tried."""

    def add(self, record: FunctionRecord, kind: str, number: int) -> None:
        """Add the result of the student with this row number."""
        self.counts[kind] += 1
        self.shares.extend([float("nan")] * (number - len(self.shares)))
        share = float("nan") if record.score is None else record.score / record.max_score if record.max_score else 0.0
        self.shares.append(share)
        is_tried = kind not in ("untouched", "silent", "missing", "fault")
        for check in record.checks:
            results = self.verdicts.get(check.name)
            if results is None:
                self.claims[check.name] = check.claim
                results = self.verdicts[check.name] = bytearray()
            results.extend(b"\2" * (number + 1 - len(results)))
            results[number] = check.passed if is_tried else 2


class Tally:
    """Collects the results of one student after the other, and holds the counts of the class."""

    def __init__(self) -> None:
        self.rows: list[StudentRow] = []
        self.columns: dict[str, FunctionColumn] = {}
        self.mistakes: dict[str, Misconception] = {}
        self.reviews = ReviewGroups()
        self.times = SubmissionTimes()

    def add(self, student: StudentOnPage) -> None:
        """Count the results of one student, and add a row to the table."""
        number = len(self.rows)
        for record, kind in zip(student.records, student.kinds, strict=True):
            column = self.columns.get(record.function)
            if column is None:
                column = self.columns[record.function] = FunctionColumn(
                    record.function, record.exercise, record.max_score
                )
            column.add(record, kind, number)
            for name in record.mistakes:
                mistake = self.mistakes.setdefault(name, Misconception(id=name, function=record.function))
                mistake.students.append(number)
        self.reviews.add(student.result, number)
        self.times.add(student.metadata, student.result.final.late, student.result.final.missing)
        self.rows.append(_make_row(student))

    @property
    def functions_by_exercise(self) -> dict[str, list[str]]:
        """The functions of the class by exercise, in the order of the course."""
        found: dict[str, list[str]] = {}
        for column in self.columns.values():
            found.setdefault(column.exercise, []).append(column.function)
        return found

    @property
    def missing(self) -> int:
        """The number of missing submissions."""
        return sum(row.is_missing for row in self.rows)

    @property
    def ungraded(self) -> int:
        """The number of students with an ungraded function."""
        return sum(row.is_ungraded for row in self.rows)

    def mistakes_of(self, function: str) -> list[Misconception]:
        """Return the mistakes of one function, most common first."""
        mistakes = (mistake for mistake in self.mistakes.values() if mistake.function == function)
        return sorted(mistakes, key=lambda mistake: (-len(mistake), mistake.id))

    def people(self, group: StudentGroup) -> list[StudentRow]:
        """Return the rows of the first MAX_NAMED students of a group."""
        return [self.rows[number] for number in group.students[:MAX_NAMED]]

    def analysis(self) -> tuple[dict[str, ScoreStatistics], list[SuspectCheck]]:
        """Return the item analysis of every function, and the checks that look faulty."""
        columns = list(self.columns.values())
        shares = np.full((len(self.rows), len(columns)), np.nan)
        for place, column in enumerate(columns):
            shares[: len(column.shares), place] = np.frombuffer(column.shares)
        weights = np.array([column.maximum for column in columns])
        items = dict(zip(self.columns, compute_statistics(shares, weights), strict=True))
        graded, totals = graded_students(shares), shares @ weights
        suspects = [
            suspect
            for place, column in enumerate(columns)
            for suspect in _suspects(column, graded, totals - shares[:, place] * weights[place])
        ]
        return items, sorted(suspects, key=lambda s: (s.why != "all_fail", s.correlation or 0.0))


def _suspects(column: FunctionColumn, graded: NDArray[np.bool_], other_points: FloatArray) -> Iterator[SuspectCheck]:
    for check, results in column.verdicts.items():
        verdicts = np.frombuffer(results, np.uint8)
        tried = (verdicts != 2) & graded[: len(verdicts)]
        passed = verdicts[tried] == 1
        why, r = suspect_reason(passed, other_points[: len(verdicts)][tried])
        if why:
            yield SuspectCheck(column.function, check, column.claims[check], why, len(passed), int(passed.sum()), r)


def _make_row(student: StudentOnPage) -> StudentRow:
    cells = "".join(_letter(record, kind) for record, kind in zip(student.records, student.kinds, strict=True))
    name = "" if student.metadata.name == student.id else student.metadata.name
    return StudentRow(
        student=student.id,
        name=name,
        has_page=bool(student.page),
        score=student.score,
        maximum=student.maximum,
        cells=cells,
        marks=student_marks(student.result),
        is_missing=student.result.final.missing,
        is_ungraded="fault" in student.kinds,
    )


def _letter(record: FunctionRecord, kind: str) -> str:
    if kind != "partly":
        return LETTERS[kind]
    return chr(PARTLY_OFFSET + int(100 * (record.score or 0.0) / record.max_score))
