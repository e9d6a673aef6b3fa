"""Choose the next step of a learner: one rule for `progress`, `watch`, pytest's summary and `check` in a notebook.

Functions that were begun come before functions that were not begun; within each of these two groups, functions are in
the order of the course. Within a function, failed checks come before checks in which the function still raises
NotImplementedError. Checks that cannot be decided on this machine come last, because no change of the function lets
them pass.
"""

from __future__ import annotations

from collections.abc import Collection

from grader.core.outcomes import Status

_RANKS = {Status.PASSED: 3, Status.GRADER_FAULT: 2, Status.NOT_ATTEMPTED: 1}


def rank_check(status: str) -> int:
    """Return the rank of a check by its status: the check with the least rank is the next step of its function."""
    return _RANKS.get(Status(status), 0)


def rank_function(statuses: Collection[str]) -> int:
    """Return the rank of a function by the statuses of its checks: the function with the least rank comes first.

    `statuses` must not be empty. A function that passes a check was begun, even if all other checks still end at
    NotImplementedError.
    """
    found = {Status(status) for status in statuses}
    begun = {Status.PASSED, Status.NOT_ATTEMPTED} <= found
    return 0 if begun else min(map(rank_check, found))
