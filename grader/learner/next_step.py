"""Choose the next step of a learner: one rule for `progress`, `watch`, pytest's summary and `check` in a notebook.

First come functions that were begun, then those that were not, each in the order of the course. Within a function,
checks that it fails come before those that it does not answer yet. Checks that cannot be decided on this machine come
last, because no change of the function lets them pass.
"""

from __future__ import annotations

from collections.abc import Collection

from grader.core.outcomes import Status

_RANKS = {Status.PASSED: 3, Status.GRADER_FAULT: 2, Status.NOT_ATTEMPTED: 1}


def rank_check(status: str) -> int:
    """Return the rank of a check by its status: the check with the least rank is the next step of its function."""
    return _RANKS.get(Status(status), 0)


def rank_function(statuses: Collection[str]) -> int:
    """Return the rank of a function by the statuses of its checks, at least one: the least rank comes first.

    A function of which some checks pass was begun, even if the others still end at NotImplementedError.
    """
    found = {Status(status) for status in statuses}
    begun = {Status.PASSED, Status.NOT_ATTEMPTED} <= found
    return 0 if begun else min(map(rank_check, found))
