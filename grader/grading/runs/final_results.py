"""The last step of a run: apply points and policy, choose the graded attempt, compute every final result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TypeAlias

import msgspec

from grader.course.exercise import Course
from grader.grading.policy.final_score import (
    TOTAL,
    FinalScore,
    Override,
    change_points,
    compute_final_score,
    share_points,
)
from grader.grading.policy.policy import Policy
from grader.grading.results.final_result import FinalResult
from grader.grading.results.journal_rows.run_table import Attempt
from grader.grading.runs.fix_review import fix_flags
from grader.grading.verdicts.record import FunctionRecord
from grader.submissions.submission import SubmissionMetadata

RecordWithReason: TypeAlias = tuple[FunctionRecord, str]
"""The record of a function, and the reason why a person must look at it (empty if there is none)."""


@dataclass(frozen=True)
class ScoreInputs:
    """Policy, overrides by student and function, and whether the submissions of the class have times.

    Together with the verdicts on the checks, these inputs decide the scores.
    """

    policy: Policy
    overrides: Mapping[str, Mapping[str, Override]] = field(default_factory=dict)
    is_dated_class: bool = False

    @property
    def has_policy_or_override(self) -> bool:
        """False if a score is simply the points of the passed checks."""
        return self.policy != Policy() or bool(self.overrides)


def is_dated_class(people: Mapping[str, SubmissionMetadata]) -> bool:
    """True if a submission of the class has a time of submission. If one has, the download contains such times."""
    return any(metadata.submitted for metadata in people.values())


def compute_final_results(
    attempts: Iterable[tuple[Attempt, Sequence[RecordWithReason]]],
    course: Course,
    inputs: ScoreInputs,
    tr: Callable[[str], str] = str,
) -> Iterator[FinalResult]:
    """Yield the final result of every student, for the attempt with the best score (if equal, the latest one).

    `attempts` must list all attempts of a student next to each other, so that only one student at a time is in memory.
    """
    shares = {f: share_points(course.exercise_of[f], f, points) for f, points in inputs.policy.points.items()}
    results = (
        _compute_result(attempt, records_with_reasons, shares, inputs, tr) for attempt, records_with_reasons in attempts
    )
    for _, attempts_of_student in groupby(results, key=lambda result: result.student):
        yield _choose_best(list(attempts_of_student), tr)


def _compute_result(
    attempt: Attempt,
    records_with_reasons: Sequence[RecordWithReason],
    shares: Mapping[str, Mapping[str, float]],
    inputs: ScoreInputs,
    tr: Callable[[str], str],
) -> FinalResult:
    student, metadata, keys = attempt.student, attempt.metadata, attempt.keys
    records = tuple(record for record, _ in records_with_reasons)
    reasons = {record.function: reason for record, reason in records_with_reasons if reason}
    records = tuple(
        change_points(record, shares[record.function]) if record.function in shares else record for record in records
    )
    overrides = inputs.overrides.get(student, {})
    final = compute_final_score(records, metadata, inputs.policy, overrides, reasons, tr, inputs.is_dated_class)
    final = _with_fix(final, attempt, tr)
    return FinalResult(student, records, final, metadata, overrides, keys)


def _with_fix(final: FinalScore, attempt: Attempt, tr: Callable[[str], str]) -> FinalScore:
    """Return the final score with the fix and the chosen files of the attempt, and with the problems of the fix."""
    fix, accepted = attempt.fix, {f: file for f, file in attempt.accepted.items() if f in attempt.keys}
    flags = [*final.flags, *(fix_flags(fix, tr) if fix else ())]
    return msgspec.structs.replace(
        final, fix=fix if fix and fix.changes_files else None, accepted=accepted, flags=flags
    )


def _choose_best(candidates: Sequence[FinalResult], tr: Callable[[str], str]) -> FinalResult:
    """Return the attempt with the highest score; flag it if an ungraded attempt may be better."""
    if len(candidates) == 1:
        return candidates[0]
    best_index = max(range(len(candidates)), key=lambda n: (_rank(candidates[n]), n))
    best = candidates[best_index]
    ungraded_attempts = [
        str(other.metadata.attempt)
        for n, other in enumerate(candidates)
        if n != best_index and other.final.automatic is None and not other.final.missing
    ]
    if not ungraded_attempts or TOTAL in best.final.overridden:
        return best
    flag = tr("ungraded attempts that may be better: {numbers}").format(numbers=", ".join(ungraded_attempts))
    return replace(best, final=msgspec.structs.replace(best.final, flags=[*best.final.flags, flag]))


def _rank(result: FinalResult) -> tuple[float, int]:
    automatic = result.final.automatic
    return -1.0 if automatic is None else automatic, result.metadata.attempt
