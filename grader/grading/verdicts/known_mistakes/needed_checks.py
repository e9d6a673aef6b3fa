"""Find the checks on which a mistake must run before diagnosis can decide whether it explains an answer."""

from __future__ import annotations

from collections.abc import Sequence

from grader.core.outcomes import Observed, Raised
from grader.course.passed_checks import MistakeBehavior
from grader.grading.verdicts.verdict import Verdict


def needed_checks(verdicts: Sequence[Verdict], behavior: MistakeBehavior | None) -> list[str]:
    """Return the ids of the checks of one function on which a mistake must run.

    verdicts: the verdicts on all checks of the answer.
    behavior: which checks the mistake is known to pass; None if this is not known. If `behavior` is None, the mistake
        must run on all checks.

    The mistake need not run
    - on any check, if it fails a check that the answer passes: then it is ruled out (rule 2 of `diagnosis`);
    - on a check that the answer or the mistake passes;
    - on a check in which only one of the two raises an exception: then the mistake does not explain the check.
    If the outcomes of the mistake depend on the checks that ran before, it must run on all checks in their order, as
    the answer did, or on none.
    """
    everything = [verdict.check.id for verdict in verdicts]
    if behavior is None:
        return everything
    if any(verdict.passed and verdict.check.name not in behavior.passes for verdict in verdicts):
        return []
    wanted = [v.check.id for v in verdicts if not v.passed and _may_predict(behavior, v)]
    return everything if wanted and behavior.order_dependent else wanted


def _may_predict(behavior: MistakeBehavior, verdict: Verdict) -> bool:
    """Return whether a mistake may have the same outcome as the answer in a check that the answer fails."""
    name = verdict.check.name
    if name in behavior.passes:
        return False
    match verdict.outcome:
        case Observed():
            return name not in behavior.raises
        case Raised():
            return name in behavior.raises
    return False
