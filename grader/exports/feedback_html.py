"""Render the feedback for one student as HTML. The templates escape all text and make invisible characters visible."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grader.core.outcomes import Status
from grader.exports.export_data import ClassResults, StudentResult
from grader.exports.result_text import check_text, check_title, points_line, total_lines
from grader.grading.policy.hidden_check_visibility import SET_BY_HAND
from grader.grading.verdicts.record import FunctionRecord
from grader.rendering.safe_templates import templates


def render_feedback(results: ClassResults, student: StudentResult, template: str) -> str:
    """Return the feedback for a student as HTML: the points, and each failed check with its claim and its message.

    template: name of a file in the folder `templates`.
    """
    tr = results.tr
    records = results.visible_records(student)
    facts: dict[str, Any] = {
        "name": student.name or student.id,
        "total": total_lines(student, tr),
        "records": records,
        "points_line": lambda record: points_line(student.function_score(record), record.max_score, tr),
        "mark": lambda check: "•" if check.name == SET_BY_HAND else "✓" if check.passed else "✗",
        "message": lambda record: next((check.message for check in record.checks if check.message), ""),
        "check_title": check_title,
        "check_text": check_text,
        "common_message": common_message(records),
    }
    return templates("grader.exports", results.language).get_template(template).render(facts)


def common_message(records: Sequence[FunctionRecord]) -> str:
    """Return the message that all checks share, if no function of the student ran; else an empty string.

    Feedback shows such a message once, not below each function.
    """
    messages = {check.message for record in records for check in record.checks} - {""}
    nothing_ran = all(record.outcome in (Status.MISSING, Status.UNREADABLE) for record in records)
    return messages.pop() if nothing_ran and len(messages) == 1 else ""
