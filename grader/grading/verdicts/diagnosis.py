"""Recognize known mistakes: which misconceptions explain the failed checks of a function?

Theory of operation
    Evidence is collected for each check, since two mistakes in one function are normal, and then for the function: a
    check that passed, although the mistake fails it, counts against the mistake. The fewest mistakes that explain all
    failures are named; mistakes that explain them equally well are named together. Mistakes are run on the same seed
    as the submission (`verdicts.references`), so that a wrong number can be compared.
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

MistakeVerdicts = Mapping[str, Mapping[str, Verdict]]
"""Mistake id -> check id -> the verdict on that mistake."""


class Strength(IntEnum):
    """How well a mistake explains one failed check."""

    NONE = 0
    KIND = 1  # both raise, or share a wrong text such as "no error"
    PART = 2  # the same wrong number in one of several observations; the same class of exception
    FULL = 3  # everything observed is the same


@dataclass(frozen=True)
class Evidence:
    """Evidence for and against one mistake of a function."""

    mistake: str
    strengths: Mapping[str, Strength]  # failed check -> how well the mistake explains it
    against: int  # checks that passed although the mistake fails them
    unexplained: int  # failed checks that the mistake passes
    agreed: int = 0  # checks that both pass

    @property
    def rank(self) -> tuple[int, ...]:
        """Sort key, the likeliest first: most checks explained in full, then in part, then least evidence against."""
        count = [sum(strength == wanted for strength in self.strengths.values()) for wanted in Strength]
        return (-count[Strength.FULL], -count[Strength.PART], self.against, -count[Strength.KIND], self.unexplained)

    @property
    def is_convincing(self) -> bool:
        """True for one full match, or for weaker ones if exactly the same checks fail, but not just all of them."""
        best = max(self.strengths.values(), default=Strength.NONE)
        same_pattern = not self.against and not self.unexplained
        return best == Strength.FULL or (same_pattern and (best == Strength.PART or (best > 0 and self.agreed > 0)))


def decide_mistakes(
    checks: Sequence[Check], references: Mapping[str, Outcome], outcomes: Mapping[str, Mapping[str, Outcome]]
) -> MistakeVerdicts:
    """Decide the verdicts on every mistake of a function, from mistake -> check id -> outcome."""
    return {
        mistake: {
            check.id: decide(check, found[check.id], references[check.id]) for check in checks if check.id in found
        }
        for mistake, found in outcomes.items()
    }


def recognize_mistakes(verdicts: Sequence[Verdict], of_mistakes: MistakeVerdicts) -> tuple[str, ...]:
    """Return the ids of the mistakes that explain the failed checks of one function, likeliest first."""
    evidence = (_weigh_evidence(mistake, of_mistake, verdicts) for mistake, of_mistake in of_mistakes.items())
    likely = sorted((e for e in evidence if e.is_convincing), key=lambda e: e.rank)
    unexplained_checks = {v.check.id for v in verdicts if not v.passed}
    named: list[Evidence] = []
    for candidate in likely:
        explained_checks = {check for check, strength in candidate.strengths.items() if strength > Strength.NONE}
        equally_likely = any(candidate.rank == e.rank and candidate.strengths == e.strengths for e in named)
        if explained_checks & unexplained_checks or equally_likely:
            named.append(candidate)
            unexplained_checks -= explained_checks
    return tuple(e.mistake for e in named)


def add_hints(verdicts: Sequence[Verdict], of_mistakes: MistakeVerdicts, named: Sequence[str]) -> list[Verdict]:
    """Return the verdicts of one function; a failed one gets the named mistakes that explain it."""
    return [
        v if v.passed else replace(v, hints=tuple(m for m in named if _explains(v, of_mistakes[m]))) for v in verdicts
    ]


def _explains(verdict: Verdict, of_mistake: Mapping[str, Verdict]) -> bool:
    mistake_verdict = of_mistake.get(verdict.check.id)
    return (
        mistake_verdict is not None
        and not mistake_verdict.passed
        and _match_strength(verdict, mistake_verdict) > Strength.NONE
    )


def _weigh_evidence(mistake: str, of_mistake: Mapping[str, Verdict], verdicts: Sequence[Verdict]) -> Evidence:
    strengths: dict[str, Strength] = {}
    against = unexplained = agreed = 0
    for verdict in verdicts:
        mistake_verdict = of_mistake.get(verdict.check.id)
        if mistake_verdict is None:
            continue
        if verdict.passed:
            against += not mistake_verdict.passed
            agreed += mistake_verdict.passed
        elif mistake_verdict.passed:
            unexplained += 1
        else:
            strengths[verdict.check.id] = _match_strength(verdict, mistake_verdict)
    return Evidence(mistake, strengths, against, unexplained, agreed)


def explains_in_full(verdict: Verdict, of_mistake: Verdict) -> bool:
    """Return whether everything wrong in two verdicts that failed one check is the same."""
    return _match_strength(verdict, of_mistake) == Strength.FULL


def _match_strength(verdict: Verdict, of_mistake: Verdict) -> Strength:
    """Return how well the mistake's verdict explains the student's; both failed the same check."""
    match verdict.outcome, of_mistake.outcome:
        case Raised() as a, Raised() as b:
            if a.error != b.error:
                return Strength.KIND
            return Strength.FULL if a.message == b.message else Strength.PART
        case (TimedOut(), TimedOut()) | (Crashed(), Crashed()):
            return Strength.FULL
        case Observed(), Observed():
            return _compare_observations(verdict, of_mistake)
    return Strength.NONE


def _compare_observations(verdict: Verdict, of_mistake: Verdict) -> Strength:
    """Return how well two failed observations agree, by the names of their values."""
    assert isinstance(verdict.outcome, Observed)
    assert isinstance(of_mistake.outcome, Observed)
    values, mistake_values, tolerance = verdict.outcome.values, of_mistake.outcome.values, verdict.check.tolerance
    wrong, wrong_in_mistake = verdict.wrong, of_mistake.wrong
    same = {
        n
        for n in wrong & wrong_in_mistake
        if n in values and n in mistake_values and values_equal(values[n], mistake_values[n], tolerance)
    }
    if same and wrong == wrong_in_mistake == same:
        return Strength.FULL
    if any(isinstance(values.get(name), Array | float) for name in same):
        return Strength.PART
    return Strength.KIND if same else Strength.NONE
