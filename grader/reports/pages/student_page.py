"""Content of a student's page: points, each claim with the values returned and expected, and the code."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from markupsafe import Markup

from grader.core.language import translator
from grader.grading.policy.final_score import TOTAL
from grader.grading.policy.hidden_check_visibility import records_with_set_scores
from grader.grading.runs.fix_review import mended_lines
from grader.grading.verdicts.entry import NO_ATTACHMENTS, Attachments
from grader.grading.verdicts.record import FunctionRecord
from grader.reports.pages.student_sections import RenderedFunction, SectionRenderer
from grader.reports.pages.student_totals import StudentOnPage, add_points, result_kind


@dataclass(frozen=True)
class ExerciseOnPage:
    """One exercise of one student: points, rendered functions, rendered files."""

    title: str
    score: float | None
    maximum: float
    functions: list[RenderedFunction]
    files: list[Markup]


def student_facts(
    student: StudentOnPage, attachments: Mapping[str, Attachments], titles: Mapping[str, str], sections: SectionRenderer
) -> dict[str, Any]:
    """Return the values for the template of a student's page.

    `attachments` holds the attachments of each function, `titles` the title of each exercise.
    """
    exercises = []
    for name, records_of_exercise in groupby(student.records, key=lambda record: record.exercise):
        records = list(records_of_exercise)
        final = student.result.final
        decided = [] if TOTAL in final.scores else records_with_set_scores(records, final, sections.language)
        functions = [sections.function(record, attachments.get(record.function, NO_ATTACHMENTS)) for record in decided]
        maximum = sum(record.max_score for record in records)
        files = list(_render_files(records, attachments, sections))
        exercises.append(ExerciseOnPage(titles.get(name, name), add_points(decided), maximum, functions, files))
    mended = list(mended_lines(student.result.final, translator(sections.language)))
    return {"person": student, "parts": exercises, "who": shlex.quote(student.id), "mended": mended}


def _render_files(
    records: Sequence[FunctionRecord], attachments: Mapping[str, Attachments], sections: SectionRenderer
) -> Iterator[Markup]:
    """Yield the rendered files that define functions of an exercise; functions that did not pass are marked."""
    sources: dict[str, str] = {}
    for record in records:
        if source := attachments.get(record.function, NO_ATTACHMENTS).source:
            sources.setdefault(record.source, source)
    for name, source in sources.items():
        failed_functions = ((r.function, result_kind(r)) for r in records if r.source == name and r.outcome != "passed")
        yield sections.file(name, source, tuple(failed_functions))
