"""PrairieLearn: write a results.json for each student, in the format of PrairieLearn's external graders."""

from __future__ import annotations

from pathlib import Path

import msgspec

from grader.exports.export_data import ClassResults, ExportOptions, ExportSummary, StudentResult
from grader.exports.file_per_student import write_file_per_student
from grader.exports.result_text import check_text, check_title, total_lines, visible_lines

LIMIT = 1_000_000
"""Maximum size of results.json, in bytes. PrairieLearn accepts 1 MB, which is at least this many bytes."""
CUTS = (20_000, 2_000, 200, 0)
"""Maximum lengths of a message, in characters. The exporter tries these lengths one after the other until the file is
small enough."""


class Test(msgspec.Struct, frozen=True):
    """One check. An ungraded check has 0 of 0 points, because PrairieLearn shows no points if any test lacks points."""

    name: str
    description: str
    points: float
    max_points: float
    message: str


class Document(msgspec.Struct, frozen=True, omit_defaults=True):
    """The content of results.json. If `gradable` is false, PrairieLearn does not count the attempt."""

    gradable: bool
    message: str
    score: float | None = None
    tests: list[Test] = []


def export(results: ClassResults, options: ExportOptions) -> ExportSummary:
    """Write one file STUDENT/results.json per student. Raises UsageError if a file cannot be written."""
    return write_file_per_student(results, options, "results.json", lambda student: encode(results, student))


def read_scores(path: Path, data: bytes) -> dict[str, str]:
    """Return the score in percent from the results.json of one student, under the name of the student's folder."""
    score = msgspec.json.decode(data).get("score")
    return {path.parent.name: "" if score is None else f"{score:.2%}"}


def encode(results: ClassResults, student: StudentResult) -> bytes:
    """Return the results.json of one student, with messages so short that PrairieLearn accepts the file."""
    for cut in CUTS:
        data = msgspec.json.encode(document(results, student, cut)) + b"\n"
        if len(data) <= LIMIT:
            return data
    shortest = document(results, student, 0)
    return msgspec.json.encode(msgspec.structs.replace(shortest, tests=[])) + b"\n"


def document(results: ClassResults, student: StudentResult, cut: int = CUTS[0]) -> Document:
    """Return the result of one student for PrairieLearn. If the student is ungraded, the attempt does not count."""
    score, tr = student.score, results.tr
    fraction = None if score is None else min(1.0, max(0.0, score / student.maximum)) if student.maximum else 0.0
    lines = total_lines(student, tr)
    return Document(
        gradable=score is not None,
        message="\n".join(lines)[: CUTS[0]],
        score=fraction,
        tests=[
            Test(
                name=record.function,
                description=check_title(check)[:1_000],
                points=0.0 if record.score is None else round(check.points, 2),
                max_points=0.0 if record.score is None else round(check.max_points, 2),
                message=check_text(check)[:cut],
            )
            for record in results.visible_records(student)
            for check in record.checks
        ],
    )


def failed(output: str) -> bytes:
    """Return the results.json of a submission that was not graded: it shows `output`, the attempt does not count."""
    return msgspec.json.encode(Document(gradable=False, message=visible_lines(output)[: CUTS[0]])) + b"\n"
