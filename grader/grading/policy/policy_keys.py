"""The keys that grader.toml may have, with the type of each value. A new key is added here and in `policy_file`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from grader.core.language import LANGUAGES
from grader.course.exercise import Course
from grader.grading.policy.policy import Attempts, FileEncoding, HiddenChecks, PenaltyBase, ScoreExport

MOST_POINTS, MOST_DAYS, MOST_MINUTES = 100_000, 36_500, 10_080
"""Maximum values: points of a function or exercise, days (a hundred years), minutes (a week)."""

KeyPath: TypeAlias = tuple[str, ...]
"""A key and the tables around it, the outermost table first."""

Table: TypeAlias = dict[str, Any]
Percent = Annotated[float, msgspec.Meta(ge=0, le=100)]
Days = Annotated[int, msgspec.Meta(ge=0, le=MOST_DAYS)]
KEYS: dict[str, dict[str, Any]] = {
    "": {
        "language": Literal[LANGUAGES],
        "exercises": Annotated[list[str], msgspec.Meta(min_length=1)],
        "attempts": Attempts,
        "hidden": HiddenChecks,
        "time_zone": str,
        "points": Table,
        "deadlines": Table,
        "extensions": Table,
        "late": Table,
        "ungraded": Table,
        "missing": Table,
        "keep": Table,
        "files": Table,
    },
    "late": {
        "percent_per_day": Percent,
        "maximum_percent": Percent,
        "grace_minutes": Annotated[float, msgspec.Meta(ge=0, le=MOST_MINUTES)],
        "bank_days": Days,
        "percent_of": PenaltyBase,
        "marked_days": Days,
    },
    "ungraded": {"export": ScoreExport},
    "missing": {"export": ScoreExport},
    "files": {"encoding": FileEncoding},
    "keep": {"submissions_days": Days, "names_days": Days},
}
"""Tables with fixed keys: table -> key -> type of the value."""


def keys_of(course: Course) -> dict[str, dict[str, Any]]:
    """Return KEYS for a course: `language` may also be one of the languages that it declares."""
    languages = tuple(dict.fromkeys((*course.languages, *LANGUAGES)))
    return KEYS | {"": KEYS[""] | {"language": Literal[languages]}}
