"""Recognise known mistakes: which misconceptions explain what a submission got wrong?

Evidence is weighed check by check, since two mistakes in one function are normal, and then over the whole function:
a mistake that would have failed a check which passed is less likely. The fewest mistakes that explain all failures
are named; mistakes that explain equally well are named together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from grader.core.comparison import values_equal
from grader.core.outcomes import Crashed, Observed, Outcome, Raised, TimedOut
from grader.core.values import Array
from grader.experiments.declaration import Check
from grader.grading.verdicts.verdict import Verdict, decide

Known = Mapping[str, Mapping[str, Verdict]]
"""Mistake id -> check id -> the verdict on the mistake there."""


class Strength(IntEnum):
    """How well a mistake explains one failed check."""

    NONE = 0
    KIND = 1  # both raise, or share a wrong text such as "no error"
    PART = 2  # the same wrong number in one of several observations; the same class of exception
    FULL = 3  # everything observed is the same


@dataclass(frozen=True)
class Evidence:
    """What speaks for one mistake of one function."""

    mistake: str
    strengths: Mapping[str, Strength]  # failed check -> how well it is explained
    against: int  # checks that passed although the mistake fails them
    unexplained: int  # failed checks that the mistake passes
    agreed: int = 0  # checks that both pass

    @property
    def rank(self) -> tuple[int, ...]:
        """Smaller is more likely: most checks explained in full, then in part, then least against."""
        count = [sum(strength == wanted for strength in self.strengths.values()) for wanted in Strength]
        return (-count[Strength.FULL], -count[Strength.PART], self.against, -count[Strength.KIND], self.unexplained)

    @property
    def convincing(self) -> bool:
        """Full matches convince alone; weaker ones only when the same checks fail, and not simply all of them."""
        best = max(self.strengths.values(), default=Strength.NONE)
        same_pattern = not self.against and not self.unexplained
        return best == Strength.FULL or (same_pattern and (best == Strength.PART or (best > 0 and self.agreed > 0)))


def judge_known(
    checks: Sequence[Check], references: Mapping[str, Outcome], outcomes: Mapping[str, Mapping[str, Outcome]]
) -> Known:
    """Decide once what every mistake gives on the checks of its function (mistake -> check id -> outcome)."""
    return {
        mistake: {
            check.id: decide(check, found[check.id], references[check.id]) for check in checks if check.id in found
        }
        for mistake, found in outcomes.items()
    }


def recognise(verdicts: Sequence[Verdict], known: Known) -> tuple[str, ...]:
    """The mistakes that explain the failed checks of one function, the most likely first."""
    evidence = (_weigh(mistake, theirs, verdicts) for mistake, theirs in known.items())
    likely = sorted((e for e in evidence if e.convincing), key=lambda e: e.rank)
    open_checks = {v.check.id for v in verdicts if not v.passed}
    named: list[Evidence] = []
    for candidate in likely:
        explains = {check for check, strength in candidate.strengths.items() if strength > Strength.NONE}
        twin = any(candidate.rank == e.rank and candidate.strengths == e.strengths for e in named)
        if explains & open_checks or twin:
            named.append(candidate)
            open_checks -= explains
    return tuple(e.mistake for e in named)


def with_hints(verdicts: Sequence[Verdict], known: Known, named: Sequence[str]) -> list[Verdict]:
    """The verdicts of one function, each failed one with those of the named mistakes that explain it."""
    return [v if v.passed else replace(v, hints=tuple(m for m in named if _explains(v, known[m]))) for v in verdicts]


def _explains(verdict: Verdict, theirs: Mapping[str, Verdict]) -> bool:
    their = theirs.get(verdict.check.id)
    return their is not None and not their.passed and _strength(verdict, their) > Strength.NONE


def _weigh(mistake: str, theirs: Mapping[str, Verdict], verdicts: Sequence[Verdict]) -> Evidence:
    strengths: dict[str, Strength] = {}
    against = unexplained = agreed = 0
    for verdict in verdicts:
        their = theirs.get(verdict.check.id)
        if their is None:
            continue
        if verdict.passed:
            against += not their.passed
            agreed += their.passed
        elif their.passed:
            unexplained += 1
        else:
            strengths[verdict.check.id] = _strength(verdict, their)
    return Evidence(mistake, strengths, against, unexplained, agreed)


def explains_in_full(yours: Verdict, theirs: Verdict) -> bool:
    """True if everything wrong in two verdicts that failed one check is the same."""
    return _strength(yours, theirs) == Strength.FULL


def _strength(yours: Verdict, theirs: Verdict) -> Strength:
    """How well the mistake's verdict explains yours; both failed the same check."""
    match yours.outcome, theirs.outcome:
        case Raised() as a, Raised() as b:
            if a.error != b.error:
                return Strength.KIND
            return Strength.FULL if a.message == b.message else Strength.PART
        case (TimedOut(), TimedOut()) | (Crashed(), Crashed()):
            return Strength.FULL
        case Observed(), Observed():
            return _shared(yours, theirs)
    return Strength.NONE


def _shared(yours: Verdict, theirs: Verdict) -> Strength:
    """Compare the wrong observations, name by name."""
    assert isinstance(yours.outcome, Observed)
    assert isinstance(theirs.outcome, Observed)
    mine, known, tolerance = yours.outcome.values, theirs.outcome.values, yours.check.tolerance
    wrong, known_wrong = yours.wrong, theirs.wrong
    same = {n for n in wrong & known_wrong if n in mine and n in known and values_equal(mine[n], known[n], tolerance)}
    if same and wrong == known_wrong == same:
        return Strength.FULL
    if any(isinstance(mine.get(name), Array | float) for name in same):
        return Strength.PART
    return Strength.KIND if same else Strength.NONE
