"""Record of a graded function, exactly as results.jsonl holds it."""

from __future__ import annotations

import msgspec


class CheckRecord(msgspec.Struct, frozen=True):
    """One check of one function; `message` ends with the hints of the mistakes recognized in it."""

    name: str
    claim: str
    passed: bool
    points: float
    max_points: float
    message: str


class FunctionRecord(msgspec.Struct, frozen=True):
    """One line of results.jsonl. `score` is None if the grader failed; `source` is the graded file."""

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
