"""`Record`: the verdicts of one function with their sentences, exactly as results.jsonl holds them."""

from __future__ import annotations

import msgspec


class CheckRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """One check of one function of one student; the message ends with the hints of the mistakes recognised in it.

    `call` is the first call of the function with its arguments, as Python code; only failed checks have one.
    """

    name: str
    claim: str
    passed: bool
    points: float
    max_points: float
    message: str
    call: str = ""


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
