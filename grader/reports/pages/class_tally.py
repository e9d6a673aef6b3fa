"""Counts for the class page, added up student by student: a few hundred bytes for each.

Nothing here holds a record when the next student comes, so that a hundred thousand fit into memory.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from grader.grading.policy.final_score import TOTAL
from grader.grading.verdicts.record import CheckRecord, FunctionRecord
from grader.reports.pages.item_analysis import Floats, Item, Suspect, analyse, suspicion
from grader.reports.pages.student_totals import Person, page_of

LETTERS = {"passed": "P", "wrong": "W", "silent": "S", "untouched": "U", "fault": "F"}
PARTLY = 0x100
"""A function partly right is one letter, too: this far behind the percent of its points."""
NAMED = 12
"""Students named where they are counted; the table shows the others."""


@dataclass(frozen=True, slots=True)
class StudentRow:
    """One student, as the class page needs it: `cells` is a letter for each function. Some have no page."""

    student: str
    name: str
    has_page: bool
    score: float | None
    maximum: float
    cells: str
    human: bool
    late: bool

    @property
    def page(self) -> str:
        """The page, which need not be kept for everybody."""
        return page_of(self.student) if self.has_page else ""


@dataclass
class Group:
    """Students that something is true of, by their numbers; the first few stand on the page at once."""

    students: array[int] = field(default_factory=lambda: array("l"))

    def __len__(self) -> int:
        return len(self.students)


@dataclass
class Need(Group):
    """One reason why a person must look, the students, and the functions (none: all)."""

    fault: bool = False
    reason: str = ""
    functions: dict[str, None] = field(default_factory=dict)


@dataclass
class Misconception(Group):
    """A known mistake of one function, and the students behind it."""

    id: str = ""
    function: str = ""

    @property
    def name(self) -> str:
        """The mistake without its function."""
        return self.id.partition("__")[2] or self.id


@dataclass
class Column:
    """One function over the whole class: its kinds, its shares of the points, and who passed which check."""

    function: str
    exercise: str
    maximum: float
    counts: Counter[str] = field(default_factory=Counter)
    shares: array[float] = field(default_factory=lambda: array("d"))
    claims: dict[str, str] = field(default_factory=dict)
    verdicts: dict[str, bytearray] = field(default_factory=dict)
    """Check -> for each student: 0 failed, 1 passed, 2 not tried."""

    def add(self, record: FunctionRecord, kind: str, number: int) -> None:
        """One more student, who has this number."""
        self.counts[kind] += 1
        self.shares.extend([float("nan")] * (number - len(self.shares)))
        share = float("nan") if record.score is None else record.score / record.max_score if record.max_score else 0.0
        self.shares.append(share)
        for check in record.checks:
            self.claims.setdefault(check.name, check.claim)
            seen = self.verdicts.setdefault(check.name, bytearray())
            seen.extend(b"\2" * (number + 1 - len(seen)))
            seen[number] = _tried(check, kind)


def _tried(check: CheckRecord, kind: str) -> int:
    return 2 if kind in ("untouched", "silent", "fault") else int(check.passed)


class Tally:
    """Takes one student after the other; afterwards it knows the class."""

    def __init__(self, unnamed: str) -> None:
        self._unnamed = unnamed
        self.rows: list[StudentRow] = []
        self.columns: dict[str, Column] = {}
        self.mistakes: dict[str, Misconception] = {}
        self._needs: dict[tuple[bool, str], Need] = {}

    def add(self, person: Person) -> None:
        """One more student."""
        number = len(self.rows)
        for record, kind in zip(person.records, person.kinds, strict=True):
            column = self.columns.get(record.function)
            if column is None:
                column = self.columns[record.function] = Column(record.function, record.exercise, record.max_score)
            column.add(record, kind, number)
            for name in record.mistakes:
                known = self.mistakes.setdefault(name, Misconception(id=name, function=record.function))
                known.students.append(number)
        for fault, reason, functions in _reasons(person, self._unnamed):
            need = self._needs.setdefault((fault, reason), Need(fault=fault, reason=reason))
            if not need.students or need.students[-1] != number:
                need.students.append(number)
            need.functions |= dict.fromkeys(functions)
        self.rows.append(_row(person))

    @property
    def needs(self) -> list[Need]:
        """Why people must look, faults of the grader first, then by the number of students."""
        return sorted(self._needs.values(), key=lambda need: (not need.fault, -len(need)))

    def mistakes_of(self, function: str) -> list[Misconception]:
        """The mistakes of one function, the commonest first."""
        found = (mistake for mistake in self.mistakes.values() if mistake.function == function)
        return sorted(found, key=lambda mistake: (-len(mistake), mistake.id))

    def people(self, group: Group) -> list[StudentRow]:
        """The first few students of a group."""
        return [self.rows[number] for number in group.students[:NAMED]]

    def analysis(self) -> tuple[dict[str, Item], list[Suspect]]:
        """The item analysis of every function, and the checks that look faulty."""
        columns = list(self.columns.values())
        shares = np.full((len(self.rows), len(columns)), np.nan)
        for place, column in enumerate(columns):
            shares[: len(column.shares), place] = np.frombuffer(column.shares)
        weights = np.array([column.maximum for column in columns])
        items = dict(zip(self.columns, analyse(shares, weights), strict=True))
        totals = np.nansum(shares * weights, axis=1)
        suspects = [
            suspect
            for place, column in enumerate(columns)
            for suspect in _suspects(column, totals - np.nan_to_num(shares[:, place]) * weights[place])
        ]
        return items, sorted(suspects, key=lambda s: (s.why != "all_fail", s.correlation or 0.0))


def _suspects(column: Column, rest: Floats) -> Iterator[Suspect]:
    for check, seen in column.verdicts.items():
        verdicts = np.frombuffer(seen, np.uint8)
        tried = verdicts != 2
        passed = verdicts[tried] == 1
        why, found = suspicion(passed, rest[: len(verdicts)][tried])
        if why:
            yield Suspect(column.function, check, column.claims[check], why, len(passed), int(passed.sum()), found)


def _row(person: Person) -> StudentRow:
    cells = "".join(_letter(record, kind) for record, kind in zip(person.records, person.kinds, strict=True))
    name = "" if person.metadata.name == person.id else person.metadata.name
    human, late = bool(person.result.human), person.metadata.late
    return StudentRow(person.id, name, bool(person.page), person.score, person.maximum, cells, human, late)


def _letter(record: FunctionRecord, kind: str) -> str:
    if kind != "partly":
        return LETTERS[kind]
    return chr(PARTLY + int(100 * (record.score or 0.0) / record.max_score))


def _reasons(person: Person, unnamed: str) -> Iterator[tuple[bool, str, list[str]]]:
    """Every reason of one student; `human` holds them joined, the messages of the checks one by one."""
    human, named, final = person.result.human, False, person.result.final
    decided = final.overridden if final else []
    for flag in final.flags if final else []:
        named = True
        yield False, flag, []
    for record in person.records:
        if TOTAL in decided or record.function in decided:
            continue  # a person has looked at it
        fault = record.outcome == "grader_fault"
        messages = (check.message for check in record.checks if not check.passed and check.message)
        reason = next((message for message in messages if f"; {message}; " in f"; {human}; "), "")
        if fault or reason:
            named = True
            yield fault, reason or human or unnamed, [record.function]
    if human and not named:
        yield False, human, []
