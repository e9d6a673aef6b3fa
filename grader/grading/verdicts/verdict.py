"""Decide one check: compare the outcome with the outcome of the solution."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from grader.core.comparison import Difference, find_differences
from grader.core.outcome_text import outcome_summary
from grader.core.outcomes import (
    Crashed,
    GraderFault,
    Missing,
    NotAttempted,
    Observed,
    Outcome,
    Raised,
    Refused,
    Status,
    TimedOut,
    Unreadable,
)
from grader.core.reasons import Code, Reason
from grader.execution.guest.call_recording.recorded_call import NO_DISPLAY, CheckDisplay
from grader.experiments.declaration import Check
from grader.grading.verdicts.relations.relation import Relation


@dataclass(frozen=True)
class Verdict:
    """Verdict on one check of one submission.

    hints: ids of the mistakes that were recognized in it.
    display: the call with its arguments, changed arguments and exceptions, to be displayed. It decides nothing.
    relations: how wrong observations relate to the expected ones, by name. They decide nothing.
    """

    check: Check
    outcome: Outcome
    differences: tuple[Difference, ...] = ()
    hints: tuple[str, ...] = ()
    display: CheckDisplay = NO_DISPLAY
    relations: Mapping[str, Relation] = field(default_factory=dict)

    @cached_property
    def passed(self) -> bool:
        """True if there is an observation, and it equals the reference."""
        return isinstance(self.outcome, Observed) and not self.differences

    @cached_property
    def wrong(self) -> frozenset[str]:
        """The names of the observations that differ."""
        return frozenset(difference.name for difference in self.differences)

    @property
    def status(self) -> Status:
        """The kind of the outcome, as results.jsonl names it."""
        match self.outcome:
            case Observed():
                return Status.FAILED if self.differences else Status.PASSED
            case NotAttempted():
                return Status.NOT_ATTEMPTED
            case Missing():
                return Status.MISSING
            case Raised():
                return Status.RAISED
            case TimedOut():
                return Status.TIMED_OUT
            case Crashed():
                return Status.CRASHED
            case Refused():
                return Status.REFUSED
            case Unreadable():
                return Status.UNREADABLE
            case GraderFault():
                return Status.GRADER_FAULT


def decide(check: Check, outcome: Outcome, reference: Outcome) -> Verdict:
    """Compare an outcome with the reference.

    If the solution gave no observation, the grader failed: the function is left ungraded, never scored zero.
    """
    if not isinstance(reference, Observed):
        return Verdict(check, GraderFault(Reason.of(Code.SOLUTION_FAILED, outcome=outcome_summary(reference))))
    if not isinstance(outcome, Observed):
        return Verdict(check, outcome)
    return Verdict(check, outcome, tuple(find_differences(outcome.values, reference.values, check.tolerance)))


def distance(verdict: Verdict) -> float:
    """Return the largest difference in tolerances: 0 for equal values, inf without observations or for other types."""
    if not isinstance(verdict.outcome, Observed):
        return math.inf
    return max((difference.ratio for difference in verdict.differences), default=0.0)
