"""The facts of the class page: what needs a human, the scores, every function with its misconceptions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from grader.core.language import translator
from grader.faces.pages.people import KINDS, Person
from grader.judge.library import Library
from grader.judge.record import FunctionRecord

BINS = 10
COMMON = 5
"""Misconceptions named for the whole class."""
HEAT_MAP = 300
"""Students above which the heat map is left out: nobody reads it, and it makes the page slow."""


@dataclass
class Need:
    """One reason why a person must look, and where: the students, each with the functions (none: all)."""

    fault: bool
    reason: str
    where: dict[Person, list[str]] = field(default_factory=dict)


@dataclass
class Misconception:
    """A known mistake of one function, and the students behind it."""

    id: str
    hint: str
    function: str
    people: list[Person] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The mistake without its function."""
        return self.id.partition("__")[2] or self.id


@dataclass
class Numbers:
    """One function over the whole class; faults of the grader count for nothing."""

    function: str
    exercise: str
    counts: Counter[str] = field(default_factory=Counter)
    shares: list[float] = field(default_factory=list)
    mistakes: list[Misconception] = field(default_factory=list)

    @property
    def pass_rate(self) -> float | None:
        """The part of the students who passed."""
        return self.counts["passed"] / len(self.shares) if self.shares else None

    @property
    def mean(self) -> float | None:
        """The mean part of the points."""
        return sum(self.shares) / len(self.shares) if self.shares else None

    @property
    def parts(self) -> list[tuple[str, int, float]]:
        """The kinds that occur, how often, and their part in percent."""
        everybody = self.counts.total()
        return [(kind, self.counts[kind], 100 * self.counts[kind] / everybody) for kind in KINDS if self.counts[kind]]


def class_facts(people: Sequence[Person], library: Library, language: str) -> dict[str, Any]:
    """What the template of the class page shows."""
    numbers = function_numbers(people, library, language)
    found = [mistake for function in numbers for mistake in function.mistakes]
    shares = [person.share for person in people if person.share is not None]
    return {
        "people": people,
        "needs": needs(people, translator(language)("a fault of the grader")),
        "bins": histogram(shares),
        "open": len(people) - len(shares),
        "mean": sum(shares) / len(shares) if shares else None,
        "numbers": numbers,
        "common": sorted(found, key=lambda m: -len(m.people))[:COMMON],
        "show_heat_map": 0 < len(people) <= HEAT_MAP,
        "cell": cell,
    }


def needs(people: Sequence[Person], unnamed: str) -> list[Need]:
    """Why people must look, faults of the grader first, then by the number of students."""
    found: dict[tuple[bool, str], Need] = {}
    for person in people:
        for fault, reason, functions in _reasons(person, unnamed):
            need = found.setdefault((fault, reason), Need(fault, reason))
            need.where.setdefault(person, []).extend(functions)
    return sorted(found.values(), key=lambda need: (not need.fault, -len(need.where)))


def _reasons(person: Person, unnamed: str) -> Iterator[tuple[bool, str, list[str]]]:
    """Every reason of one student; `human` holds them joined, the messages of the checks one by one."""
    human, named = person.judged.human, False
    for record in person.records:
        fault = record.outcome == "grader_fault"
        messages = (check.message for check in record.checks if not check.passed and check.message)
        reason = next((message for message in messages if f"; {message}; " in f"; {human}; "), "")
        if fault or reason:
            named = True
            yield fault, reason or human or unnamed, [record.function]
    if human and not named:
        yield False, human, []


def histogram(shares: Sequence[float]) -> list[tuple[str, int, float]]:
    """Ten bins: the percents, the number of students, the height of the bar in percent of the highest."""
    counts = Counter(min(int(share * BINS + 1e-9), BINS - 1) for share in shares)
    highest = max(counts.values(), default=1)
    edges = [100 * edge // BINS for edge in range(BINS + 1)]
    names = [f"{low}\N{EN DASH}{high}" for low, high in pairwise(edges)]
    return [(name, counts[number], 100 * counts[number] / highest) for number, name in enumerate(names)]


def function_numbers(people: Sequence[Person], library: Library, language: str) -> list[Numbers]:
    """Every function in the order of the course."""
    found: dict[str, Numbers] = {}
    mistakes: defaultdict[str, dict[str, Misconception]] = defaultdict(dict)
    for person in people:
        for record, kind in zip(person.records, person.kinds, strict=True):
            numbers = found.setdefault(record.function, Numbers(record.function, record.exercise))
            numbers.counts[kind] += 1
            if record.score is not None:
                numbers.shares.append(record.score / record.max_score if record.max_score else 0.0)
            for name in record.mistakes:
                known = library.mistakes.get(name)
                made = Misconception(name, known.hint(language) if known else "", record.function)
                mistakes[record.function].setdefault(name, made).people.append(person)
    for function, numbers in found.items():
        numbers.mistakes = sorted(mistakes[function].values(), key=lambda m: (-len(m.people), m.id))
    return list(found.values())


def cell(record: FunctionRecord, kind: str) -> str:
    """The heat map in a character or two, so that it does not speak in colours alone."""
    if kind in ("passed", "silent", "untouched", "fault"):
        return {"passed": "✓", "silent": "×", "untouched": "·", "fault": "?"}[kind]
    return str(int(100 * (record.score or 0.0) / record.max_score)) if record.max_score else "0"
