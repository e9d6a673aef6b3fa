"""The values in grader.toml, one by one: right, or `Wrong` with the key and what was expected there."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime, time
from difflib import get_close_matches
from fractions import Fraction
from typing import Annotated, Any, Literal, TypeAlias, get_args
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from grader.core.language import LANGUAGES
from grader.core.visible_text import visible
from grader.course.exercise import Course
from grader.grading.policy.policy import COURSE, Attempts, Extension, Hidden, Share

MOST_POINTS, MOST_DAYS, MOST_MINUTES = 100_000, 36_500, 10_080
"""More than any course gives; a hundred years; a week."""

KeyPath: TypeAlias = tuple[str, ...]
Translate: TypeAlias = Callable[[str], str]
Table: TypeAlias = dict[str, Any]
Percent = Annotated[float, msgspec.Meta(ge=0, le=100)]
Days = Annotated[int, msgspec.Meta(ge=0, le=MOST_DAYS)]
KEYS: dict[str, dict[str, Any]] = {
    "": {
        "language": Literal[LANGUAGES],
        "exercises": Annotated[list[str], msgspec.Meta(min_length=1)],
        "attempts": Attempts,
        "hidden": Hidden,
        "time_zone": str,
        "points": Table,
        "deadlines": Table,
        "extensions": Table,
        "late": Table,
        "keep": Table,
    },
    "late": {
        "percent_per_day": Percent,
        "maximum_percent": Percent,
        "grace_minutes": Annotated[float, msgspec.Meta(ge=0, le=MOST_MINUTES)],
        "bank_days": Days,
        "percent_of": Share,
        "marked_days": Days,
    },
    "keep": {"submissions_days": Days, "names_days": Days},
}
"""The keys of every table whose keys are fixed, and what they hold."""


def keys_of(course: Course) -> dict[str, dict[str, Any]]:
    """Return KEYS for a course: `language` may also be one of the languages that it declares."""
    languages = tuple(dict.fromkeys((*course.languages, *LANGUAGES)))
    return KEYS | {"": KEYS[""] | {"language": Literal[languages]}}


class Wrong(Exception):  # noqa: N818  (it is no error of the program: it is what is wrong at one key of a file)
    """What is wrong at one key, in words."""

    def __init__(self, path: KeyPath, words: str) -> None:
        super().__init__(words)
        self.path, self.words = path, words


def wrong(path: KeyPath, value: object, expected: str, tr: Translate) -> Wrong:
    """A value that cannot be."""
    shown = value.isoformat() if isinstance(value, date | time) else visible(json.dumps(value, ensure_ascii=False))
    words = tr("{key} = {value}: expected {expected}")
    return Wrong(path, words.format(key=dotted(path), value=shown, expected=expected))


def unknown(path: KeyPath, name: str, known: Collection[str], elsewhere: Collection[str], tr: Translate) -> Wrong:
    """A name that nothing has, with the nearest that there is: here, or in another table."""
    close = get_close_matches(name, known, 1, 0.5)
    if not close:
        homes = {key.rpartition(".")[2]: key for key in elsewhere}
        close = [homes[match] for match in get_close_matches(name, homes, 1, 0.8)]
    if close:
        words = tr("{key}: unknown. Did you mean {nearest}?")
        return Wrong(path, words.format(key=dotted(path, name), nearest=close[0]))
    words = tr("{key}: unknown. Known are {known}")
    return Wrong(path, words.format(key=dotted(path, name), known=", ".join(known)))


def dotted(path: KeyPath, name: str = "") -> str:
    """A key as one reads it; a name that does not end it (an item of a list) stands behind it."""
    text = ".".join(path)
    return visible(text if not name or path[-1] == name else f"{text}: {name}")


def fixed(path: KeyPath, value: object, kind: Any, tr: Translate) -> Any:
    """A value of a key whose type is declared in KEYS. Raises Wrong."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        raise wrong(path, value, _expected(kind, tr), tr) from None


def _expected(kind: Any, tr: Translate) -> str:
    """What a kind of KEYS holds, in words."""
    if kind is Percent:
        return tr("a number from 0 to 100")
    if kind is Days:
        return tr("whole days, from 0")
    if kind is Table:
        return tr("a table under a heading of its own")
    if kind is KEYS["late"]["grace_minutes"]:
        return tr("minutes, from 0 to {most}").format(most=MOST_MINUTES)
    if kind is KEYS[""]["exercises"]:
        return tr("a list of names in quotes, with one at least")
    if kind is str:
        return tr("text in quotes")
    choices = get_args(kind) or tuple(kind)
    return tr("one of {choices}").format(choices=", ".join(f'"{choice}"' for choice in choices))


def points(path: KeyPath, value: object, tr: Translate) -> Fraction:
    """Points in hundredths. Raises Wrong."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= MOST_POINTS:
        found = Fraction(str(value))
        if (found * 100).denominator == 1:
            return found
    raise wrong(path, value, tr("a number above 0, with two decimals at most"), tr)


def time_zone(path: KeyPath, name: str, tr: Translate) -> ZoneInfo:
    """A time zone by its name. Raises Wrong."""
    known = available_timezones()
    if name not in known:
        close = get_close_matches(name, known, 1, 0.5) or ["Asia/Shanghai"]
        raise wrong(path, name, tr("the name of a time zone, such as {nearest}").format(nearest=close[0]), tr)
    return ZoneInfo(name)


def moment(path: KeyPath, value: object, zone: ZoneInfo | None, tr: Translate) -> datetime:
    """A moment with its time zone; a day means its end. Raises Wrong."""
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time(23, 59, 59))
    if not isinstance(value, datetime):
        raise wrong(path, value, tr("a date and time without quotes, such as 2026-12-01T23:59:00"), tr)
    if value.tzinfo is not None:
        return value
    if zone is None:
        words = tr('{key}: in which time zone? Put time_zone = "Asia/Shanghai" at the top, or +08:00 behind the time')
        raise Wrong(path, words.format(key=dotted(path)))
    found = value.replace(tzinfo=zone, fold=1)  # a time that the clocks show twice: the later one
    if found.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != value:
        raise wrong(path, value, tr("a time that there is: the clocks skip this one"), tr)
    return found


def extension(
    path: KeyPath, name: str, value: object, deadlines: Mapping[str, datetime], zone: ZoneInfo | None, tr: Translate
) -> Extension:
    """Days more than a deadline, or a moment after it. Raises Wrong."""
    own = deadlines.get(name, deadlines.get(COURSE))
    extended = [own] if own else list(deadlines.values()) if name == COURSE else []
    if not extended:
        raise Wrong(path, tr("{key}: there is no deadline to extend").format(key=dotted(path)))
    if type(value) is int and 1 <= value <= MOST_DAYS:
        return value
    if not isinstance(value, date):
        raise wrong(path, value, tr("whole days from 1, or a date and time"), tr)
    found = moment(path, value, zone, tr)
    due = min(deadline.astimezone(UTC) for deadline in extended)
    if found.astimezone(UTC) <= due:
        raise wrong(path, value, tr("a moment after the deadline ({due})").format(due=f"{due:%Y-%m-%d %H:%M} UTC"), tr)
    return found
