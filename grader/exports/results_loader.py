"""Load the results of a class from a results folder, as `ClassResults` for the targets of an export."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import msgspec

from grader.core.errors import UsageError
from grader.core.language import translator
from grader.course.library import Library
from grader.exports.export_data import ClassResults, StudentResult
from grader.grading.policy.final_score import FinalScore, add_check_points
from grader.grading.policy.policy import HiddenChecks, Policy
from grader.grading.policy.visibility import visible_record
from grader.grading.results.result_files import read_finals, read_results
from grader.grading.results.run_file import read_run
from grader.grading.verdicts.record import FunctionRecord
from grader.submissions.people import people_from_run
from grader.submissions.submission import SubmissionMetadata


@dataclass
class StudentView:
    """Decides which part of a record its student may see, by the policy and the course.

    Without a course, hidden and public checks cannot be told apart: all messages are removed, and `without_messages`
    becomes true at the first record.
    """

    policy: Policy
    library: Library | None
    language: str
    without_messages: bool = field(default=False, init=False)

    def visible_part(self, record: FunctionRecord) -> FunctionRecord:
        """Return a record without the parts that its student may not see."""
        if self.library is not None:
            return visible_record(record, self.library, self.policy, self.language)
        if self.policy.hidden == HiddenChecks.FULL:
            return record
        self.without_messages = True
        checks = [msgspec.structs.replace(check, message="", call="") for check in record.checks]
        return msgspec.structs.replace(record, checks=checks, mistakes=[])


def load_class_results(folder: Path, view: StudentView) -> ClassResults:
    """Read the results that `grader grade` wrote into a folder. Raises UsageError if the folder holds none."""
    records, run = read_results(folder), read_run(folder)
    if not records:
        raise UsageError("{path}: results.jsonl holds no students. Grade again into this folder", path=folder)
    students = list(dict.fromkeys(record.student for record in records))
    return ClassResults(
        students=student_results(records, people_from_run(run), _review_reasons(folder, students), read_finals(folder)),
        functions=tuple(dict.fromkeys(record.function for record in records)),
        run=run,
        language=view.language,
        visible_part=view.visible_part,
    )


def student_results(
    records: Iterable[FunctionRecord],
    people: Mapping[str, SubmissionMetadata],
    review_reasons: Mapping[str, str],
    finals: Mapping[str, FinalScore],
) -> tuple[StudentResult, ...]:
    """Return the result of each student. `records` must be grouped by student; keys of the mappings are student ids."""
    results = []
    for student, group in groupby(records, key=lambda record: record.student):
        own, final = tuple(group), finals.get(student)
        results.append(
            StudentResult(
                id=student,
                records=own,
                score=final.score if final else add_check_points(own),
                maximum=final.max_score if final else sum(record.max_score for record in own),
                metadata=people.get(student, SubmissionMetadata()),
                review_reason=review_reasons.get(student, ""),
                final=final,
            )
        )
    return tuple(results)


def _review_reasons(folder: Path, students: Sequence[str]) -> dict[str, str]:
    """Return the values of the column `status` in grades.csv that are not "ok".

    Rows are in the order of results.jsonl.
    """
    try:
        with (folder / "grades.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error):
        return {}
    if len(rows) != len(students):
        return {}
    statuses = {student: row.get("status") or "ok" for student, row in zip(students, rows, strict=True)}
    return {student: status for student, status in statuses.items() if status != "ok"}


def instructor_lines(results: ClassResults, unwritten: Sequence[str], without_messages: bool) -> list[str]:
    """Return lines for the instructor, for every target: scores not written, no score, review needed, missing."""
    tr, lines = translator(results.language), list[str]()
    for student in results.students:
        name = student.name or student.id
        if student.score is None:
            functions = ", ".join(record.function for record in student.ungraded)
            text = tr("{student}: no score, because the grader failed on {functions}. Grade again, then export again")
            lines.append(text.format(student=name, functions=functions))
        elif student.review_reason:
            text = tr("{student}: exported with the current score; please review: {why}")
            lines.append(text.format(student=name, why=student.review_reason))
    if missing := sum(not student.metadata.attempt for student in results.students):
        lines.append(tr("missing submissions, exported with 0 points: {count}").format(count=missing))
    if without_messages:
        lines.append(tr("No course found: students see claims without messages. To show messages, add --course DIR"))
    return [*unwritten, *lines]
