"""The policy of a course: deadlines, late penalty, points, visibility. `policy_file` reads it from grader.toml.

Without a file it is `Policy()`: declared points, everything graded, no deadline, the latest attempt counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Any, TypeAlias

import msgspec

from grader.core.hashing import digest

COURSE = "course"
"""Stands for all exercises, in deadlines and extensions."""


class Hidden(StrEnum):
    """What a student sees of the hidden checks, from least to most."""

    NOTHING = "nothing"
    CLAIMS = "claims"
    HINTS = "hints"
    FULL = "full"


class Attempts(StrEnum):
    """Which of several attempts counts."""

    LATEST = "latest"
    BEST = "best"


class Share(StrEnum):
    """What the percentage of a late day is taken from."""

    SCORE = "score"
    MAXIMUM = "maximum"


@dataclass(frozen=True)
class Late:
    """What lateness costs: up to the grace nothing, then a percentage for every day begun, up to a maximum.

    The first `bank_days` late days of a student cost nothing. `marked_days` is what a submission counts that its
    system only marks as late, without a time; None: a person decides.
    """

    percent_per_day: float = 0
    maximum_percent: float = 100
    grace_minutes: float = 0
    bank_days: int = 0
    percent_of: Share = Share.SCORE
    marked_days: int | None = None


@dataclass(frozen=True)
class Keep:
    """After how many days a submission and all that carries a student's name may go; None: never."""

    submissions_days: int | None = None
    names_days: int | None = None


Extension: TypeAlias = datetime | int
"""A moment of its own, or days more."""


@dataclass(frozen=True)
class Policy:
    """What is in force. `points` are those of every function whose points are not the declared ones."""

    language: str | None = None
    exercises: tuple[str, ...] = ()
    attempts: Attempts = Attempts.LATEST
    hidden: Hidden = Hidden.HINTS
    time_zone: str | None = None
    points: Mapping[str, Fraction] = field(default_factory=dict)
    deadlines: Mapping[str, datetime] = field(default_factory=dict)
    extensions: Mapping[str, Mapping[str, Extension]] = field(default_factory=dict)
    late: Late = Late()
    keep: Keep = Keep()

    def due(self, student: str, exercise: str) -> datetime | None:
        """When an exercise is due for a student (in UTC); None when it has no deadline."""
        deadline = self.deadlines.get(exercise, self.deadlines.get(COURSE))
        if deadline is None:
            return None
        granted = self.extensions.get(student, {})
        more = granted.get(exercise, granted.get(COURSE))
        if isinstance(more, int):
            deadline += timedelta(days=more)  # of the calendar: 23:59 stays 23:59 when the clocks change
        elif more is not None:
            return max(deadline.astimezone(UTC), more.astimezone(UTC))
        return deadline.astimezone(UTC)


def plain_policy(policy: Policy) -> dict[str, Any]:
    """A policy as run.json keeps it."""
    plain: dict[str, Any] = msgspec.to_builtins(policy, enc_hook=float)
    return plain


def policy_facts(policy: Policy) -> dict[str, Any]:
    """What run.json says of a policy: the policy as data, and its hash; null for the default policy."""
    if policy == Policy():
        return {"policy": None}
    plain = plain_policy(policy)
    return {"policy": plain, "policy_hash": digest(msgspec.json.encode(plain, order="sorted"))}


def policy_in(run: Mapping[str, Any]) -> Policy:
    """The policy that a run.json says was in force; the default one where it says nothing that can be read."""
    try:
        return msgspec.convert(run.get("policy") or {}, Policy, dec_hook=lambda _, number: Fraction(str(number)))
    except (msgspec.ValidationError, ValueError):
        return Policy()
