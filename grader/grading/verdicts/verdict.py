"""Decide the verdict on one check: compare the outcome of a submission with the outcome of the solution."""

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
from grader.grading.verdicts.relations.relation_kinds import Relation


@dataclass(frozen=True)
class Verdict:
    """Verdict on one check of one submission.

    differences: differences between the observations and those of the solution.
    hints: ids of the mistakes whose hints are shown with this check.
    display: the call, the changed arguments and the exceptions, for display only: no score depends on them.
    relations: name of a wrong observation -> how its value relates to the expected one; for display only.
    """

    check: Check
    outcome: Outcome
    differences: tuple[Difference, ...] = ()
    hints: tuple[str, ...] = ()
    display: CheckDisplay = NO_DISPLAY
    relations: Mapping[str, Relation] = field(default_factory=dict)

    @cached_property
    def passed(self) -> bool:
        """True if the check returned observations, and all of them equal those of the solution."""
        return isinstance(self.outcome, Observed) and not self.differences

    @cached_property
    def wrong(self) -> frozenset[str]:
        """The names of the observations that differ from those of the solution."""
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
    """Return the verdict on an outcome, compared with `reference`, the outcome of the solution.

    If the solution returned no observations, the verdict is a failure of the grader. The function is then left ungraded
    instead of being scored zero.
    """
    if not isinstance(reference, Observed):
        return Verdict(check, GraderFault(Reason.of(Code.SOLUTION_FAILED, outcome=outcome_summary(reference))))
    if not isinstance(outcome, Observed):
        return Verdict(check, outcome)
    return Verdict(check, outcome, tuple(find_differences(outcome.values, reference.values, check.tolerance)))


def distance(verdict: Verdict) -> float:
    """Return the largest difference between observations and reference, as a multiple of the tolerance.

    The distance is 0 if all values are equal. The distance is inf if there are no observations, or if a type differs.
    """
    if not isinstance(verdict.outcome, Observed):
        return math.inf
    return max((difference.ratio for difference in verdict.differences), default=0.0)
