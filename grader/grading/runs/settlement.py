"""The last step of a run: apply points and policy, choose the attempt that counts, compute every final result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TypeAlias

import msgspec

from grader.course.exercise import Course
from grader.grading.policy.final_score import TOTAL, Final, Override, final, shares_of, with_points
from grader.grading.policy.policy import Policy
from grader.grading.results.final_result import FinalResult
from grader.grading.results.run_table import Attempt
from grader.grading.verdicts.record import FunctionRecord

Reviewed: TypeAlias = tuple[FunctionRecord, str]
"""The record of a function, and why a person must look at it, if one must."""


@dataclass(frozen=True)
class ScoreInputs:
    """What decides scores besides the checks: the policy, and overrides by student and function."""

    policy: Policy
    overrides: Mapping[str, Mapping[str, Override]] = field(default_factory=dict)

    @property
    def anything(self) -> bool:
        """Whether there is a policy or an override: otherwise scores are as the checks made them."""
        return self.policy != Policy() or bool(self.overrides)


def settle(
    attempts: Iterable[tuple[Attempt, Sequence[Reviewed]]],
    course: Course,
    inputs: ScoreInputs,
    tr: Callable[[str], str] = str,
) -> Iterator[FinalResult]:
    """Return the final result of every student: that of the best attempt, and of equals the latest.

    The attempts of a student are neighbors: one student at a time is in memory.
    """
    shares = {f: shares_of(course.exercise_of[f], f, points) for f, points in inputs.policy.points.items()}
    settled = (_settled(attempt, reviewed, shares, inputs, tr) for attempt, reviewed in attempts)
    for _, own in groupby(settled, key=lambda result: result.student):
        yield _best(list(own), tr)


def _settled(
    attempt: Attempt,
    reviewed: Sequence[Reviewed],
    shares: Mapping[str, Mapping[str, float]],
    inputs: ScoreInputs,
    tr: Callable[[str], str],
) -> FinalResult:
    student, about, keys = attempt.student, attempt.metadata, attempt.keys
    records = tuple(record for record, _ in reviewed)
    reasons = {record.function: reason for record, reason in reviewed if reason}
    if not inputs.anything:
        return FinalResult(student, records, _joined(reasons.values()), metadata=about, keys=keys)
    records = tuple(
        with_points(record, shares[record.function]) if record.function in shares else record for record in records
    )
    overrides = inputs.overrides.get(student, {})
    made = final(records, about, inputs.policy, overrides, tr)
    return FinalResult(student, records, _human(reasons, made), made, about, overrides, keys)


def _human(reasons: Mapping[str, str], made: Final) -> str:
    """Why a person must look: reasons that nobody has decided on yet, and what is new."""
    decided = {*made.overridden}
    open_ones = [] if TOTAL in decided else [reason for f, reason in reasons.items() if f not in decided]
    return _joined([*open_ones, *made.flags])


def _joined(reasons: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(reasons))


def _best(candidates: Sequence[FinalResult], tr: Callable[[str], str]) -> FinalResult:
    """The attempt with the highest score; one that could not be judged might have been better, which is said."""
    if len(candidates) == 1:
        return candidates[0]
    number = max(range(len(candidates)), key=lambda n: (_rank(candidates[n]), n))
    best = candidates[number]
    open_ones = [
        str(other.metadata.attempt)
        for n, other in enumerate(candidates)
        if n != number and other.final and other.final.automatic is None
    ]
    if not open_ones or best.final is None or TOTAL in best.final.overridden:
        return best
    flag = tr("ungraded attempts that may be better: {numbers}").format(numbers=", ".join(open_ones))
    flagged = msgspec.structs.replace(best.final, flags=[*best.final.flags, flag])
    return replace(best, final=flagged, human="; ".join(filter(None, [best.human, flag])))


def _rank(result: FinalResult) -> tuple[float, int]:
    made = result.final
    return -1.0 if made is None or made.automatic is None else made.automatic, result.metadata.attempt
