"""Verdicts on one function, encoded as ids, codes and numbers without a language: the form that the journal stores.

`verdicts.render` looks up claims and hints by id and puts outcomes into words when files are written. So neither a
language nor a translation is part of a verdict.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

import msgspec

from grader.core.outcome_encoding import outcome_from_plain, outcome_to_plain
from grader.core.outcomes import WORST_FIRST, GraderFault, Missing, Observed, Outcome, Unreadable
from grader.core.reasons import Code, Reason
from grader.course.exercise import Exercise
from grader.execution.guest.call_recording.recorded_call import CheckDisplay
from grader.grading.verdicts.explanation import MAX_SHOWN
from grader.grading.verdicts.pictures import Picture
from grader.grading.verdicts.relations.relation import Relation
from grader.grading.verdicts.verdict import Verdict

ENCODED_OBSERVATION: list[Any] = outcome_to_plain(Observed({}))
"""The encoded form of every observation: without values, because only differences from the reference are shown."""

END_OF_FILE = re.compile(r"(?i)(?:(?<=\.py)|(?<=\.ipynb)), ")
"""Separator of the names in a reason SEVERAL_FILES. A name may itself contain a comma and a blank: `final, new.py`."""


class ShownDifference(msgspec.Struct, frozen=True):
    """One difference from the reference, with the texts that a sentence about it needs."""

    name: str
    where: str
    yours: str
    expected: str
    count: int = 1
    total: int = 1


class CheckEntry(msgspec.Struct, frozen=True):
    """One check of one function. `mistakes` are ids of mistakes recognized in it; `plain` is the encoded outcome.

    `relations` say how the wrong observations relate to the expected ones, by name.

    Decoding an entry with an invalid outcome raises msgspec.ValidationError.
    """

    name: str
    passed: bool
    points: float
    max_points: float
    plain: list[Any]
    differences: tuple[ShownDifference, ...] = ()
    mistakes: tuple[str, ...] = ()
    relations: dict[str, Relation] = {}

    def __post_init__(self) -> None:
        if self.plain != ENCODED_OBSERVATION:  # nearly every outcome is an observation: skip decoding
            outcome_from_plain(self.plain)

    @property
    def outcome(self) -> Outcome:
        """The outcome of the experiment; the journal keeps no values of observations, so `Observed` is empty."""
        return Observed({}) if self.plain == ENCODED_OBSERVATION else outcome_from_plain(self.plain)


class SecondTry(StrEnum):
    """How the second try of a function ended after the first one timed out or crashed (`grading.runs.second_tries`).

    LEFT is in no journal: it marks a function whose second try an interrupted run has not made.
    """

    NONE = ""
    SAME = "same"
    OTHER = "other"
    LEFT = "left"


class FunctionEntry(msgspec.Struct, frozen=True):
    """Result of one function, without the student: score, outcome, recognized mistakes, checks.

    score: None for an ungraded function, and in a missing submission.
    fingerprint: `verdicts.fingerprint` of a wrong answer that no known mistake explains; else empty.
    known_mistakes: hash of the known mistakes that the answer was compared with; empty if it was compared with none,
        because it is right or not started. Then the verdict does not depend on the known mistakes.
    other_files: files of the submission that also hold an answer to this function, and were not graded.
    second_try: set if the function ran twice: whether both tries ended the same way. If they did not, the entry is that
        of the second try.
    """

    exercise: str
    function: str
    score: float | None
    max_score: float
    outcome: str
    mistakes: tuple[str, ...]
    checks: tuple[CheckEntry, ...]
    fingerprint: str = ""
    known_mistakes: str = ""
    other_files: tuple[str, ...] = ()
    second_try: SecondTry = SecondTry.NONE

    @property
    def review_outcome(self) -> Outcome | None:
        """The first outcome that a person must review, or None."""
        return next((check.outcome for check in self.checks if _needs_review(check.outcome)), None)

    @property
    def files_to_choose(self) -> tuple[str, ...]:
        """The files that define the function, if a person must choose the one that counts; else empty."""
        outcome = self.review_outcome
        reasons = outcome.reasons if isinstance(outcome, Unreadable) else ()
        texts = [str(reason["files"]) for reason in reasons if reason.code == Code.SEVERAL_FILES]
        return tuple(file for text in texts for file in END_OF_FILE.split(text))


class Attachments(msgspec.Struct, frozen=True):
    """Texts and pictures that pages show with a record; the journal holds them, results.jsonl does not.

    `source` is the text of the graded file (of a notebook, its Python code). `pictures` are data to draw from, by the
    name of the check that they explain. `displays` are exceptions and changed arguments of failed checks.
    """

    source: str = ""
    pictures: dict[str, Picture] = {}
    displays: dict[str, CheckDisplay] = {}


NO_ATTACHMENTS = Attachments()


@dataclass(frozen=True)
class JournalEntry:
    """What the journal keeps of one function of one student: the result, the graded `file`, the seconds it took.

    `remark` is about the encoding of the file; None for UTF-8.
    """

    result: FunctionEntry
    file: str
    seconds: float
    attachments: Attachments = NO_ATTACHMENTS
    remark: Reason | None = None


def make_entry(
    exercise: Exercise,
    function: str,
    verdicts: Sequence[Verdict],
    mistakes: Sequence[str] = (),
    fingerprint: str = "",
    known_mistakes: str = "",
) -> FunctionEntry:
    """Return the entry of a function from its verdicts; `mistakes` are ids of the mistakes recognized in it."""
    status = next(s for s in WORST_FIRST if any(v.status == s for v in verdicts))
    shares = exercise.shares
    earned = sum((shares[v.check.id] for v in verdicts if v.passed), Fraction(0))
    return FunctionEntry(
        exercise=exercise.name,
        function=function,
        score=None if any(_has_no_score(verdict.outcome) for verdict in verdicts) else float(earned),
        max_score=float(exercise.points[function]),
        outcome=status.value,
        mistakes=tuple(mistakes),
        checks=tuple(_make_check_entry(verdict, float(shares[verdict.check.id])) for verdict in verdicts),
        fingerprint=fingerprint,
        known_mistakes=known_mistakes,
    )


def _make_check_entry(verdict: Verdict, points: float) -> CheckEntry:
    observed, shown = isinstance(verdict.outcome, Observed), verdict.differences[:MAX_SHOWN]
    return CheckEntry(
        name=verdict.check.name,
        passed=verdict.passed,
        points=points if verdict.passed else 0.0,
        max_points=points,
        plain=ENCODED_OBSERVATION if observed else outcome_to_plain(verdict.outcome),
        differences=tuple(ShownDifference(d.name, d.where, d.yours, d.expected, d.count, d.total) for d in shown),
        mistakes=verdict.hints,
        relations={d.name: verdict.relations[d.name] for d in shown if d.name in verdict.relations},
    )


def _needs_review(outcome: Outcome) -> bool:
    return isinstance(outcome, GraderFault | Unreadable)


def _has_no_score(outcome: Outcome) -> bool:
    """True for an ungraded function, and in a missing submission."""
    return _needs_review(outcome) or outcome == Missing(Reason.of(Code.NO_FILE))
