"""Recognise known mistakes: which misconceptions explain what a submission got wrong?

Evidence is weighed check by check, since two mistakes in one function are normal, and then over the whole function:
a mistake that would have failed a check which passed is less likely. The fewest mistakes that explain all failures
are named; mistakes that explain equally well are named together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from grader.core.compare import Tolerance, differ
from grader.core.outcomes import Crashed, Observed, Outcome, Raised, TimedOut
from grader.core.values import Array
from grader.judge.verdict import Verdict, decide

Known = Mapping[str, Mapping[str, Outcome]]
"""Mistake id -> check id -> what the mistake gives there."""


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

    @property
    def rank(self) -> tuple[int, ...]:
        """Smaller is more likely: most checks explained in full, then in part, then least against."""
        count = [sum(strength == wanted for strength in self.strengths.values()) for wanted in Strength]
        return (-count[Strength.FULL], -count[Strength.PART], self.against, -count[Strength.KIND], self.unexplained)

    @property
    def convincing(self) -> bool:
        """Full matches convince alone; weaker ones only when the same checks fail."""
        best = max(self.strengths.values(), default=Strength.NONE)
        return best == Strength.FULL or (best > Strength.NONE and not self.against and not self.unexplained)


def recognise(verdicts: Sequence[Verdict], references: Mapping[str, Outcome], known: Known) -> tuple[str, ...]:
    """The mistakes that explain the failed checks of one function, the most likely first."""
    failed = [v for v in verdicts if not v.passed]
    evidence = [_weigh(mistake, outcomes, verdicts, references) for mistake, outcomes in known.items()]
    likely = sorted((e for e in evidence if e.convincing), key=lambda e: e.rank)
    open_checks = {v.check.id for v in failed}
    named: list[Evidence] = []
    for candidate in likely:
        explains = {check for check, strength in candidate.strengths.items() if strength > Strength.NONE}
        twin = any(candidate.rank == e.rank and candidate.strengths == e.strengths for e in named)
        if explains & open_checks or twin:
            named.append(candidate)
            open_checks -= explains
    return tuple(e.mistake for e in named)


def with_hints(verdicts: Sequence[Verdict], references: Mapping[str, Outcome], known: Known) -> list[Verdict]:
    """The verdicts of one function, each failed one with the mistakes that explain it."""
    named = recognise(verdicts, references, known)
    return [
        v if v.passed else replace(v, hints=tuple(m for m in named if _explains(v, references, known[m])))
        for v in verdicts
    ]


def _explains(verdict: Verdict, references: Mapping[str, Outcome], outcomes: Mapping[str, Outcome]) -> bool:
    check = verdict.check
    return check.id in outcomes and bool(_strength(verdict, decide(check, outcomes[check.id], references[check.id])))


def _weigh(
    mistake: str, outcomes: Mapping[str, Outcome], verdicts: Sequence[Verdict], references: Mapping[str, Outcome]
) -> Evidence:
    strengths: dict[str, Strength] = {}
    against = unexplained = 0
    for verdict in verdicts:
        check = verdict.check
        if check.id not in outcomes:
            continue
        theirs = decide(check, outcomes[check.id], references[check.id])
        if verdict.passed:
            against += not theirs.passed
        elif theirs.passed:
            unexplained += 1
        else:
            strengths[check.id] = _strength(verdict, theirs)
    return Evidence(mistake, strengths, against, unexplained)


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
    wrong = _wrong_names(yours)
    same = {name for name in wrong & _wrong_names(theirs) if _equal(mine.get(name), known.get(name), tolerance)}
    if same and wrong == _wrong_names(theirs) == same:
        return Strength.FULL
    if any(isinstance(mine.get(name), Array | float) for name in same):
        return Strength.PART
    return Strength.KIND if same else Strength.NONE


def _wrong_names(verdict: Verdict) -> set[str]:
    return {difference.name for difference in verdict.differences}


def _equal(mine: object, known: object, tolerance: Tolerance) -> bool:
    return differ(mine, known, tolerance) is None  # type: ignore[arg-type]  # both come out of Observations
