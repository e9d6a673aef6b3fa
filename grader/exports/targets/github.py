"""GitHub Classroom: write the result of a grading step, which the autograding reporter reads.

result.json is the result as JSON. result.b64 is the same in base64, the form of the step's output `result`.
"""

from __future__ import annotations

import re
from base64 import b64encode
from pathlib import Path

import msgspec

from grader.exports.export_data import ClassResults, ExportOptions, ExportSummary, StudentResult
from grader.exports.file_per_student import write_file_per_student
from grader.exports.result_text import check_text, check_title, total_lines, visible_lines
from grader.grading.verdicts.record import CheckRecord, FunctionRecord

VERSION = 3
WORKFLOW_COMMAND = re.compile(r"(?m)^(\s*):(?=:)|##(?=\[)")
"""Pattern of the commands that GitHub runs if a workflow prints them.

Such a command is `::command::` at the start of a line, or `##[command]` anywhere.
"""


class Test(msgspec.Struct, frozen=True, omit_defaults=True):
    """One check. `score` is None if the student is ungraded."""

    name: str
    status: str
    message: str
    task_id: int
    filename: str = ""
    test_code: str = ""
    line_no: int = 0
    duration: str = ""
    score: float | None = None


class Document(msgspec.Struct, frozen=True):
    """The content of result.json: version 3 of the format that GitHub Classroom's autograders write."""

    version: int
    status: str
    message: str
    max_score: float
    tests: list[Test]


def export(results: ClassResults, options: ExportOptions) -> ExportSummary:
    """Write STUDENT/result.json and STUDENT/result.b64. Raises UsageError if a file cannot be written."""
    encoded: list[bytes] = []

    def encode(student: StudentResult) -> bytes:
        encoded.append(msgspec.json.encode(document(results, student)))
        return encoded[-1]

    files = []
    for path, data in zip(write_file_per_student(results, options, "result.json", encode).files, encoded, strict=True):
        options.write(path.with_suffix(".b64"), b64encode(data))
        files += [path, path.with_suffix(".b64")]
    return ExportSummary(files)


def read_scores(path: Path, data: bytes) -> dict[str, str]:
    """Return the sum of all points in the result.json of one student; the key is the name of its folder."""
    if path.suffix != ".json":
        return {}
    scores = [test.get("score") for test in msgspec.json.decode(data)["tests"]]
    return {path.parent.name: "" if None in scores else f"{sum(scores):.2f}"}


def document(results: ClassResults, student: StudentResult) -> Document:
    """Return the result of one student for the reporter. An ungraded student has the status "error" and no scores."""
    records, scored = results.visible_records(student), student.score is not None
    passed = all(record.outcome == "passed" for record in records)
    return Document(
        version=VERSION,
        status="error" if not scored else "pass" if passed else "fail",
        message=""
        if passed and scored and not student.remarks
        else without_commands("\n".join(total_lines(student, results.tr))),
        max_score=round(student.maximum, 2),
        tests=[
            _test(record, check, number, scored) for number, record in enumerate(records, 1) for check in record.checks
        ],
    )


def _test(record: FunctionRecord, check: CheckRecord, number: int, scored: bool) -> Test:
    status = "error" if record.score is None else "pass" if check.passed else "fail"
    return Test(
        name=without_commands(f"{record.function}: {check_title(check)}"),
        status=status,
        message="" if check.passed else without_commands(check_text(check)),
        task_id=number,
        filename=without_commands(visible_lines(record.source)),
        duration=f"{record.seconds:g}s",
        score=round(check.points, 2) if scored else None,
    )


def without_commands(text: str) -> str:
    """Return a text in which workflow commands are changed, so that GitHub only shows and does not run them."""
    return WORKFLOW_COMMAND.sub(lambda found: "# #" if found[0].startswith("##") else f"{found[1]}: ", text)
