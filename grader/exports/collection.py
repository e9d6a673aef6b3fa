"""From a results folder, or from verdicts just made, to what a target of an export is given."""

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
from grader.exports.export_data import Results, StudentResult
from grader.grading.policy.final_score import Final, raw_total
from grader.grading.policy.policy import Hidden, Policy
from grader.grading.policy.visibility import seen_by_student
from grader.grading.runs.result_files import read_finals, read_results
from grader.grading.runs.run_file import read_run
from grader.grading.verdicts.record import FunctionRecord
from grader.submissions.people import people_of
from grader.submissions.submission import About


@dataclass
class Sight:
    """What students see of records. Without the course nobody can tell hidden checks from public ones.

    Then claims alone are shown, and `blind` becomes true as soon as that was needed.
    """

    policy: Policy
    library: Library | None
    language: str
    blind: bool = field(default=False, init=False)

    def seen(self, record: FunctionRecord) -> FunctionRecord:
        """The record as its student may see it."""
        if self.library is not None:
            return seen_by_student(record, self.library, self.policy, self.language)
        if self.policy.hidden == Hidden.FULL:
            return record
        self.blind = True
        checks = [msgspec.structs.replace(check, message="") for check in record.checks]
        return msgspec.structs.replace(record, checks=checks, mistakes=[])


def results_of(folder: Path, sight: Sight) -> Results:
    """What `grader grade` wrote into a folder. Raises UsageError."""
    records, run = read_results(folder), read_run(folder)
    if not records:
        raise UsageError("{path}: its results.jsonl holds no student. Grade again into this folder", path=folder)
    students = list(dict.fromkeys(record.student for record in records))
    return Results(
        students=students_of(records, people_of(run), _statuses(folder, students), read_finals(folder)),
        functions=tuple(dict.fromkeys(record.function for record in records)),
        run=run,
        language=sight.language,
        seen=sight.seen,
    )


def students_of(
    records: Iterable[FunctionRecord],
    people: Mapping[str, About],
    human: Mapping[str, str],
    finals: Mapping[str, Final],
) -> tuple[StudentResult, ...]:
    """Every student with the score that counts."""
    found = []
    for student, own in groupby(records, key=lambda record: record.student):
        mine, final = tuple(own), finals.get(student)
        found.append(
            StudentResult(
                id=student,
                records=mine,
                score=final.score if final else raw_total(mine),
                maximum=final.max_score if final else sum(record.max_score for record in mine),
                about=people.get(student, About()),
                human=human.get(student, ""),
                final=final,
            )
        )
    return tuple(found)


def _statuses(folder: Path, students: Sequence[str]) -> dict[str, str]:
    """Why a person must look at a student, from grades.csv: its rows have the order of results.jsonl."""
    try:
        with (folder / "grades.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error):
        return {}
    if len(rows) != len(students):
        return {}
    statuses = {student: row.get("status") or "ok" for student, row in zip(students, rows, strict=True)}
    return {student: status for student, status in statuses.items() if status != "ok"}


def told(results: Results, left_out: Sequence[str], blind: bool) -> list[str]:
    """What the instructor must be told whatever the target: who has no score, and who is not in the files."""
    tr, lines = translator(results.language), list[str]()
    for student in results.students:
        if student.score is None:
            functions = ", ".join(record.function for record in student.faults)
            text = tr("{student}: no score, because of a fault of the grader in {functions}. Grade again, then export")
            lines.append(text.format(student=student.name or student.id, functions=functions))
        elif student.human:
            text = tr("{student}: exported as it stands, but a person should look: {why}")
            lines.append(text.format(student=student.name or student.id, why=student.human))
    if nothing := sum(not student.about.attempt for student in results.students):
        lines.append(tr("{count} handed in nothing: they are exported with 0 points").format(count=nothing))
    if blind:
        lines.append(tr("no course was found, so students see claims without messages: name the course with --course"))
    return [*left_out, *lines]
