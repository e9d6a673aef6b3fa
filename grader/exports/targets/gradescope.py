"""Gradescope: a results.json for each student, as the autograder of Gradescope must leave it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import msgspec

from grader.exports.cell_text import claim, shown, total
from grader.exports.export_data import Exported, Order, Results, StudentResult
from grader.exports.file_per_student import write_each
from grader.grading.verdicts.record import CheckRecord


class Test(msgspec.Struct, frozen=True, omit_defaults=True):
    """One check. A test without `score` and `max_score` is one that nobody could judge."""

    name: str
    number: str
    status: str
    output: str
    score: float | None = None
    max_score: float | None = None
    tags: list[str] = []


class Document(msgspec.Struct, frozen=True, omit_defaults=True):
    """results.json. Plain text throughout: nothing of a student's is read as markup."""

    output: str
    tests: list[Test]
    output_format: str = ""
    test_output_format: str = ""
    test_name_format: str = ""
    stdout_visibility: str = ""
    score: float | None = None
    execution_time: int | None = None
    extra_data: dict[str, str] = {}


def export(results: Results, order: Order) -> Exported:
    """Write STUDENT/results.json."""
    return write_each(results, order, "results.json", lambda student: encode(results, student))


def encode(results: Results, student: StudentResult) -> bytes:
    """The results.json of one student."""
    return msgspec.json.format(msgspec.json.encode(document(results, student)), indent=1) + b"\n"


def document(results: Results, student: StudentResult) -> Document:
    """What Gradescope shows of one student. With a fault of the grader nothing in it has a score: never a zero."""
    tr = results.tr
    lines = total(student, tr)
    if student.score is None:
        names = ", ".join(record.function for record in student.faults)
        lines.append(
            tr("For the staff: a fault of the grader in {functions}. Mend it and run this again.").format(
                functions=names
            )
        )
    if student.human:
        lines.append(tr("For the staff: {why}").format(why=shown(student.human)))
    return Document(
        output="\n".join(lines),
        tests=list(_tests(results, student)),
        output_format="text",
        test_output_format="text",
        test_name_format="text",
        stdout_visibility="hidden",
        score=None if student.score is None else round(student.score, 2),
        execution_time=round(sum(record.seconds for record in student.records)),
        extra_data={"autograded": str(results.run.get("versions", {}).get("autograded", ""))},
    )


def failed(output: str) -> bytes:
    """The results.json of a submission that could not be graded at all: no score, and words for everybody."""
    made = Document(
        output=shown(output), tests=[Test("autograder", "1", "failed", shown(output))], output_format="text"
    )
    return msgspec.json.encode(made) + b"\n"


def _tests(results: Results, student: StudentResult) -> Iterator[Test]:
    scored = student.score is not None
    for part, (_, records) in enumerate(groupby(results.shown_to(student), key=lambda r: r.exercise), 1):
        for place, record in enumerate(records, 1):
            for number, check in enumerate(record.checks, 1):
                fault = record.score is None
                yield Test(
                    name=f"{record.function}: {claim(check)}",
                    number=f"{part}.{place}.{number}",
                    status="passed" if check.passed and not fault else "failed",
                    output=_output(check, fault, results),
                    score=round(check.points, 2) if scored else None,
                    max_score=round(check.max_points, 2) if scored else None,
                    tags=[record.exercise, record.function],
                )


def _output(check: CheckRecord, fault: bool, results: Results) -> str:
    if fault:
        return results.tr("a fault of the grader, not yours: nobody judged this, and it costs no points")
    return shown(check.message)
