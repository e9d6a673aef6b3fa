"""Diagnosis: name the known mistakes that explain the failed checks of a function.

Theory of operation
    A known mistake runs with the same seed as the submission. So the observations of the mistake predict those of every
    submission with that mistake. A grading run observes a mistake only on the checks where the rules need the
    observations (`verdicts.known_mistakes`). For each check where the mistake does not run, a file of the course says
    whether the mistake passes or fails the check.
    1. A mistake explains a failed check in full if it predicts everything that is wrong in the check.
    2. A mistake is not named if it predicts something that did not happen: a failed check, or a wrong observation.
    3. The remaining mistake that explains the most failed checks in full is named. If several explain equally many, the
       mistake that predicts the most wrong observations is named; if several predict equally many, the mistake that
       fails the most checks. If several mistakes are still equal and explain the same checks, all of these are named,
       with the hint of the first. After that, rule 3 is applied again to the checks that are still unexplained.
    4. Two mistakes are named together for an unexplained check if each predicts some of its wrong observations, both
       together predict all of them, and no observation is predicted by both.
    5. A mistake is named as well if, in the checks that are still unexplained, it alone predicts two or more wrong
       observations. If several mistakes do, only the one that predicts the most is named, and none if several predict
       equally many. After a mistake is named, rule 5 is applied again.
    6. If rules 3 to 5 name no mistake, a best guess is named. The best guess must predict at least half of the wrong
       observations. It may also predict wrong observations that did not happen, but not more than it predicts of those
       that happened. Of several such mistakes, the one with the largest difference between these two numbers is named;
       if several have the same difference, the one that explains the most checks in full. If several mistakes are still
       equal, none is named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from itertools import combinations
from types import MappingProxyType

from grader.core.comparison import values_equal
from grader.core.outcomes import Crashed, Observed, Outcome, Raised, TimedOut
from grader.experiments.declaration import Check
from grader.grading.verdicts.verdict import Verdict, decide

MistakeVerdicts = Mapping[str, Mapping[str, Verdict]]
"""Mistake id -> check id -> the verdict on that mistake."""

NOTHING: Mapping[str, AbstractSet[str]] = MappingProxyType({})

NO_OBSERVATION = "an exception, a time-out or a crash"
"""Stands for the wrong observations of a check that ended without observations."""

MIN_PREDICTED = 2
"""Minimum number of wrong observations that only this mistake predicts, for rule 5 (in the docstring of this
module)."""

MIN_SHARE = 0.5
"""Minimum fraction of all wrong observations that a mistake must predict to be named by rule 6 (in the docstring of
this module)."""


@dataclass(frozen=True)
class Diagnosis:
    """Mistakes that are named for an answer to one function, in the order in which the rules named them.

    mistakes: ids of all named mistakes.
    hinting: ids of the named mistakes whose hints are shown. Of several mistakes that explain the same checks equally
        well, only the first one's hint is shown.
    """

    mistakes: tuple[str, ...] = ()
    hinting: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prediction:
    """Comparison of one mistake's predictions with the verdicts on a student's answer.

    right: failed check -> the student's wrong observations that the mistake predicts.
    full: checks that the mistake explains in full.
    part: checks in which everything that the mistake predicts happened, but the student has more wrong observations.
    false: number of wrong observations that the mistake predicts, and that did not happen. If the student passes a
        check that the mistake is known to fail, and the mistake was not observed on it, the check counts as one.
    failing: number of checks that the mistake fails.
    most: upper limit of the number of the student's wrong observations that the mistake predicts. On a check that it
        fails, and on which it was not observed, it may predict all of them.
    """

    right: Mapping[str, frozenset[str]]
    full: frozenset[str]
    part: frozenset[str]
    false: int
    failing: int
    most: int

    @property
    def observations(self) -> set[tuple[str, str]]:
        """The student's wrong observations that the mistake predicts, as pairs of check and observation name."""
        return {(check, name) for check, names in self.right.items() for name in names}


def decide_mistakes(
    checks: Sequence[Check], references: Mapping[str, Outcome], outcomes: Mapping[str, Mapping[str, Outcome]]
) -> MistakeVerdicts:
    """Return the verdicts on every mistake of a function; `outcomes` maps mistake id -> check id -> outcome."""
    return {
        mistake: {
            check.id: decide(check, found[check.id], references[check.id]) for check in checks if check.id in found
        }
        for mistake, found in outcomes.items()
    }


def recognize_mistakes(
    verdicts: Sequence[Verdict],
    of_mistakes: MistakeVerdicts,
    failing: Mapping[str, AbstractSet[str]] = NOTHING,
    observe: Callable[[Sequence[str]], MistakeVerdicts] | None = None,
) -> Diagnosis:
    """Name the mistakes that explain the failed checks of one function.

    failing: mistake id -> ids of the checks that the mistake is known to fail, and on which it was not observed.
    observe: returns the verdicts of the given mistakes on all checks; it is called if a best guess needs them.
    """
    predictions = {m: _compare(verdicts, found, failing.get(m, frozenset())) for m, found in of_mistakes.items()}
    wrong = {verdict.check.id: _wrong_observations(verdict) for verdict in verdicts if not verdict.passed}
    search = _Search({m: p for m, p in predictions.items() if not p.false}, wrong)
    search.name_full_explanations()
    search.name_sharing_pairs()
    search.name_partial_explanations()
    number_wrong = sum(map(len, wrong.values()))
    if observe and not search.groups and (unsure := _unsure_guesses(predictions, failing, number_wrong)):
        observed = observe(unsure)
        remaining = {mistake: checks for mistake, checks in failing.items() if mistake not in observed}
        return recognize_mistakes(verdicts, {**of_mistakes, **observed}, remaining)
    groups = search.groups or _best_guess(predictions, number_wrong)
    return Diagnosis(tuple(m for group in groups for m in group), tuple(group[0] for group in groups))


def add_hints(verdicts: Sequence[Verdict], of_mistakes: MistakeVerdicts, diagnosis: Diagnosis) -> list[Verdict]:
    """Return the verdicts on one function; `hints` of each failed verdict holds the mistakes whose hints are shown."""
    right = {mistake: _compare(verdicts, of_mistakes[mistake]).right for mistake in diagnosis.hinting}
    return [
        v if v.passed else replace(v, hints=tuple(m for m in diagnosis.hinting if v.check.id in right[m]))
        for v in verdicts
    ]


def explains_in_full(verdict: Verdict, of_mistake: Verdict) -> bool:
    """Return whether two failed verdicts on one check have the same wrong observations, with equal values."""
    return _wrong_observations(verdict) == _wrong_observations(of_mistake) == _predicted(verdict, of_mistake)


@dataclass
class _Search:
    """The search for the mistakes to name: each method applies one rule and adds to `groups`.

    possible: the mistakes that predict nothing that did not happen.
    wrong: failed check -> the student's wrong observations.
    groups: the named mistakes; mistakes of one group explain the same checks equally well.
    unexplained: the failed checks that no named mistake explains.
    """

    possible: Mapping[str, Prediction]
    wrong: Mapping[str, frozenset[str]]
    groups: list[tuple[str, ...]] = field(default_factory=list)
    unexplained: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self.unexplained = set(self.wrong)

    def name_full_explanations(self) -> None:
        """Name the mistakes that explain the most checks in full, until none explains another check (rule 3)."""
        while explained := {m: full for m, p in self.possible.items() if (full := p.full & self.unexplained)}:
            rank = {m: (len(checks), *self._fit(m)) for m, checks in explained.items()}
            best = max(rank, key=rank.__getitem__)
            alike = (m for m in explained if rank[m] == rank[best] and explained[m] == explained[best])
            self.groups.append(tuple(alike))
            self.unexplained -= explained[best]

    def name_sharing_pairs(self) -> None:
        """Name pairs of mistakes that together explain an unexplained check (rule 4)."""
        for check, wrong in self.wrong.items():
            if check not in self.unexplained:
                continue
            sharing = [m for m, p in self.possible.items() if check in p.part]
            sharing.sort(key=lambda m: (m in self._named(), self._fit(m)), reverse=True)
            for pair in combinations(sharing, 2):
                first, second = (self.possible[m].right[check] for m in pair)
                if not first & second and first | second == wrong:
                    self.groups += [(m,) for m in pair if m not in self._named()]
                    break

    def name_partial_explanations(self) -> None:
        """Name the mistakes that alone predict wrong observations which no named mistake predicts (rule 5)."""
        while True:
            known = {observation for m in self._named() for observation in self.possible[m].observations}
            new = {m: {o for o in p.observations - known if o[0] in self.unexplained} for m, p in self.possible.items()}
            rank = {m: (len(new[m]), *self._fit(m)) for m in new if len(new[m]) >= MIN_PREDICTED}
            best = _only_best(rank)
            if best is None:
                return
            self.groups.append((best,))
            self.unexplained -= {check for check, _ in new[best]}

    def _fit(self, mistake: str) -> tuple[int, int]:
        """Return the key that compares mistakes: how many wrong observations it predicts, how many checks it fails."""
        prediction = self.possible[mistake]
        return len(prediction.observations), prediction.failing

    def _named(self) -> set[str]:
        return {mistake for group in self.groups for mistake in group}


def _best_guess(predictions: Mapping[str, Prediction], wrong: int) -> list[tuple[str, ...]]:
    """Return the best guess of rule 6, as a list of one group; an empty list if there is none.

    wrong: the number of the student's wrong observations in all failed checks.
    """
    rank = {}
    for mistake, prediction in predictions.items():
        right = len(prediction.observations)
        if right >= max(1.0, MIN_SHARE * wrong, prediction.false):
            rank[mistake] = (right - prediction.false, len(prediction.full))
    best = _only_best(rank)
    return [] if best is None else [(best,)]


def _unsure_guesses(
    predictions: Mapping[str, Prediction], failing: Mapping[str, AbstractSet[str]], wrong: int
) -> list[str]:
    """Return the mistakes that rule 6 could name if they were observed on all checks that they fail."""
    return [
        mistake
        for mistake in failing
        if predictions[mistake].most >= max(1.0, MIN_SHARE * wrong, predictions[mistake].false)
    ]


def _only_best(rank: Mapping[str, tuple[int, ...]]) -> str | None:
    """Return the mistake with the highest rank; None if several share it, or if `rank` is empty."""
    highest = max(rank.values(), default=None)
    best = [mistake for mistake, own in rank.items() if own == highest]
    return best[0] if len(best) == 1 else None


def _compare(
    verdicts: Sequence[Verdict], of_mistake: Mapping[str, Verdict], not_observed: AbstractSet[str] = frozenset()
) -> Prediction:
    """Compare a mistake's predictions with the student's verdicts; the mistake fails the checks `not_observed`."""
    # A mistake that never returns is declared to time out in every check, without a run. In truth it may return in some
    # checks, so a check in which the student's answer returned does not rule it out.
    is_declared = not not_observed and all(isinstance(v.outcome, TimedOut | Crashed) for v in of_mistake.values())
    right: dict[str, frozenset[str]] = {}
    full, part = set[str](), set[str]()
    false = failing = most = 0
    for verdict in verdicts:
        check = verdict.check.id
        if check in not_observed:
            failing += 1
            false += verdict.passed
            most += 0 if verdict.passed else len(_wrong_observations(verdict))
            continue
        predicted = of_mistake.get(check)
        if predicted is None or predicted.passed:
            continue
        failing += 1
        wrong, wrong_in_mistake = _wrong_observations(verdict), _wrong_observations(predicted)
        if not is_declared and (verdict.passed or _both_observed(verdict, predicted)):
            false += len(wrong_in_mistake - wrong)
        if same := _predicted(verdict, predicted):
            right[check] = same
            most += len(same)
            if same == wrong_in_mistake:
                (full if same == wrong else part).add(check)
    return Prediction(right, frozenset(full), frozenset(part), false, failing, most)


def _both_observed(first: Verdict, second: Verdict) -> bool:
    return isinstance(first.outcome, Observed) and isinstance(second.outcome, Observed)


def _wrong_observations(verdict: Verdict) -> frozenset[str]:
    return verdict.wrong if isinstance(verdict.outcome, Observed) else frozenset({NO_OBSERVATION})


def _predicted(verdict: Verdict, of_mistake: Verdict) -> frozenset[str]:
    """Return the student's wrong observations in a check for which the mistake returns the same values."""
    match verdict.outcome, of_mistake.outcome:
        case Observed(values=found), Observed(values=predicted):
            both = verdict.wrong & of_mistake.wrong & found.keys() & predicted.keys()
            return frozenset(
                name for name in both if values_equal(found[name], predicted[name], verdict.check.tolerance)
            )
        case Raised() as a, Raised() as b if (a.error, a.message) == (b.error, b.message):
            return frozenset({NO_OBSERVATION})
        case TimedOut(is_over_budget=True), _:
            return frozenset()
        case (TimedOut(), TimedOut()) | (Crashed(), Crashed()):
            return frozenset({NO_OBSERVATION})
    return frozenset()
