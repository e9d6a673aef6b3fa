"""Feedback as HTML. Whatever a template shows is made visible and escaped, unasked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grader.core.outcomes import Status
from grader.exports.cell_text import claim, total, verdict
from grader.exports.export_data import Results, StudentResult
from grader.grading.verdicts.record import FunctionRecord
from grader.rendering.safe_templates import templates


def feedback(results: Results, student: StudentResult, template: str) -> str:
    """What a student reads: points, and every claim that failed with what was found."""
    tr = results.tr
    facts: dict[str, Any] = {
        "name": student.name or student.id,
        "total": total(student, tr),
        "records": results.shown_to(student),
        "verdict": lambda record: verdict(student.score_of(record), record.max_score, tr),
        "claim": claim,
        "all_for": one_reason(results.shown_to(student)),
    }
    return templates("grader.exports", results.language).get_template(template).render(facts)


def one_reason(records: Sequence[FunctionRecord]) -> str:
    """What is said once instead of at every check, where nothing of a submission could be judged; else empty."""
    messages = {check.message for record in records for check in record.checks} - {""}
    unjudged = all(record.outcome in (Status.MISSING, Status.REFUSED) for record in records)
    return messages.pop() if unjudged and len(messages) == 1 else ""
