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
from grader.grading.runs.journal import Judged
from grader.submissions.submission import About, Submission

Attempt: TypeAlias = tuple[Judged, Submission]


@dataclass(frozen=True)
class Say:
    """Who has a say in the scores beside the checks: the policy, and what persons decided, by student and function."""

    policy: Policy
    overrides: Mapping[str, Mapping[str, Override]] = field(default_factory=dict)

    @property
    def anything(self) -> bool:
        """Whether there is anything to say: otherwise results are as the checks made them."""
        return self.policy != Policy() or bool(self.overrides)


def settle(attempts: Iterable[Attempt], course: Course, say: Say, tr: Callable[[str], str] = str) -> Iterator[Attempt]:
    """One attempt of every student: the best one, and the latest of equals.

    The attempts of a student are neighbours: each student is settled, and forgotten, before the next one comes. Where
    only the latest attempts were judged, they are the best there are.
    """
    shares = {f: shares_of(course.exercise_of[f], f, points) for f, points in say.policy.points.items()}
    settled = ((_settled(judged, submission.about, shares, say, tr), submission) for judged, submission in attempts)
    for _, own in groupby(settled, key=lambda attempt: attempt[0].student):
        yield _best(list(own), tr)


def _settled(
    judged: Judged, about: About, shares: Mapping[str, Mapping[str, float]], say: Say, tr: Callable[[str], str]
) -> Judged:
    if not say.anything:
        return judged
    records = tuple(
        with_points(record, shares[record.function]) if record.function in shares else record
        for record in judged.records
    )
    made = final(records, about, say.policy, say.overrides.get(judged.student, {}), tr)
    return replace(judged, records=records, final=made, human=_human(judged, made))


def _human(judged: Judged, made: Final) -> str:
    """Why a person must look: reasons that nobody has decided on yet, and what is new."""
    decided = {*made.overridden}
    open_ones = [] if TOTAL in decided else [r for f, r in judged.reasons.items() if f not in decided]
    return "; ".join(dict.fromkeys([*open_ones, *made.flags]))


def _best(candidates: Sequence[Attempt], tr: Callable[[str], str]) -> Attempt:
    """The attempt with the highest score; one that could not be judged might have been better, which is said."""
    if len(candidates) == 1:
        return candidates[0]
    number = max(range(len(candidates)), key=lambda n: (_rank(candidates[n]), n))
    best, submission = candidates[number]
    open_ones = [
        str(other.about.attempt)
        for n, (judged, other) in enumerate(candidates)
        if n != number and judged.final and judged.final.automatic is None
    ]
    if not open_ones or best.final is None or TOTAL in best.final.overridden:
        return best, submission
    flag = tr("not judged, and perhaps better: attempt {numbers}").format(numbers=", ".join(open_ones))
    flagged = msgspec.structs.replace(best.final, flags=[*best.final.flags, flag])
    return replace(best, final=flagged, human="; ".join(filter(None, [best.human, flag]))), submission


def _rank(attempt: Attempt) -> tuple[float, int]:
    judged, submission = attempt
    made = judged.final
    return -1.0 if made is None or made.automatic is None else made.automatic, submission.about.attempt


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
