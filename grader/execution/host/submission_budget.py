"""Budget of a submission: what all its children together may use, and what they have used.

A limit of one step does not bound a submission: hundreds of steps may each stay below it.
"""

from __future__ import annotations

from dataclasses import dataclass

from grader.core.reasons import Code, Reason
from grader.execution.guest.frames import Budget

LEAST_SECONDS = 60.0
"""Seconds for a submission with the default time limit; more if 12 time limits are longer."""

TIME_LIMITS = 12
"""Time limits that a submission may use, at least. Right answers take milliseconds."""

CLOCK_ERROR = 1e-3
"""Seconds that count as none: sums of times have rounding errors."""


def submission_seconds(time_limit: float, chosen: float | None = None) -> float:
    """Return the seconds for all checks of a submission: those that the user chose, or what the time limit implies."""
    return max(LEAST_SECONDS, TIME_LIMITS * time_limit) if chosen is None else chosen


@dataclass
class BudgetUse:
    """What a submission has used of its budget. Without a budget nothing is limited, as for the course's own sources.

    `seconds` are those of its steps: from the start of a child to its first frame, and from frame to frame.
    """

    budget: Budget | None = None
    seconds: float = 0.0

    @property
    def seconds_left(self) -> float:
        """Seconds that are left; infinite without a budget."""
        left = self.budget.seconds - self.seconds if self.budget else float("inf")
        return left if left > CLOCK_ERROR else 0.0

    @property
    def exceeded(self) -> Reason | None:
        """The reason why the submission may not go on, or None."""
        if self.budget and not self.seconds_left:
            return Reason.of(Code.TIME_BUDGET, seconds=round(self.budget.seconds))
        return None
