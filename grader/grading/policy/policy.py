"""Policy of a course: deadlines, late penalty, points, visibility. `policy_file` reads it from grader.toml.

Without a file the policy is `Policy()`: declared points, every exercise graded, no deadline, the latest attempt graded.
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
"""The key that means all exercises in the tables of deadlines and extensions."""


class HiddenChecks(StrEnum):
    """What students see of the hidden checks, from least to most."""

    NOTHING = "nothing"
    CLAIMS = "claims"
    HINTS = "hints"
    FULL = "full"


class Attempts(StrEnum):
    """Which of a student's attempts is graded."""

    LATEST = "latest"
    BEST = "best"


class PenaltyBase(StrEnum):
    """What the late penalty is a percentage of: the earned points, or the maximum points."""

    SCORE = "score"
    MAXIMUM = "maximum"


class FileEncoding(StrEnum):
    """Which encodings of source files are accepted: those that can be recognized, or only those that Python reads."""

    RECOGNIZE = "recognize"
    STRICT = "strict"


class ScoreExport(StrEnum):
    """What exports write in place of a missing score: nothing, so that the LMS keeps the cell as it is, or zero."""

    SKIP = "skip"
    ZERO = "zero"


@dataclass(frozen=True)
class FilePolicy:
    """How submitted files are read."""

    encoding: FileEncoding = FileEncoding.RECOGNIZE

    @property
    def is_strict(self) -> bool:
        """True if a file must be in an encoding that Python itself can read."""
        return self.encoding == FileEncoding.STRICT


@dataclass(frozen=True)
class ExportPolicy:
    """What exports write for ungraded functions, or for missing submissions."""

    export: ScoreExport = ScoreExport.SKIP


@dataclass(frozen=True)
class LatePolicy:
    """Late penalty: nothing within the grace period, then a percentage for each day begun, up to a maximum.

    The first `bank_days` late days of a student are free. `marked_days` is the number of late days of a submission that
    the LMS marks as late without a time. If `marked_days` is None, such a submission needs review.
    """

    percent_per_day: float = 0
    maximum_percent: float = 100
    grace_minutes: float = 0
    bank_days: int = 0
    percent_of: PenaltyBase = PenaltyBase.SCORE
    marked_days: int | None = None


@dataclass(frozen=True)
class Retention:
    """Days until `grader forget --expired` removes submissions, and students from the results; None: never."""

    submissions_days: int | None = None
    names_days: int | None = None


Extension: TypeAlias = datetime | int
"""A later deadline, or a number of additional days."""


@dataclass(frozen=True)
class Policy:
    """Rules of a course. `points` holds only functions whose points differ from the points declared in the exercise."""

    language: str | None = None
    exercises: tuple[str, ...] = ()
    attempts: Attempts = Attempts.LATEST
    hidden: HiddenChecks = HiddenChecks.HINTS
    time_zone: str | None = None
    points: Mapping[str, Fraction] = field(default_factory=dict)
    deadlines: Mapping[str, datetime] = field(default_factory=dict)
    extensions: Mapping[str, Mapping[str, Extension]] = field(default_factory=dict)
    late: LatePolicy = LatePolicy()
    ungraded: ExportPolicy = ExportPolicy()
    missing: ExportPolicy = ExportPolicy()
    keep: Retention = Retention()
    files: FilePolicy = FilePolicy()

    def due(self, student: str, exercise: str) -> datetime | None:
        """Return the moment in UTC when an exercise is due for a student; None if it has no deadline."""
        deadline = self.deadlines.get(exercise, self.deadlines.get(COURSE))
        if deadline is None:
            return None
        granted = self.extensions.get(student, {})
        extension = granted.get(exercise, granted.get(COURSE))
        if isinstance(extension, int):
            deadline += timedelta(days=extension)  # calendar days: 23:59 stays 23:59 when the clocks change
        elif extension is not None:
            return max(deadline.astimezone(UTC), extension.astimezone(UTC))
        return deadline.astimezone(UTC)


def policy_to_json(policy: Policy) -> dict[str, Any]:
    """Return the policy as plain data, as run.json holds it."""
    plain: dict[str, Any] = msgspec.to_builtins(policy, enc_hook=float)
    return plain


def policy_facts(policy: Policy) -> dict[str, Any]:
    """Return the parts of run.json about a policy: `policy` and `policy_hash`.

    For the default policy, `policy` is None and there is no hash.
    """
    if policy == Policy():
        return {"policy": None}
    plain = policy_to_json(policy)
    return {"policy": plain, "policy_hash": digest(msgspec.json.encode(plain, order="sorted"))}


def policy_from_run(run: Mapping[str, Any]) -> Policy:
    """Return the policy in a run.json; the default policy if run.json holds no policy, or an unreadable one."""
    try:
        return msgspec.convert(run.get("policy") or {}, Policy, dec_hook=lambda _, number: Fraction(str(number)))
    except (msgspec.ValidationError, ValueError):
        return Policy()
