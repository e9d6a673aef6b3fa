"""Gradescope: write a results.json for each student, in the format that Gradescope expects from an autograder."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import msgspec

from grader.core.outcomes import Status
from grader.exports.export_data import ClassResults, ExportOptions, ExportSummary, StudentResult
from grader.exports.file_per_student import write_file_per_student
from grader.exports.result_text import check_text, check_title, total_lines, visible_lines
from grader.grading.verdicts.record import CheckRecord


class Test(msgspec.Struct, frozen=True, omit_defaults=True):
    """One check. `score` and `max_score` are None if the student is ungraded."""

    name: str
    number: str
    status: str
    output: str
    score: float | None = None
    max_score: float | None = None
    tags: list[str] = []


class Document(msgspec.Struct, frozen=True, omit_defaults=True):
    """The content of results.json.

    All fields `..._format` are "text", so that Gradescope does not read a student's text as HTML or Markdown.
    """

    output: str
    tests: list[Test]
    output_format: str = ""
    test_output_format: str = ""
    test_name_format: str = ""
    stdout_visibility: str = ""
    score: float | None = None
    execution_time: int | None = None
    extra_data: dict[str, str] = {}


def export(results: ClassResults, options: ExportOptions) -> ExportSummary:
    """Write one file STUDENT/results.json per student. Raises UsageError if a file cannot be written."""
    return write_file_per_student(results, options, "results.json", lambda student: encode(results, student))


def read_scores(path: Path, data: bytes) -> dict[str, str]:
    """Return the score in the results.json of one student; the key is the name of its folder."""
    score = msgspec.json.decode(data).get("score")
    return {path.parent.name: "" if score is None else f"{score:.2f}"}


def encode(results: ClassResults, student: StudentResult) -> bytes:
    """Return the bytes of the results.json of one student."""
    return msgspec.json.format(msgspec.json.encode(document(results, student)), indent=1) + b"\n"


def document(results: ClassResults, student: StudentResult) -> Document:
    """Return the result of one student for Gradescope; the result of an ungraded student has no scores.

    Students can read every field except `extra_data`. For this reason, only `extra_data` says why a person must review
    the result.
    """
    tr = results.tr
    lines = total_lines(student, tr)
    return Document(
        output="\n".join(lines),
        tests=list(_tests(results, student)),
        output_format="text",
        test_output_format="text",
        test_name_format="text",
        stdout_visibility="hidden",
        score=None if student.score is None else round(student.score, 2),
        execution_time=round(sum(record.seconds for record in student.records)),
        extra_data={
            "autograded": str(results.run.get("versions", {}).get("autograded", "")),
            "status": student.final.status,
            "needs_review": visible_lines(student.review_reason),
        },
    )


def failed(output: str) -> bytes:
    """Return a results.json without a score for a submission that was not graded; student and staff read `output`."""
    failure = Document(
        output=visible_lines(output),
        tests=[Test("autograder", "1", "failed", visible_lines(output))],
        output_format="text",
    )
    return msgspec.json.encode(failure) + b"\n"


def _tests(results: ClassResults, student: StudentResult) -> Iterator[Test]:
    scored = student.score is not None
    for part, (_, records) in enumerate(groupby(results.visible_records(student), key=lambda r: r.exercise), 1):
        for place, record in enumerate(records, 1):
            for number, check in enumerate(record.checks, 1):
                is_ungraded, is_fault = record.score is None, record.outcome == Status.GRADER_FAULT
                yield Test(
                    name=f"{record.function}: {check_title(check)}",
                    number=f"{part}.{place}.{number}",
                    status="passed" if check.passed and not is_ungraded else "failed",
                    output=_output(check, is_fault, results),
                    score=round(check.points, 2) if scored else None,
                    max_score=round(check.max_points, 2) if scored else None,
                    tags=[record.exercise, record.function],
                )


def _output(check: CheckRecord, is_fault: bool, results: ClassResults) -> str:
    if is_fault:
        return results.tr("The grader failed here. This is not your fault: the check is ungraded and costs no points.")
    return check_text(check)
