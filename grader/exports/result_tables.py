"""Tables of results for exports: one row per check, or one row per function. A row is a dictionary by column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from grader.exports.export_data import ClassResults, StudentResult
from grader.grading.verdicts.record import FunctionRecord


def check_rows(results: ClassResults) -> Iterator[dict[str, Any]]:
    """Yield one row for each check of each function of each student.

    The columns `passed` and `points` are None if the function has no score.
    """
    for student in results.students:
        for record in student.records:
            for check in record.checks:
                yield _common_columns(student, record) | {
                    "check": check.name,
                    "claim": check.claim,
                    "passed": None if record.score is None else check.passed,
                    "points": None if record.score is None else check.points,
                    "max_points": check.max_points,
                    "message": check.message,
                    "call": check.call,
                    "relation": check.relation or "",
                }


def function_rows(results: ClassResults) -> Iterator[dict[str, Any]]:
    """Yield one row for each function of each student."""
    for student in results.students:
        for record in student.records:
            yield _common_columns(student, record) | {"source": record.source, "seconds": record.seconds}


def _common_columns(student: StudentResult, record: FunctionRecord) -> dict[str, Any]:
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
