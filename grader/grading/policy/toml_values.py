"""Check values of grader.toml: convert each value to its type, or raise `ValueProblem`, which says what is expected."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime, time
from fractions import Fraction
from typing import Any, TypeAlias, get_args
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from grader.core.errors import nearest_names, suggest_names
from grader.core.visible_text import visible
from grader.grading.policy.policy import COURSE, Extension
from grader.grading.policy.policy_keys import (
    KEYS,
    MOST_DAYS,
    MOST_MINUTES,
    MOST_POINTS,
    Days,
    KeyPath,
    Percent,
    Table,
)

MIN_SIMILARITY_ELSEWHERE = 0.8
"""Minimum similarity, from 0 to 1, of an unknown key and the key of another table that a message suggests for it."""
YEARS = range(1970, 2200)
"""Accepted years of deadlines and extensions."""
MAX_VALUE = 200
"""Maximum number of characters of a wrong value that a message quotes."""

Translate: TypeAlias = Callable[[str], str]


class ValueProblem(Exception):  # noqa: N818  (a problem in a file, not a failure of the program)
    """An error in the value of one key: `path` is the key, `words` a sentence that says what is wrong."""

    def __init__(self, path: KeyPath, words: str) -> None:
        super().__init__(words)
        self.path, self.words = path, words


def problem_with(path: KeyPath, value: object, expected: str, tr: Translate) -> ValueProblem:
    """Return the problem of a value that is not of the expected kind."""
    words = tr("{key} = {value}: expected {expected}")
    return ValueProblem(path, words.format(key=format_key(path), value=_value_text(value), expected=expected))


def _value_text(value: object) -> str:
    """Return a value as JSON, cut to MAX_VALUE characters; a date or time in ISO 8601."""
    if isinstance(value, date | time):
        return value.isoformat()
    try:
        text = visible(json.dumps(value, ensure_ascii=False, default=str))
    except ValueError:  # a hexadecimal number may be longer than Python converts to decimal digits
        return "…"
    return text if len(text) <= MAX_VALUE else f"{text[:MAX_VALUE]}…"


def unknown_name(
    path: KeyPath, name: str, known: Collection[str], elsewhere: Collection[str], tr: Translate
) -> ValueProblem:
    """Return the problem of an unknown name, with the most similar known name as a suggestion.

    `known` are the names of the same table. If none of them is similar, the names of other tables, `elsewhere`, are
    searched.
    """
    nearest = nearest_names(name, known, 1)
    if not nearest:
        homes = {key.rpartition(".")[2]: key for key in elsewhere}
        nearest = [homes[match] for match in nearest_names(name, homes, 1, MIN_SIMILARITY_ELSEWHERE)]
    problem = tr("{key}: unknown").format(key=format_key(path, name))
    return ValueProblem(path, suggest_names(problem, nearest, list(known), tr))


def format_key(path: KeyPath, name: str = "") -> str:
    """Return a key as TOML writes it. If `name` is an item of the key's value, not its last part, ": NAME" follows."""
    text = ".".join(path)
    return visible(text if not name or path[-1] == name else f"{text}: {name}")


def convert_value(path: KeyPath, value: object, kind: Any, tr: Translate) -> Any:
    """Return the value of a key, converted to the type `kind` of KEYS. Raises ValueProblem."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        raise problem_with(path, value, _describe_kind(kind, tr), tr) from None


def _describe_kind(kind: Any, tr: Translate) -> str:
    """Describe the values that a type of KEYS accepts."""
    if kind is Percent:
        return tr("a number from 0 to 100")
    if kind is Days:
        return tr("whole days, from 0")
    if kind is Table:
        return tr("a table under its own heading")
    if kind is KEYS["late"]["grace_minutes"]:
        return tr("minutes, from 0 to {most}").format(most=MOST_MINUTES)
    if kind is KEYS[""]["exercises"]:
        return tr("a list of at least one name in quotes")
    if kind is str:
        return tr("text in quotes")
    choices = get_args(kind) or tuple(kind)
    return tr("one of {choices}").format(choices=", ".join(f'"{choice}"' for choice in choices))


def points(path: KeyPath, value: object, tr: Translate) -> Fraction:
    """Return points above 0 in whole hundredths. Raises ValueProblem."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= MOST_POINTS:
        found = Fraction(str(value))
        if (found * 100).denominator == 1:
            return found
    raise problem_with(path, value, tr("a number above 0 with at most two decimals"), tr)


def time_zone(path: KeyPath, name: str, tr: Translate) -> ZoneInfo:
    """Return the time zone of this name. Raises ValueProblem."""
    known = available_timezones()
    if name not in known:
        nearest = nearest_names(name, known, 1) or ["Asia/Shanghai"]
        raise problem_with(path, name, tr("the name of a time zone, such as {nearest}").format(nearest=nearest[0]), tr)
    return ZoneInfo(name)


def moment(path: KeyPath, value: object, zone: ZoneInfo | None, tr: Translate) -> datetime:
    """Return a moment with its time zone; a date without a time means the end of the day. Raises ValueProblem."""
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time(23, 59, 59))
    if not isinstance(value, datetime):
        raise problem_with(path, value, tr("a date and time without quotes, such as 2026-12-01T23:59:00"), tr)
    if value.year not in YEARS:  # at the ends of datetime's range, a time cannot be converted to another time zone
        raise problem_with(path, value, tr("a year from {first} to {last}").format(first=YEARS[0], last=YEARS[-1]), tr)
    if value.tzinfo is not None:
        return value
    if zone is None:
        words = tr(
            '{key}: the time zone is missing. Put time_zone = "Asia/Shanghai" at the top, or +08:00 after the time'
        )
        raise ValueProblem(path, words.format(key=format_key(path)))
    # When summer time ends, the clocks show some times twice: fold=1 takes the later of the two.
    found = value.replace(tzinfo=zone, fold=1)
    if found.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != value:
        raise problem_with(path, value, tr("a time that exists; the clocks skip this time when summer time begins"), tr)
    return found


def extension(
    path: KeyPath, name: str, value: object, deadlines: Mapping[str, datetime], zone: ZoneInfo | None, tr: Translate
) -> Extension:
    """Return the extension of a deadline: a number of additional days, or the new date and time.

    Raises ValueProblem.
    """
    deadline_of_name = deadlines.get(name, deadlines.get(COURSE))
    deadlines_to_extend = [deadline_of_name] if deadline_of_name else list(deadlines.values()) if name == COURSE else []
    if not deadlines_to_extend:
        raise ValueProblem(path, tr("{key}: there is no deadline to extend").format(key=format_key(path)))
    if type(value) is int and 1 <= value <= MOST_DAYS:
        return value
    if not isinstance(value, date):
        raise problem_with(path, value, tr("whole days from 1, or a date and time"), tr)
    found = moment(path, value, zone, tr)
    due = min(deadline.astimezone(UTC) for deadline in deadlines_to_extend)
    if found.astimezone(UTC) <= due:
        raise problem_with(
            path, value, tr("a moment after the deadline ({due})").format(due=f"{due:%Y-%m-%d %H:%M} UTC"), tr
        )
    return found
