"""The final score of a student: what the checks gave, what lateness takes, what a person decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import msgspec

from grader.course.exercise import Exercise
from grader.course.points import share
from grader.grading.policy.lateness import in_words, missed_deadlines, points_lost, undecided
from grader.grading.policy.policy import Policy
from grader.grading.verdicts.record import CheckRecord, FunctionRecord
from grader.submissions.submission import SubmissionMetadata

TOTAL = ""
"""Stands for the total where a function could stand."""


@dataclass(frozen=True)
class Override:
    """What a person decided on one function of a student, or on the total.

    Without a score it is a comment. `automatic` is the score it was made against (None: there was none, because of a
    fault of the grader), if that was `noted`.
    """

    student: str
    function: str
    score: float | None
    comment: str = ""
    automatic: float | None = None
    noted: bool = False
    line: int = 0


class Final(msgspec.Struct, frozen=True):
    """The total of one student as it counts, and how it came about.

    `raw_score` is what the checks gave, `automatic` what is left of it after overrides of functions and the penalty;
    `score` is the same, unless a person set the total. None: a fault of the grader that nobody has decided on yet.
    `penalty` are the points that lateness takes, `why` says so in words. `scores` are those of the functions that a
    person set. `comments` are by function (TOTAL: on the whole). `flags` say what a person must look at.
    """

    student: str
    score: float | None
    max_score: float
    raw_score: float | None
    automatic: float | None
    penalty: float = 0.0
    why: str = ""
    scores: dict[str, float] = {}
    comments: dict[str, str] = {}
    flags: list[str] = []
    attempt: int = 1

    @property
    def overridden(self) -> list[str]:
        """The functions whose score a person set, and TOTAL."""
        return list(self.scores)

    @property
    def comment(self) -> str:
        """All comments in one text."""
        return "; ".join(f"{function}: {text}" if function else text for function, text in self.comments.items())


def final(
    records: Sequence[FunctionRecord],
    about: SubmissionMetadata,
    policy: Policy,
    overrides: Mapping[str, Override],
    tr: Callable[[str], str] = str,
) -> Final:
    """Put together what the checks, the policy and a person say of one student's functions.

    An override of a function replaces the points of its checks, and lateness still reduces it; an override of the
    total replaces the total. `overrides` are the student's own, by function or TOTAL.
    """
    student = records[0].student
    overrides = {f: o for f, o in overrides.items() if f == TOTAL or any(f == record.function for record in records)}
    marks = {function: o.score for function, o in overrides.items() if o.score is not None}
    scores = {record.function: marks.get(record.function, record.score) for record in records}
    missed = missed_deadlines(student, about, list(dict.fromkeys(r.exercise for r in records)), policy)
    maxima = _by_exercise(records, {record.function: record.max_score for record in records})
    known = _by_exercise(records, {function: score or 0.0 for function, score in scores.items()})
    lost = points_lost(missed, known, maxima, policy.late)
    automatic = None if None in scores.values() else float(sum(known.values()) - lost)
    now = {record.function: record.score for record in records} | {TOTAL: automatic}
    flags = [undecided(student, about, policy, tr), *(_changed(o, now[f], tr) for f, o in overrides.items())]
    decided = marks.get(TOTAL)
    return Final(
        student=student,
        score=automatic if decided is None else decided,
        max_score=float(sum(maxima.values())),
        raw_score=raw_total(records),
        automatic=automatic,
        penalty=float(lost) if decided is None else 0.0,
        why=in_words(missed, len(maxima), policy, tr),
        scores=marks,
        comments={function: o.comment for function, o in overrides.items() if o.comment},
        flags=[flag for flag in flags if flag],
        attempt=about.attempt,
    )


def raw_total(records: Sequence[FunctionRecord]) -> float | None:
    """The points that the checks gave; none when one of them was not judged."""
    scores = [record.score for record in records]
    return None if None in scores else sum(_cents(score or 0.0) for score in scores) / 100


def shares_of(exercise: Exercise, function: str, points: Fraction) -> dict[str, float]:
    """Other points than the declared ones, shared by the checks' weights as those are: by the name of the check."""
    declared = exercise.checks_of(function)
    parts = share(points, [check.weight for check in declared])
    return {check.name: float(part) for check, part in zip(declared, parts, strict=True)}


def with_points(record: FunctionRecord, shares: Mapping[str, float]) -> FunctionRecord:
    """The same verdicts for other points."""
    checks = [
        CheckRecord(c.name, c.claim, c.passed, shares[c.name] if c.passed else 0.0, shares[c.name], c.message, c.call)
        for c in record.checks
    ]
    earned = round(sum(check.points for check in checks), 2)
    score = None if record.score is None else earned
    return msgspec.structs.replace(record, score=score, max_score=round(sum(shares.values()), 2), checks=checks)


def _changed(override: Override, now: float | None, tr: Callable[[str], str]) -> str:
    """That the score under an override is no longer the one it was made against."""
    if override.score is None or not override.noted or _shown(override.automatic) == _shown(now):
        return ""
    words = tr("{what}: the automatic score changed under the override: {then} then, {now} now")
    what = override.function or tr("total")
    return words.format(what=what, then=_shown(override.automatic) or tr("none"), now=_shown(now) or tr("none"))


def _shown(score: float | None) -> str:
    return "" if score is None else f"{score:.2f}"


def _by_exercise(records: Sequence[FunctionRecord], scores: Mapping[str, float]) -> dict[str, Fraction]:
    found: dict[str, int] = {}
    for record in records:
        found[record.exercise] = found.get(record.exercise, 0) + _cents(scores[record.function])
    return {exercise: Fraction(cents, 100) for exercise, cents in found.items()}


def _cents(score: float) -> int:
    """A score in hundredths, without the tail of its float."""
    return round(score * 100)
