"""The facts of a student's page: points, each claim with the values returned and expected, and their code."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from markupsafe import Markup

from grader.grading.verdicts.entry import NOTHING, Attachments
from grader.grading.verdicts.record import FunctionRecord
from grader.reports.pages.student_sections import Section, Sections
from grader.reports.pages.student_totals import Person, kind, total


@dataclass(frozen=True)
class Part:
    """One exercise of one student."""

    title: str
    score: float | None
    maximum: float
    functions: list[Section]
    files: list[Markup]


def student_facts(
    person: Person, attachments: Mapping[str, Attachments], titles: Mapping[str, str], sections: Sections
) -> dict[str, Any]:
    """What the template of a student's page shows. `titles` are those of the exercises."""
    parts = []
    for name, found in groupby(person.records, key=lambda record: record.exercise):
        records = list(found)
        functions = [sections.function(record, attachments.get(record.function, NOTHING)) for record in records]
        maximum = sum(record.max_score for record in records)
        files = list(_files(records, attachments, sections))
        parts.append(Part(titles.get(name, name), total(records), maximum, functions, files))
    return {"person": person, "parts": parts, "who": shlex.quote(person.id)}


def _files(
    records: Sequence[FunctionRecord], attachments: Mapping[str, Attachments], sections: Sections
) -> Iterator[Markup]:
    """The files that the functions of an exercise stand in, each with those marked that did not pass."""
    sources: dict[str, str] = {}
    for record in records:
        if source := attachments.get(record.function, NOTHING).source:
            sources.setdefault(record.source, source)
    for name, source in sources.items():
        marked = ((r.function, kind(r)) for r in records if r.source == name and r.outcome != "passed")
        yield sections.file(name, source, tuple(marked))
