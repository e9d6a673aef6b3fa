"""From verdicts to what counts: the points of the policy, the attempt that counts, the final score of everybody."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from itertools import groupby
from typing import TypeAlias

import msgspec

from grader.course.exercise import Course
from grader.grading.policy.final_score import TOTAL, Final, Override, final, shares_of, with_points
from grader.grading.policy.policy import Policy
from grader.grading.runs.final_result import FinalResult
from grader.grading.runs.run_table import Attempt
from grader.grading.verdicts.record import FunctionRecord
from grader.submissions.submission import About

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
    shares = {f: shares_of(course.home[f], f, points) for f, points in inputs.policy.points.items()}
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
    student, about, keys = attempt.student, attempt.about, attempt.keys
    records = tuple(record for record, _ in reviewed)
    reasons = {record.function: reason for record, reason in reviewed if reason}
    if not inputs.anything:
        return FinalResult(student, records, _joined(reasons.values()), about=about, keys=keys)
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
        str(other.about.attempt)
        for n, other in enumerate(candidates)
        if n != number and other.final and other.final.automatic is None
    ]
    if not open_ones or best.final is None or TOTAL in best.final.overridden:
        return best
    flag = tr("not judged, and perhaps better: attempt {numbers}").format(numbers=", ".join(open_ones))
    flagged = msgspec.structs.replace(best.final, flags=[*best.final.flags, flag])
    return replace(best, final=flagged, human="; ".join(filter(None, [best.human, flag])))


def _rank(result: FinalResult) -> tuple[float, int]:
    made = result.final
    return -1.0 if made is None or made.automatic is None else made.automatic, result.about.attempt


def is_undated(about: About, policy: Policy) -> bool:
    """Whether a submission has no time, although there are deadlines: it was taken to be in time."""
    return bool(policy.deadlines) and about.submitted is None and not about.late and about.attempt > 0


def find_student(name: str, people: Mapping[str, About]) -> str | None:
    """The student whom a person means: by the id, else by another id, the address or the name that only one has.

    Spreadsheets drop zeros at the front of an id and letters differ in case: so much is forgiven.
    """
    if name in people:
        return name
    wanted = _plain(name)
    for alike in (_ids, _names):
        found = [student for student, about in people.items() if wanted in map(_plain, alike(student, about))]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def nearest_student(name: str, people: Mapping[str, About]) -> str:
    """The student whose id looks most like a name, or nothing."""
    return next(iter(get_close_matches(name, people, 1, 0.6)), "")


def for_class(policy: Policy, people: Mapping[str, About]) -> tuple[Policy, list[str]]:
    """The policy with its extensions under the students' ids, and whom it names that the class does not have."""
    found = {name: find_student(name, people) for name in policy.extensions}
    extensions = {student or name: policy.extensions[name] for name, student in found.items()}
    return replace(policy, extensions=extensions), [name for name, student in found.items() if student is None]


def _ids(student: str, about: About) -> tuple[str, ...]:
    return (student, *about.ids, about.email)


def _names(student: str, about: About) -> tuple[str, ...]:
    return (about.name,)


def _plain(name: str) -> str:
    """A name without what a spreadsheet changes."""
    text = name.strip().casefold()
    return text.lstrip("0") or text if text.isdecimal() else text
