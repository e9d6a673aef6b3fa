"""Encode outcomes as plain lists, for MessagePack and JSON, and decode such lists. Any other input is an error."""

from __future__ import annotations

from collections.abc import Sequence

from grader.core.outcomes import (
    MAX_LINE,
    Crashed,
    GraderFault,
    Missing,
    NotAttempted,
    Observed,
    Outcome,
    Raised,
    Refused,
    SourceLine,
    TimedOut,
    Unreadable,
)
from grader.core.reasons import LARGEST, Reason
from grader.core.values import from_plain, to_plain

MAX_REASONS = 300
"""Maximum number of reasons in one outcome: a submission has up to 200 files, and each file may have a reason."""


def outcome_to_plain(outcome: Outcome) -> list[object]:
    """Return an outcome as a list: its kind, then its fields."""
    match outcome:
        case Observed(values):
            return ["observed", {name: to_plain(value) for name, value in values.items()}]
        case NotAttempted():
            return ["not_attempted"]
        case Missing(reason):
            return ["missing", reason_to_plain(reason) if reason else []]
        case Raised(error, message, place, returned):
            return ["raised", error, message, _line_to_plain(place), returned]
        case TimedOut(seconds, unrun, reason):
            if reason:
                return ["over_limit", seconds, unrun, reason_to_plain(reason)]
            return ["timed_out", seconds, unrun]
        case Crashed(how, unrun):
            return ["crashed", reason_to_plain(how), unrun]
        case Refused(reasons):
            return ["refused", [reason_to_plain(reason) for reason in reasons]]
        case Unreadable(reasons):
            return ["unreadable", [reason_to_plain(reason) for reason in reasons]]
        case GraderFault(reason):
            return ["grader_fault", reason_to_plain(reason)]


def outcome_from_plain(plain: Sequence[object]) -> Outcome:
    """Return the outcome that `outcome_to_plain` encoded, with long texts cut.

    Raises ValueError if `plain` is not an encoded outcome.
    """
    match plain:
        case ["observed", dict(values)]:
            return Observed({str(name)[:400]: from_plain(value) for name, value in values.items()})
        case ["not_attempted"]:
            return NotAttempted()
        case ["missing", []]:
            return Missing()
        case ["missing", reason]:
            return Missing(reason_from_plain(reason))
        case ["raised", str(error), str(message), place, str(returned)]:
            return Raised(error[:100], message[:400], _line_from_plain(place), returned[:100])
        case ["timed_out", int() | float() as seconds, bool(unrun)]:
            return TimedOut(_seconds(seconds), unrun)
        case ["over_limit", int() | float() as seconds, bool(unrun), reason]:
            return TimedOut(_seconds(seconds), unrun, reason_from_plain(reason))
        case ["crashed", how, bool(unrun)]:
            return Crashed(reason_from_plain(how), unrun)
        case ["refused", [_, *_] as reasons] if len(reasons) <= MAX_REASONS:
            return Refused(tuple(map(reason_from_plain, reasons)))
        case ["unreadable", [_, *_] as reasons] if len(reasons) <= MAX_REASONS:
            return Unreadable(tuple(map(reason_from_plain, reasons)))
        case ["grader_fault", reason]:
            return GraderFault(reason_from_plain(reason))
    raise ValueError("not an outcome")


def reason_to_plain(reason: Reason) -> list[object]:
    """Return a reason as a list: its code, and its facts by name."""
    return [reason.code.value, dict(reason.facts)]


def reason_from_plain(plain: object) -> Reason:
    """Return the reason that `reason_to_plain` encoded. Raises ValueError for any other input."""
    match plain:
        case [str(code), dict(facts)]:
            return Reason.checked(code, facts)
    raise ValueError("not a reason")


def _line_to_plain(line: SourceLine | None) -> object:
    return "" if line is None else [line.number, line.text, line.column, line.cell]


def _line_from_plain(plain: object) -> SourceLine | None:
    match plain:
        case "":
            return None
        case [number, str(text), column, cell] if len(text) <= MAX_LINE:
            return SourceLine(_count(number), text, _optional(column), _optional(cell))
    raise ValueError("not a line")


def _seconds(number: float) -> float:
    if abs(number) > LARGEST:  # float() raises OverflowError for an int of 400 digits
        raise ValueError("not a number of seconds")
    return float(number)


def _optional(number: object) -> int | None:
    return None if number is None else _count(number)


def _count(number: object) -> int:
    if type(number) is not int or abs(number) > LARGEST:
        raise ValueError("not a number of a line")
    return number
