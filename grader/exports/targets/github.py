"""GitHub Classroom: what a grading step hands to the reporter, as JSON and as the base64 of its `result` output."""

from __future__ import annotations

import re
from base64 import b64encode

import msgspec

from grader.core.atomic_files import write_atomically
from grader.exports.cell_text import claim, shown, total
from grader.exports.export_data import Exported, Order, Results, StudentResult
from grader.exports.file_per_student import write_each
from grader.grading.verdicts.record import CheckRecord, FunctionRecord

VERSION = 3
COMMAND = re.compile(r"(?m)^(\s*):(?=:)|##(?=\[)")
"""What a line of a workflow's log must not hold, or it is obeyed: ::command:: at the start, ##[command] anywhere."""


class Test(msgspec.Struct, frozen=True, omit_defaults=True):
    """One check. Without a score it was not judged."""

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
    """The third version of the format that graders and the reporter share."""

    version: int
    status: str
    message: str
    max_score: float
    tests: list[Test]


def export(results: Results, order: Order) -> Exported:
    """Write STUDENT/result.json, and result.b64 beside it."""
    done = write_each(results, order, "result.json", lambda student: msgspec.json.encode(document(results, student)))
    files = []
    for path in done.files:
        encoded = path.with_suffix(".b64")
        write_atomically(encoded, b64encode(path.read_bytes()))
        files += [path, encoded]
    return Exported(files)


def document(results: Results, student: StudentResult) -> Document:
    """What the reporter of GitHub Classroom reads. A fault of the grader is an error without any score."""
    records, scored = results.shown_to(student), student.score is not None
    passed = all(record.outcome == "passed" for record in records)
    return Document(
        version=VERSION,
        status="error" if not scored else "pass" if passed else "fail",
        message="" if passed and scored else inert("\n".join(total(student, results.tr))),
        max_score=round(student.maximum, 2),
        tests=[
            _test(record, check, number, scored) for number, record in enumerate(records, 1) for check in record.checks
        ],
    )


def _test(record: FunctionRecord, check: CheckRecord, number: int, scored: bool) -> Test:
    status = "error" if record.score is None else "pass" if check.passed else "fail"
    return Test(
        name=inert(f"{record.function}: {claim(check)}"),
        status=status,
        message="" if check.passed else inert(shown(check.message)),
        task_id=number,
        filename=inert(shown(record.source)),
        duration=f"{record.seconds:g}s",
        score=round(check.points, 2) if scored else None,
    )


def inert(text: str) -> str:
    """Text that a workflow's log shows and does not obey."""
    return COMMAND.sub(lambda found: "# #" if found[0].startswith("##") else f"{found[1]}: ", text)
