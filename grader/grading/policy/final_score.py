"""Final score of a student: points of the checks, late penalty, overrides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

import msgspec

from grader.core.outcomes import Status
from grader.course.exercise import Exercise
from grader.course.points import share
from grader.grading.policy.lateness import (
    compute_penalty,
    explain_penalty,
    explain_undecided_lateness,
    find_missed_deadlines,
    is_marked_late,
)
from grader.grading.policy.policy import Policy
from grader.grading.verdicts.record import FunctionRecord
from grader.submissions.submission import AppliedFix, SubmissionMetadata

TOTAL = ""
"""In overrides and comments, this name in place of the name of a function means the total."""


@dataclass(frozen=True)
class Override:
    """A score or a comment that a person set for one function of a student, or for the total (TOTAL).

    `score` is None if there is only a comment. `automatic` is the score that the override replaced, None if the
    function was ungraded. `noted` is true if overrides.csv or the last run.json recorded `automatic`; otherwise
    `automatic` is unknown. `line` is the line in overrides.csv. `bonus` is true if the score may be above the maximum.
    """

    student: str
    function: str
    score: float | None
    comment: str = ""
    automatic: float | None = None
    noted: bool = False
    line: int = 0
    bonus: bool = False


class FinalScore(msgspec.Struct, frozen=True):
    """Final total of one student, and how it was computed.

    `raw_score` is the sum of the checks' points. `automatic` is the sum after overrides of functions and the penalty.
    `automatic` is None if a function is ungraded and has no override, or if the submission is `missing`. `score` equals
    `automatic`, unless a person set the total. If `score` is None, `total_so_far` holds the points of the graded
    functions before the penalty. `penalty` is in points, and `why` explains it. `scores` maps each function whose
    score a person set to this score, and the empty name to a total that a person set. `comments` maps a function to
    its comment, and the empty name to the comment on the whole submission. `reviews` maps a function to the reason why
    a person must look at it, and `flags` lists the reasons that concern the whole submission. `fix` says what a fix of
    the instructor changed in the submission (None: nothing). `accepted` maps a function to the file that the
    instructor chose among several.
    """

    student: str
    score: float | None
    max_score: float
    raw_score: float | None
    automatic: float | None
    total_so_far: float | None = None
    missing: bool = False
    late: bool = False
    penalty: float = 0.0
    why: str = ""
    scores: dict[str, float] = {}
    comments: dict[str, str] = {}
    reviews: dict[str, str] = {}
    flags: list[str] = []
    attempt: int = 1
    fix: AppliedFix | None = None
    accepted: dict[str, str] = {}

    @property
    def status(self) -> str:
        """The status in grades.csv: "graded", "needs review" or "missing"; "; late" or "; fixed" may follow."""
        needs_review = self.review_reason or (self.score is None and not self.missing)
        status = "needs review" if needs_review else "missing" if self.score is None else "graded"
        return "; ".join([status, *(["late"] if self.late else []), *(["fixed"] if self.fix else [])])

    @property
    def review_reason(self) -> str:
        """All reasons why a person must look, in one line; empty if there is no reason."""
        return "; ".join(dict.fromkeys([*self.reviews.values(), *self.flags]))

    @property
    def overridden(self) -> list[str]:
        """The functions whose score a person set; TOTAL is among them if a person set the total."""
        return list(self.scores)

    @property
    def comment(self) -> str:
        """All comments in one line, each after the name of its function."""
        return "; ".join(f"{function}: {text}" if function else text for function, text in self.comments.items())


def compute_final_score(
    records: Sequence[FunctionRecord],
    metadata: SubmissionMetadata,
    policy: Policy,
    overrides: Mapping[str, Override],
    reasons: Mapping[str, str] = MappingProxyType({}),
    tr: Callable[[str], str] = str,
    is_dated_class: bool = False,
) -> FinalScore:
    """Compute the final score of one student from the records of their functions.

    An override of a function replaces the points of its checks, and the late penalty still applies to it. An override
    of the total replaces the total. `overrides` holds this student's overrides, by function or TOTAL. `reasons` maps
    a function to the reason why a person must look at it; an override of the function or of the total removes this
    reason. `is_dated_class` is true if some submission of the class has a time: then a submission that has a deadline
    but no time needs review.
    """
    student = records[0].student
    overrides = {f: o for f, o in overrides.items() if f == TOTAL or any(f == record.function for record in records)}
    override_scores = {function: o.score for function, o in overrides.items() if o.score is not None}
    scores = {record.function: override_scores.get(record.function, record.score) for record in records}
    exercises = list(dict.fromkeys(record.exercise for record in records))
    missed = find_missed_deadlines(student, metadata, exercises, policy)
    maxima = _add_by_exercise(records, {record.function: record.max_score for record in records})
    earned = _add_by_exercise(records, {function: score or 0.0 for function, score in scores.items()})
    penalty_points = compute_penalty(missed, earned, maxima, policy.late)
    automatic = None if None in scores.values() else float(sum(earned.values()) - penalty_points)
    automatic_scores = {record.function: record.score for record in records} | {TOTAL: automatic}
    override_total = override_scores.get(TOTAL)
    undecided = explain_undecided_lateness(student, metadata, exercises, policy, is_dated_class, tr)
    flags = [
        undecided if override_total is None else "",  # a person who sets the total decides about the penalty, too
        *(_describe_changed_score(o, automatic_scores[f], tr) for f, o in overrides.items()),
    ]
    score = automatic if override_total is None else override_total
    open_reasons = {} if override_total is not None else {f: r for f, r in reasons.items() if f not in override_scores}
    return FinalScore(
        student=student,
        score=score,
        max_score=float(sum(maxima.values())),
        raw_score=add_check_points(records),
        automatic=automatic,
        total_so_far=float(sum(earned.values())) if score is None else None,
        missing=is_missing_submission(records),
        late=bool(missed) or is_marked_late(metadata, policy),
        penalty=float(penalty_points) if override_total is None else 0.0,
        why=explain_penalty(missed, len(maxima), policy, tr),
        scores=override_scores,
        comments={function: o.comment for function, o in overrides.items() if o.comment},
        reviews=open_reasons,
        flags=[flag for flag in flags if flag],
        attempt=metadata.attempt,
    )


def is_missing_submission(records: Sequence[FunctionRecord]) -> bool:
    """Return whether the records are those of a missing submission.

    If a submission exists but lacks a function, that function has a score: zero.
    """
    return all(record.outcome == Status.MISSING and record.score is None for record in records)


def add_check_points(records: Sequence[FunctionRecord]) -> float | None:
    """Return the sum of the checks' points; None if a function is ungraded."""
    scores = [record.score for record in records]
    return None if None in scores else sum(_to_hundredths(score or 0.0) for score in scores) / 100


def share_points(exercise: Exercise, function: str, points: Fraction) -> dict[str, float]:
    """Divide the `points` of a function among its checks by their weights; return the points by name of the check."""
    declared = exercise.checks_of(function)
    parts = share(points, [check.weight for check in declared])
    return {check.name: float(part) for check, part in zip(declared, parts, strict=True)}


def change_points(record: FunctionRecord, shares: Mapping[str, float]) -> FunctionRecord:
    """Return the record with the same verdicts and with new points; `shares` holds the points of each check."""
    checks = [
        msgspec.structs.replace(c, points=shares[c.name] if c.passed else 0.0, max_points=shares[c.name])
        for c in record.checks
    ]
    earned = round(sum(check.points for check in checks), 2)
    score = None if record.score is None else earned
    return msgspec.structs.replace(record, score=score, max_score=round(sum(shares.values()), 2), checks=checks)


def _describe_changed_score(override: Override, now: float | None, tr: Callable[[str], str]) -> str:
    """Return a warning if the automatic score is no longer the one that the override replaced; else an empty text."""
    if override.score is None or not override.noted or _format_score(override.automatic) == _format_score(now):
        return ""
    words = tr("{what}: the automatic score changed after the override: {then} then, {now} now")
    what = override.function or tr("total")
    return words.format(
        what=what, then=_format_score(override.automatic) or tr("none"), now=_format_score(now) or tr("none")
    )


def _format_score(score: float | None) -> str:
    return "" if score is None else f"{score:.2f}"


def _add_by_exercise(records: Sequence[FunctionRecord], scores: Mapping[str, float]) -> dict[str, Fraction]:
    found: dict[str, int] = {}
    for record in records:
        found[record.exercise] = found.get(record.exercise, 0) + _to_hundredths(scores[record.function])
    return {exercise: Fraction(cents, 100) for exercise, cents in found.items()}


def _to_hundredths(score: float) -> int:
    """Return a score in hundredths: an integer, without the rounding error of a float."""
    return round(score * 100)
