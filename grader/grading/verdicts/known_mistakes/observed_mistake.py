"""One known mistake in a grading run: its runs with the seed of this run, and the verdicts on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from grader.core.outcomes import Outcome
from grader.course.mistakes import Mistake
from grader.course.passed_checks import MistakeBehavior
from grader.experiments.declaration import Check
from grader.grading.verdicts.known_mistakes.needed_checks import needed_checks
from grader.grading.verdicts.known_mistakes.source_runs import PendingOutcomes, declared_outcome
from grader.grading.verdicts.verdict import Verdict, decide


class ObservedMistake:
    """A known mistake with its verdicts. A mistake is observed on a check when the outcome of its run is known.

    verdicts: check id -> verdict, for the checks that the mistake is known to pass, and those on which it was observed.
    failing: ids of the checks that the mistake is known to fail, and on which it was not observed.
    observed: check id -> outcome of its run.
    """

    def __init__(
        self,
        mistake: Mistake,
        checks: Sequence[Check],
        solution: Mapping[str, Outcome],
        behavior: MistakeBehavior | None,
    ) -> None:
        self.mistake, self._behavior = mistake, behavior
        self._checks, self._solution = {check.id: check for check in checks}, solution
        self._pending: dict[str, PendingOutcomes] = {}
        self._stored = frozenset[str]()
        self.verdicts: dict[str, Verdict] = {}
        self.failing = set[str]()
        self.observed: dict[str, Outcome] = {}
        if mistake.fatal_outcome:
            # A mistake that never returns would only wait for the time limit, so it takes its declared outcome.
            self._add(dict.fromkeys(self._checks, declared_outcome(mistake)))
        elif behavior:
            self.verdicts = {
                check.id: Verdict(check, solution[check.id]) for check in checks if check.name in behavior.passes
            }
            self.failing = self._checks.keys() - self.verdicts.keys()

    def needed(self, verdicts: Sequence[Verdict]) -> list[str]:
        """Return the checks on which the mistake must run before diagnosis can decide whether it explains an answer."""
        return [] if self.mistake.fatal_outcome else needed_checks(verdicts, self._behavior)

    def needed_in_full(self) -> list[str]:
        """Return the checks on which the mistake must run so that its verdicts on all checks are known."""
        return self.runnable() if self._runs_on_all else sorted(self.failing)

    def runnable(self) -> list[str]:
        """Return the checks on which the mistake can run: all checks, or no check if it never returns."""
        return [] if self.mistake.fatal_outcome else list(self._checks)

    def not_observed(self, checks: Iterable[str]) -> list[str]:
        """Return those of the checks on which the mistake was not started, in the order of the function's checks."""
        wanted = {*checks} - self._pending.keys()
        return [check for check in self._checks if check in wanted]

    def take_stored(self, outcomes: Mapping[str, Outcome]) -> None:
        """Use outcomes that an earlier grading run stored; `wait` then decides the verdicts without a new run."""
        known = {check: outcome for check, outcome in outcomes.items() if check in self._checks}
        if self._runs_on_all and known.keys() != self._checks.keys():
            return
        self._stored = frozenset(known)
        self._pending |= {check: partial(dict, {check: outcome}) for check, outcome in known.items()}

    def new_outcomes(self) -> dict[str, Outcome]:
        """Return the observed outcomes, by check id, that were not stored by an earlier grading run."""
        return {check: outcome for check, outcome in self.observed.items() if check not in self._stored}

    @property
    def _runs_on_all(self) -> bool:
        """Whether the mistake must run on all checks if it runs on any."""
        return self._behavior is None or self._behavior.order_dependent

    def add_run(self, checks: Iterable[str], outcomes: PendingOutcomes) -> None:
        """Register a started run on these checks; `wait` then waits for its outcomes."""
        self._pending |= dict.fromkeys(checks, outcomes)

    def wait(self, checks: Iterable[str]) -> None:
        """Wait for the outcomes of the runs on these checks, and decide the verdicts on them."""
        for check in checks:
            if check not in self.observed:
                outcomes = self._pending[check]()
                self.observed |= outcomes
                self._add(outcomes)

    def _add(self, outcomes: Mapping[str, Outcome]) -> None:
        for check, outcome in outcomes.items():
            self.verdicts[check] = decide(self._checks[check], outcome, self._solution[check])
            self.failing.discard(check)
