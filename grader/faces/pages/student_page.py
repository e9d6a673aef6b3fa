"""The facts of a student's page: points, every claim with what was given and expected, and her code beside it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from grader.faces.pages.code import Piece, runs
from grader.faces.pages.people import Person, kind, total
from grader.judge.excerpt import Excerpt, find_function, lines_of, place_in
from grader.judge.journal import NOTHING, Beside
from grader.judge.library import Library
from grader.judge.picture import Picture
from grader.judge.policy.visibility import Seen, split_hints
from grader.judge.record import CheckRecord, FunctionRecord

LONGEST = 3000
"""Lines of a file that is shown whole; of a longer one the functions are shown."""


@dataclass(frozen=True)
class Claim:
    """One check: what was found, line by line, and the hints that belong to it."""

    check: CheckRecord
    lines: list[str]
    hints: list[str]
    picture: Picture | None = None


@dataclass(frozen=True)
class Function:
    """One function: its record, its claims, and the message and hints of all that failed, where they are the same."""

    record: FunctionRecord
    kind: str
    note: list[str]
    hints: list[str]
    claims: list[Claim]
    code: list[Piece] = field(default_factory=list)
    cut: bool = False
    appeal: str = ""


@dataclass(frozen=True)
class File:
    """One file of the student, whole when it is not too long."""

    name: str
    lines: int
    pieces: list[Piece]


@dataclass(frozen=True)
class Part:
    """One exercise of one student."""

    title: str
    name: str
    score: float | None
    maximum: float
    functions: list[Function]
    files: list[File]


def student_facts(
    person: Person, beside: Mapping[str, Beside], library: Library, seen: Seen, language: str
) -> dict[str, Any]:
    """What the template of a student's page shows."""
    titles = {exercise.name: exercise.title(language) for exercise in library.course.exercises}
    parts = []
    for name, found in groupby(person.records, key=lambda record: record.exercise):
        records = list(found)
        functions = [
            _function(person.id, record, seen(record), beside.get(record.function, NOTHING), library, language)
            for record in records
        ]
        maximum = sum(record.max_score for record in records)
        files = _files(records, beside)
        parts.append(Part(titles.get(name, name), name, total(records), maximum, functions, files))
    return {"person": person, "parts": parts}


def _function(
    student: str, raw: FunctionRecord, record: FunctionRecord, beside: Beside, library: Library, language: str
) -> Function:
    known = [library.mistakes[mistake].hint(language) for mistake in raw.mistakes if mistake in library.mistakes]
    whole = {check.name: check.message for check in raw.checks}
    claims = [
        # What was cut out of a message must not come back in a picture.
        Claim(c, *_parted(c.message, known), beside.pictures.get(c.name) if whole.get(c.name) == c.message else None)
        for c in record.checks
    ]
    failed = [claim for claim in claims if not claim.check.passed]
    alike = len({check.message for check in raw.checks if not check.passed}) == 1
    note = _shared([claim.lines for claim in failed], alike)
    hints = _shared([claim.hints for claim in failed], alike)
    rest = [Claim(c.check, [] if note else c.lines, [] if hints else c.hints, c.picture) for c in claims]
    wrong = [line for check in record.checks for line in _line_in(check, beside.source)]
    excerpt = find_function(beside.source, raw.function) if raw.outcome != "passed" and beside.source else None
    return Function(
        record,
        kind(raw),
        note,
        hints,
        rest,
        code=_pieces(excerpt, wrong) if excerpt else [],
        cut=excerpt is not None and excerpt.cut,
        appeal=shlex.join(["grader", "show", student, raw.function]),
    )


def _shared(texts: Sequence[list[str]], alike: bool) -> list[str]:
    """What several checks say alike, to be said once; `alike` when they all do, though some may not be shown."""
    said = [text for text in texts if text]
    same = bool(said) and len(texts) > 1 and all(text == said[0] for text in said)
    return said[0] if same and (alike or len(said) == len(texts)) else []


def _parted(message: str, known: list[str]) -> tuple[list[str], list[str]]:
    """Part the message from the hints at its end."""
    text, hints = split_hints(message, known)
    return text.split("\n") if text else [], hints


def _line_in(check: CheckRecord, source: str) -> list[int]:
    line = None if check.passed else place_in(check.message, source)
    return [] if line is None else [line]


def _pieces(excerpt: Excerpt, wrong: Sequence[int]) -> list[Piece]:
    """The lines of a function; those that an error names stand out."""
    marks = ["here" if number in wrong else "" for number in range(excerpt.first, excerpt.last + 1)]
    return runs(excerpt.first, excerpt.lines, marks)


def _files(records: Sequence[FunctionRecord], beside: Mapping[str, Beside]) -> list[File]:
    """The files that the functions of an exercise stand in, each with its functions marked."""
    files = {}
    for record in records:
        source = beside.get(record.function, NOTHING).source
        if source and record.source not in files:
            here = [other for other in records if other.source == record.source]
            files[record.source] = _file(record.source, source, here)
    return list(files.values())


def _file(name: str, source: str, records: Sequence[FunctionRecord]) -> File:
    lines = lines_of(source.rstrip("\n"))
    if len(lines) > LONGEST:
        return File(name, len(lines), [])
    marks = [""] * len(lines)
    for record in records:
        if record.outcome != "passed" and (excerpt := find_function(source, record.function)):
            for number in range(excerpt.first, min(excerpt.last, len(lines)) + 1):
                marks[number - 1] = kind(record)
    return File(name, len(lines), runs(1, lines, marks))
