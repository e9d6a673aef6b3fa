"""Decide on which checks a mistake must be observed before it may be named for an answer."""

from __future__ import annotations

from collections.abc import Sequence

from grader.core.outcomes import Observed, Raised
from grader.course.passed_checks import MistakeBehavior
from grader.grading.verdicts.verdict import Verdict


def needed_checks(verdicts: Sequence[Verdict], behavior: MistakeBehavior | None) -> list[str]:
    """Return the ids of the checks of one function on which a mistake must be observed, for these verdicts.

    The mistake need not be observed
    - at all, if it is known to fail a check that the answer passes: it is ruled out (rule 2 of `diagnosis`);
    - on a check that the answer or the mistake passes;
    - on a check in which one of the two raises an exception and the other does not: it predicts nothing there.
    Without `behavior` nothing is known of the mistake. If its outcomes depend on the checks that ran before, it runs on
    all checks in their order, as the answer did.
    """
    everything = [verdict.check.id for verdict in verdicts]
    if behavior is None:
        return everything
    if any(verdict.passed and verdict.check.name not in behavior.passes for verdict in verdicts):
        return []
    wanted = [v.check.id for v in verdicts if not v.passed and _may_predict(behavior, v)]
    return everything if wanted and behavior.order_dependent else wanted


def _may_predict(behavior: MistakeBehavior, verdict: Verdict) -> bool:
    """Return whether a mistake may have the outcome of a failed check."""
    name = verdict.check.name
    if name in behavior.passes:
        return False
    match verdict.outcome:
        case Observed():
            return name not in behavior.raises
        case Raised():
            return name in behavior.raises
    return False
