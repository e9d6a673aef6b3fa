"""The facts of a student's page: points, and every claim with what was given and expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from grader.faces.pages.people import Person, kind, total
from grader.judge.library import Library
from grader.judge.record import CheckRecord, FunctionRecord


@dataclass(frozen=True)
class Claim:
    """One check: what was found, line by line, and the hints that belong to it."""

    check: CheckRecord
    lines: list[str]
    hints: list[str]


@dataclass(frozen=True)
class Function:
    """One function: its record, its claims, and the message and hints of all that failed, where they are the same."""

    record: FunctionRecord
    kind: str
    note: list[str]
    hints: list[str]
    claims: list[Claim]


@dataclass(frozen=True)
class Part:
    """One exercise of one student."""

    title: str
    name: str
    score: float | None
    maximum: float
    functions: list[Function]


def student_facts(person: Person, library: Library, language: str) -> dict[str, Any]:
    """What the template of a student's page shows."""
    titles = {exercise.name: exercise.title(language) for exercise in library.course.exercises}
    parts = []
    for name, found in groupby(person.records, key=lambda record: record.exercise):
        records = list(found)
        functions = [_function(record, library, language) for record in records]
        maximum = sum(record.max_score for record in records)
        parts.append(Part(titles.get(name, name), name, total(records), maximum, functions))
    return {"person": person, "parts": parts}


def _function(record: FunctionRecord, library: Library, language: str) -> Function:
    known = [library.mistakes[mistake].hint(language) for mistake in record.mistakes if mistake in library.mistakes]
    claims = [_claim(check, known) for check in record.checks]
    failed = [claim for claim in claims if not claim.check.passed]
    note = _shared([claim.lines for claim in failed])
    hints = _shared([claim.hints for claim in failed])
    rest = [Claim(c.check, [] if note else c.lines, [] if hints else c.hints) for c in claims]
    return Function(record, kind(record), note, hints, rest)


def _shared(texts: Sequence[list[str]]) -> list[str]:
    """What several checks say alike, to be said once."""
    return texts[0] if len(texts) > 1 and all(text == texts[0] for text in texts) else []


def _claim(check: CheckRecord, known: Sequence[str]) -> Claim:
    """Part the message from the hints at its end."""
    text, hints = check.message, list[str]()
    while hint := next((hint for hint in known if text == hint or text.endswith(f"\n{hint}")), ""):
        text = text.removesuffix(hint).removesuffix("\n")
        hints.insert(0, hint)
    return Claim(check, text.split("\n") if text else [], hints)
