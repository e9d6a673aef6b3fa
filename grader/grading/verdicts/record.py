"""The record of a judged function, exactly as results.jsonl holds it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import msgspec

from grader.core.outcomes import WORST_FIRST, Refused, Status
from grader.course.exercise import Exercise
from grader.course.mistakes import Mistake
from grader.grading.verdicts.explanation import explain
from grader.grading.verdicts.verdict import Verdict


class CheckRecord(msgspec.Struct, frozen=True):
    """One check of one function of one student; the message ends with the hints of the mistakes recognised in it."""

    name: str
    claim: str
    passed: bool
    points: float
    max_points: float
    message: str


class FunctionRecord(msgspec.Struct, frozen=True):
    """One line of results.jsonl. `score` is None for a grader fault."""

    student: str
    exercise: str
    function: str
    score: float | None
    max_score: float
    outcome: str
    mistakes: list[str]
    checks: list[CheckRecord]
    source: str
    seconds: float


def make_record(
    exercise: Exercise, function: str, verdicts: Sequence[Verdict], mistakes: Sequence[Mistake], language: str
) -> FunctionRecord:
    """Add up the verdicts on one function, whoever handed it in."""
    status = next(s for s in WORST_FIRST if any(v.status == s for v in verdicts))
    shares = exercise.shares
    earned = sum((shares[v.check.id] for v in verdicts if v.passed), Fraction(0))
    hints = {mistake.id: mistake.hint(language) for mistake in mistakes}
    checks = [
        CheckRecord(
            name=v.check.name,
            claim=v.check.claim(language),
            passed=v.passed,
            points=float(shares[v.check.id]) if v.passed else 0.0,
            max_points=float(shares[v.check.id]),
            message="\n".join([explain(v, language), *(hints[mistake] for mistake in v.hints)]),
        )
        for v in verdicts
    ]
    return FunctionRecord(
        student="",
        exercise=exercise.name,
        function=function,
        score=None if status == Status.GRADER_FAULT else float(earned),
        max_score=float(exercise.points[function]),
        outcome=status.value,
        mistakes=list(hints),
        checks=checks,
        source="",
        seconds=0.0,
    )


def record_of(made: FunctionRecord, student: str, source: str, seconds: float) -> FunctionRecord:
    """The record of one student: `source` is the file that was judged, `seconds` how long it took."""
    return msgspec.structs.replace(made, student=student, source=source, seconds=round(seconds, 4))


def needs_human(verdicts: Sequence[Verdict], language: str) -> str:
    """Why a person must look at these verdicts, or nothing."""
    return next((explain(v, language) for v in verdicts if _asks_a_human(v)), "")


def _asks_a_human(verdict: Verdict) -> bool:
    return verdict.status == Status.GRADER_FAULT or (isinstance(verdict.outcome, Refused) and verdict.outcome.human)
