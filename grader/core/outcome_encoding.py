"""Outcomes as plain lists, for MessagePack and JSON; the way back accepts nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from grader.core.outcomes import (
    Crashed,
    GraderFault,
    Missing,
    NotAttempted,
    Observed,
    Outcome,
    Raised,
    Refused,
    TimedOut,
)
from grader.core.values import from_plain, to_plain


def outcome_to_plain(outcome: Outcome) -> list[object]:
    """The kind of an outcome and what it holds."""
    match outcome:
        case Observed(values):
            return ["observed", {name: to_plain(value) for name, value in values.items()}]
        case NotAttempted():
            return ["not_attempted"]
        case Missing(reason):
            return ["missing", reason]
        case Raised(error, message, place, returned):
            return ["raised", error, message, place, returned]
        case TimedOut(seconds, unrun):
            return ["timed_out", seconds, unrun]
        case Crashed(how, unrun):
            return ["crashed", how, unrun]
        case Refused(reason, human):
            return ["refused", reason, human]
        case GraderFault(detail):
            return ["grader_fault", detail]


def outcome_from_plain(plain: Sequence[object]) -> Outcome:
    """The inverse of `outcome_to_plain`, with texts cut to size. Raises ValueError on anything else."""
    match plain:
        case ["observed", dict(values)]:
            return Observed({str(name)[:400]: from_plain(value) for name, value in values.items()})
        case ["not_attempted"]:
            return NotAttempted()
        case ["missing", str(reason)]:
            return Missing(reason[:400])
        case ["raised", str(error), str(message), str(place), str(returned)]:
            return Raised(error[:100], message[:400], place[:200], returned[:100])
        case ["timed_out", int() | float() as seconds, bool(unrun)]:
            return TimedOut(float(seconds), unrun)
        case ["crashed", str(how), bool(unrun)]:
            return Crashed(how[:400], unrun)
        case ["refused", str(reason), bool(human)]:
            return Refused(reason[:400], human)
        case ["grader_fault", str(detail)]:
            return GraderFault(detail[:400])
    raise ValueError("not an outcome")
