"""`JournalEntry`: the verdicts of one function as codes, facts and ids, without sentences.

Claims and hints are looked up by id, and outcomes put into words, when files are written
(`grader.grading.verdicts.render`): so neither a language nor a translation is part of a verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import msgspec

from grader.core.outcome_encoding import outcome_from_plain, outcome_to_plain
from grader.core.outcomes import WORST_FIRST, GraderFault, Observed, Outcome, Refused, Status
from grader.course.exercise import Exercise
from grader.execution.guest.recorded_call import CheckDisplay
from grader.grading.verdicts.explanation import MAX_SHOWN
from grader.grading.verdicts.pictures import Picture
from grader.grading.verdicts.verdict import Verdict

OBSERVED: list[Any] = outcome_to_plain(Observed({}))
"""An observation is kept without its values: the differences are what is shown."""


class ShownDifference(msgspec.Struct, frozen=True):
    """One difference from the solution, as far as it is put into words."""

    name: str
    where: str
    yours: str
    expected: str
    count: int = 1
    total: int = 1


class CheckEntry(msgspec.Struct, frozen=True):
    """One check of one function. `mistakes` are the ids of those recognised in it; `plain` is the outcome.

    Decoding one whose outcome is none raises msgspec.ValidationError.
    """

    name: str
    passed: bool
    points: float
    max_points: float
    plain: list[Any]
    differences: tuple[ShownDifference, ...] = ()
    mistakes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.plain != OBSERVED:  # nearly every one is
            outcome_from_plain(self.plain)

    @property
    def outcome(self) -> Outcome:
        """What became of the experiment; an observation is without values."""
        return Observed({}) if self.plain == OBSERVED else outcome_from_plain(self.plain)


class FunctionEntry(msgspec.Struct, frozen=True):
    """One function of any student: score (none for a grader fault), outcome, recognised mistakes, checks."""

    exercise: str
    function: str
    score: float | None
    max_score: float
    outcome: str
    mistakes: tuple[str, ...]
    checks: tuple[CheckEntry, ...]

    @property
    def review(self) -> Outcome | None:
        """Why a person must look: the outcome of the first check that asks for it, or None."""
        return next((check.outcome for check in self.checks if _needs_review(check.outcome)), None)


class Attachments(msgspec.Struct, frozen=True):
    """What people look at beside a record: results.jsonl holds none of it.

    `source` is the text of the file that was judged (a notebook's as the Python in it), `pictures` are plain
    data, by the name of the check that they explain; `displays` are exceptions and changed arguments of failed checks.
    """

    source: str = ""
    pictures: dict[str, Picture] = {}
    displays: dict[str, CheckDisplay] = {}


NOTHING = Attachments()


@dataclass(frozen=True)
class JournalEntry:
    """What the journal keeps of one function of one student: the result, the `file` that was judged, the seconds."""

    result: FunctionEntry
    file: str
    seconds: float
    attachments: Attachments = NOTHING


def make_entry(
    exercise: Exercise, function: str, verdicts: Sequence[Verdict], mistakes: Sequence[str]
) -> FunctionEntry:
    """Add up the verdicts on one function; `mistakes` are the ids of those recognised in it."""
    status = next(s for s in WORST_FIRST if any(v.status == s for v in verdicts))
    shares = exercise.shares
    earned = sum((shares[v.check.id] for v in verdicts if v.passed), Fraction(0))
    return FunctionEntry(
        exercise=exercise.name,
        function=function,
        score=None if status == Status.GRADER_FAULT else float(earned),
        max_score=float(exercise.points[function]),
        outcome=status.value,
        mistakes=tuple(mistakes),
        checks=tuple(_check(verdict, float(shares[verdict.check.id])) for verdict in verdicts),
    )


def _check(verdict: Verdict, points: float) -> CheckEntry:
    observed = isinstance(verdict.outcome, Observed)
    return CheckEntry(
        name=verdict.check.name,
        passed=verdict.passed,
        points=points if verdict.passed else 0.0,
        max_points=points,
        plain=OBSERVED if observed else outcome_to_plain(verdict.outcome),
        differences=tuple(
            ShownDifference(d.name, d.where, d.yours, d.expected, d.count, d.total)
            for d in verdict.differences[:MAX_SHOWN]
        ),
        mistakes=verdict.hints,
    )


def _needs_review(outcome: Outcome) -> bool:
    return isinstance(outcome, GraderFault) or (isinstance(outcome, Refused) and outcome.review)
