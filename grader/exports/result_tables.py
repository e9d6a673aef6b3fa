"""The results as rows, for programs that count: one for each function, one for each check."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from grader.exports.export_data import Results, StudentResult
from grader.grading.verdicts.record import FunctionRecord


def check_rows(results: Results) -> Iterator[dict[str, Any]]:
    """One row for each check of each function of each student; `score` is None for a fault of the grader."""
    for student in results.students:
        for record in student.records:
            for check in record.checks:
                yield _common(student, record) | {
                    "check": check.name,
                    "claim": check.claim,
                    "passed": None if record.score is None else check.passed,
                    "points": None if record.score is None else check.points,
                    "max_points": check.max_points,
                    "message": check.message,
                }


def function_rows(results: Results) -> Iterator[dict[str, Any]]:
    """One row for each function of each student."""
    for student in results.students:
        for record in student.records:
            yield _common(student, record) | {"source": record.source, "seconds": record.seconds}


def _common(student: StudentResult, record: FunctionRecord) -> dict[str, Any]:
    return {
        "student": student.id,
        "name": student.name,
        "email": student.email,
        "exercise": record.exercise,
        "function": record.function,
        "outcome": record.outcome,
        "score": record.score,
        "max_score": record.max_score,
        "mistakes": list(record.mistakes),
    }
