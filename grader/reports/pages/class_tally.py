"""Counts for the class page, added up student by student.

A student takes a few hundred bytes and no record is kept, so that a class of a hundred thousand fits into memory.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from grader.grading.policy.final_score import TOTAL
from grader.grading.verdicts.record import CheckRecord, FunctionRecord
from grader.reports.pages.item_analysis import FloatArray, ItemStatistics, SuspectCheck, analyze_items, suspect_reason
from grader.reports.pages.student_totals import StudentOnPage, page_path

LETTERS = {"passed": "P", "wrong": "W", "silent": "S", "untouched": "U", "fault": "F"}
PARTLY_OFFSET = 0x100
"""In `StudentRow.cells`, a partly right function is the character with this code plus the percent of its points."""
MAX_NAMED = 12
"""Maximum number of students named next to a count; the table of the page lists all students."""


@dataclass(frozen=True, slots=True)
class StudentRow:
    """One student in the table of the class page: `cells` is one character per function."""

    student: str
    name: str
    has_page: bool
    score: float | None
    maximum: float
    cells: str
    needs_review: bool
    late: bool

    @property
    def page(self) -> str:
        """The path of the student's page, or an empty text if there is none."""
        return page_path(self.student) if self.has_page else ""


@dataclass
class StudentGroup:
    """Students with something in common, by their row numbers."""

    students: array[int] = field(default_factory=lambda: array("l"))

    def __len__(self) -> int:
        return len(self.students)


@dataclass
class ReviewNeed(StudentGroup):
    """One reason for review, the students, and the functions concerned (none: all)."""

    fault: bool = False
    reason: str = ""
    functions: dict[str, None] = field(default_factory=dict)


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
    """One function over the class: result kinds, shares of the points, and who passed which check."""

    function: str
    exercise: str
    maximum: float
    counts: Counter[str] = field(default_factory=Counter)
    shares: array[float] = field(default_factory=lambda: array("d"))
    claims: dict[str, str] = field(default_factory=dict)
    verdicts: dict[str, bytearray] = field(default_factory=dict)
    """Check -> for each student: 0 failed, 1 passed, 2 not tried."""

    def add(self, record: FunctionRecord, kind: str, number: int) -> None:
        """Add the result of the student with this row number."""
        self.counts[kind] += 1
        self.shares.extend([float("nan")] * (number - len(self.shares)))
        share = float("nan") if record.score is None else record.score / record.max_score if record.max_score else 0.0
        self.shares.append(share)
        for check in record.checks:
            self.claims.setdefault(check.name, check.claim)
            results = self.verdicts.setdefault(check.name, bytearray())
            results.extend(b"\2" * (number + 1 - len(results)))
            results[number] = _check_result(check, kind)


def _check_result(check: CheckRecord, kind: str) -> int:
    return 2 if kind in ("untouched", "silent", "fault") else int(check.passed)


class Tally:
    """Collects one student after the other. `default_reason` is shown for an ungraded function without a message."""

    def __init__(self, default_reason: str) -> None:
        self._default_reason = default_reason
        self.rows: list[StudentRow] = []
        self.columns: dict[str, FunctionColumn] = {}
        self.mistakes: dict[str, Misconception] = {}
        self._needs: dict[tuple[bool, str], ReviewNeed] = {}

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
        for fault, reason, functions in _review_reasons(student, self._default_reason):
            review_need = self._needs.setdefault((fault, reason), ReviewNeed(fault=fault, reason=reason))
            if not review_need.students or review_need.students[-1] != number:
                review_need.students.append(number)
            review_need.functions |= dict.fromkeys(functions)
        self.rows.append(_make_row(student))

    @property
    def needs(self) -> list[ReviewNeed]:
        """Reasons for review: failures of the grader first, then by the number of students."""
        return sorted(self._needs.values(), key=lambda review_need: (not review_need.fault, -len(review_need)))

    def mistakes_of(self, function: str) -> list[Misconception]:
        """Return the mistakes of one function, most common first."""
        mistakes = (mistake for mistake in self.mistakes.values() if mistake.function == function)
        return sorted(mistakes, key=lambda mistake: (-len(mistake), mistake.id))

    def people(self, group: StudentGroup) -> list[StudentRow]:
        """Return the rows of the first MAX_NAMED students of a group."""
        return [self.rows[number] for number in group.students[:MAX_NAMED]]

    def analysis(self) -> tuple[dict[str, ItemStatistics], list[SuspectCheck]]:
        """Return the item analysis of every function, and the checks that look faulty."""
        columns = list(self.columns.values())
        shares = np.full((len(self.rows), len(columns)), np.nan)
        for place, column in enumerate(columns):
            shares[: len(column.shares), place] = np.frombuffer(column.shares)
        weights = np.array([column.maximum for column in columns])
        items = dict(zip(self.columns, analyze_items(shares, weights), strict=True))
        totals = np.nansum(shares * weights, axis=1)
        suspects = [
            suspect
            for place, column in enumerate(columns)
            for suspect in _suspects(column, totals - np.nan_to_num(shares[:, place]) * weights[place])
        ]
        return items, sorted(suspects, key=lambda s: (s.why != "all_fail", s.correlation or 0.0))


def _suspects(column: FunctionColumn, other_points: FloatArray) -> Iterator[SuspectCheck]:
    for check, results in column.verdicts.items():
        verdicts = np.frombuffer(results, np.uint8)
        tried = verdicts != 2
        passed = verdicts[tried] == 1
        why, r = suspect_reason(passed, other_points[: len(verdicts)][tried])
        if why:
            yield SuspectCheck(column.function, check, column.claims[check], why, len(passed), int(passed.sum()), r)


def _make_row(student: StudentOnPage) -> StudentRow:
    cells = "".join(_letter(record, kind) for record, kind in zip(student.records, student.kinds, strict=True))
    name = "" if student.metadata.name == student.id else student.metadata.name
    needs_review, late = bool(student.result.review_reason), student.metadata.late
    return StudentRow(student.id, name, bool(student.page), student.score, student.maximum, cells, needs_review, late)


def _letter(record: FunctionRecord, kind: str) -> str:
    if kind != "partly":
        return LETTERS[kind]
    return chr(PARTLY_OFFSET + int(100 * (record.score or 0.0) / record.max_score))


def _review_reasons(student: StudentOnPage, default_reason: str) -> Iterator[tuple[bool, str, list[str]]]:
    """Yield each reason for review of one student: whether the grader failed, a text, and the functions.

    `student.result.review_reason` joins all reasons; the messages of the checks tell which function a reason is about.
    """
    review_reason, has_reason, final = student.result.review_reason, False, student.result.final
    overridden = final.overridden if final else []
    for flag in final.flags if final else []:
        has_reason = True
        yield False, flag, []
    for record in student.records:
        if TOTAL in overridden or record.function in overridden:
            continue  # a person has already set a score
        fault = record.outcome == "grader_fault"
        messages = (check.message for check in record.checks if not check.passed and check.message)
        reason = next((message for message in messages if f"; {message}; " in f"; {review_reason}; "), "")
        if fault or reason:
            has_reason = True
            yield fault, reason or review_reason or default_reason, [record.function]
    if review_reason and not has_reason:
        yield False, review_reason, []
