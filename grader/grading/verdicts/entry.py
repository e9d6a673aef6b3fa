"""Entries of the journal: the verdicts on one function as ids, codes and numbers, without a text in any language.

`verdicts.render` adds claims, hints and messages in one language when files are written. So a verdict in the journal
stays valid if a translation changes.
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
from grader.grading.verdicts.relations.relation_kinds import Relation
from grader.grading.verdicts.verdict import Verdict

WITHOUT_VALUES = Observed({})
"""The outcome of each check that returned observations. The journal keeps no values."""

ENCODED_OBSERVATION: list[Any] = outcome_to_plain(WITHOUT_VALUES)
"""WITHOUT_VALUES as the journal stores it."""

END_OF_FILE = re.compile(r"(?i)(?:(?<=\.py)|(?<=\.ipynb)), ")
"""Separator of the file names in a reason SEVERAL_FILES: a comma and a space after .py or .ipynb.

A comma and a space alone are not enough, because a file may be named `final, new.py`.
"""


class ShownDifference(msgspec.Struct, frozen=True):
    """One difference from the reference; `explanation.DifferenceTexts` describes the fields."""

    name: str
    where: str
    yours: str
    expected: str
    count: int = 1
    total: int = 1


class CheckEntry(msgspec.Struct, frozen=True):
    """One check of one function.

    plain: the encoded outcome. Decoding an entry with an invalid outcome raises msgspec.ValidationError.
    mistakes: ids of the mistakes whose hints are shown with this check.
    relations: name of a wrong observation -> how its value relates to the expected one.
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
        """The outcome of the experiment; WITHOUT_VALUES if the experiment returned observations."""
        return WITHOUT_VALUES if self.plain == ENCODED_OBSERVATION else outcome_from_plain(self.plain)


class SecondTry(StrEnum):
    """What became of the second try of a function, which follows a time-out or a crash (`grading.runs.second_tries`).

    NONE: there was no second try. SAME, OTHER: it ended as the first try did, or in another way. LEFT: the run was
    interrupted before the second try; this value is never stored in the journal.
    """

    NONE = ""
    SAME = "same"
    OTHER = "other"
    LEFT = "left"


class FunctionEntry(msgspec.Struct, frozen=True):
    """Result of one function, without the student: score, outcome, recognized mistakes, checks.

    score: points; None if the function is ungraded or the submission is missing.
    fingerprint: `verdicts.wrong_answer_fingerprint` of a wrong answer that no known mistake explains; else empty.
    known_mistakes: hash of the known mistakes that the answer was compared with. Empty if the answer was not compared
        with known mistakes, for example because it is right or not started: then the entry does not depend on known
        mistakes.
    other_files: files of the submission that also define this function, and that were not graded.
    second_try: whether the function ran twice, and whether both tries ended the same way. If both tries ended in
        different ways, the entry describes the second try.
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
        """The first outcome of a check that a person must review; None if there is none."""
        outcomes = (check.outcome for check in self.checks)
        return next((outcome for outcome in outcomes if _needs_review(outcome)), None)

    @property
    def files_to_choose(self) -> tuple[str, ...]:
        """The files that define the function, if a person must choose which of them is graded; else empty."""
        outcome = self.review_outcome
        reasons = outcome.reasons if isinstance(outcome, Unreadable) else ()
        texts = [str(reason["files"]) for reason in reasons if reason.code == Code.SEVERAL_FILES]
        return tuple(file for text in texts for file in END_OF_FILE.split(text))


class Attachments(msgspec.Struct, frozen=True):
    """Texts and pictures that pages show with a record; the journal holds them, results.jsonl does not.

    source: text of the graded file; for a notebook, its Python code.
    pictures: name of a check -> data from which the picture of this check is drawn.
    displays: name of a failed check -> its exceptions and the arguments that it changed.
    """

    source: str = ""
    pictures: dict[str, Picture] = {}
    displays: dict[str, CheckDisplay] = {}


NO_ATTACHMENTS = Attachments()


@dataclass(frozen=True)
class JournalEntry:
    """One entry of the journal: the result of one function of one student.

    file: name of the graded file.
    seconds: how long the checks of the function ran.
    remark: a reason that describes the encoding of the file; None for UTF-8.
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
    """Return the entry of a function from the verdicts on its checks; `mistakes` are ids of the named mistakes."""
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
    """Return whether a function with this outcome gets no score: it is ungraded, or the submission is missing."""
    return _needs_review(outcome) or outcome == Missing(Reason.of(Code.NO_FILE))
