"""Budget of a submission: what all its children together may use, and what they have used.

A limit of one step does not bound a submission: hundreds of steps may each stay below it. Neither counts the time that
a child waited for a processor: a submission must not lose points because of what its neighbors do.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from grader.core.reasons import Code, Reason
from grader.execution.guest.frames import LARGE, FrameSize
from grader.execution.guest.job import Budget
from grader.execution.guest.zygote_protocol import processor_seconds

LEAST_SECONDS = 60.0
"""Minimum time budget of a submission, in seconds; the budget is larger if TIME_LIMITS time limits are longer."""

TIME_LIMITS = 12
"""The time budget of a submission is at least this many time limits. Right answers take milliseconds."""

TIMES_SOLUTION = 64
"""The results of a submission may have this many times the bytes and values that the solution's have, for the same
checks."""

LEAST_BYTES = 256 << 10
"""The results of a submission may have at least this many bytes together, even if those of the solution are small."""

LEAST_VALUES = 1 << 14
"""The results of a submission may have at least this many values together, even if the solution returns few."""

MAX_DISPLAYS = 4 << 20
"""Maximum size of all displays of a submission, in bytes: calls, exceptions and changed arguments, which decide no
verdict."""

CLOCK_ERROR = 1e-3
"""Fewer seconds than this count as zero, because sums of times have rounding errors."""

LEAST_WAIT = 0.05
"""A child that waited for a processor gets these seconds back only if they are at least so many: on an idle machine an
endless loop waits for less."""

WAIT_LIMITS = 12
"""Maximum wait for a processor of one step, or of one archive, in time limits.

A submission may use processor time of four time limits. So if a submission that uses all of it runs on every processor,
a step waits for four time limits; if three such submissions follow each other, it waits for twelve.
"""

WAIT_BUDGETS = 3
"""Maximum wait of a submission for a processor, in time budgets: with its own budget, it takes four budgets at most."""

MAX_THREADS = 256
"""Maximum number of threads of one child. RLIMIT_NPROC does not limit root, nor a child outside a user namespace."""

THREADS_INTERVAL = 0.1
"""Seconds between two counts of a child's threads: four thousand threads take a child three times as long to start."""


def submission_seconds(time_limit: float, chosen: float | None = None) -> float:
    """Return the seconds for all checks of a submission: those that the user chose, or what the time limit implies."""
    return max(LEAST_SECONDS, TIME_LIMITS * time_limit) if chosen is None else chosen


def make_budget(seconds: float, solution: Iterable[FrameSize]) -> Budget:
    """Return the budget of a submission, from the sizes of the solution's results for the same checks."""
    sizes = [*solution]
    values = max(LEAST_VALUES, TIMES_SOLUTION * sum(size.values for size in sizes))
    return Budget(seconds, max(LEAST_BYTES, TIMES_SOLUTION * sum(size.length for size in sizes)), values)


def most_memory(budget: Budget, checks: int) -> int:
    """Return the maximum memory, in bytes, of the results of a submission until their verdicts are decided.

    A large result stays encoded (`ChildMonitor`), so each check takes at most LARGE bytes beyond its frame.
    """
    return budget.bytes + min(checks * LARGE, FrameSize(0, budget.values).memory) + MAX_DISPLAYS


@dataclass
class BudgetUse:
    """What a submission has used of its budget. Without a budget nothing is limited, as for the course's own sources.

    `seconds` are those of its steps: from the start of a child to its first frame, and from frame to frame. `bytes` and
    `values` are those of its results, `displays` the bytes of its displays. `memory` is what all of them take in bytes.
    `waited` are the seconds that it waited for a processor, and that were not counted.
    """

    budget: Budget | None = None
    seconds: float = 0.0
    bytes: int = 0
    values: int = 0
    displays: int = 0
    memory: int = 0
    waited: float = 0.0

    def add_result(self, size: FrameSize) -> None:
        """Count a result, before it is decoded."""
        self.bytes += size.length
        self.values += size.values
        self.memory += size.length if size.is_large else size.memory

    def add_display(self, size: FrameSize) -> None:
        """Count a display, before it is decoded."""
        self.displays += size.length
        self.memory += size.length

    @property
    def seconds_left(self) -> float:
        """Seconds that are left; infinite without a budget."""
        left = self.budget.seconds - self.seconds if self.budget else float("inf")
        return left if left > CLOCK_ERROR else 0.0

    @property
    def wait_left(self) -> float:
        """Seconds that the submission may still wait for a processor; infinite without a budget."""
        return max(0.0, WAIT_BUDGETS * self.budget.seconds - self.waited) if self.budget else float("inf")

    @property
    def exceeded(self) -> Reason | None:
        """The reason why the submission may not go on, or None."""
        if self.budget and not self.seconds_left:
            return Reason.of(Code.TIME_BUDGET, seconds=round(self.budget.seconds))
        return self.exceeded_output

    @property
    def exceeded_output(self) -> Reason | None:
        """The reason why the submission may not send any more, or None."""
        most = self.budget
        if most and self.bytes > most.bytes:
            return Reason.of(Code.OUTPUT_BUDGET, kb=most.bytes // 1000)
        if most and self.values > most.values:
            return Reason.of(Code.VALUES_BUDGET, values=most.values)
        if most and self.displays > MAX_DISPLAYS:
            return Reason.of(Code.OUTPUT_BUDGET, kb=MAX_DISPLAYS // 1000)
        return None


class ProcessorWait:
    """The time that the main thread of a child could have run, but waited for a processor that others used.

    While threads of the child itself ran, the main thread waited for them: this time is left out.
    """

    def __init__(self, pidfd: int) -> None:
        self._pidfd, self._taken = pidfd, 0.0

    def take(self) -> float:
        """Return the seconds since the last call; 0 if they are few, or if the system does not tell them."""
        total = 0.0
        with suppress(OSError, ValueError, IndexError):  # the child has just ended, or /proc hides it
            pid = _process_id(self._pidfd)
            ran, waited = (int(number) / 1e9 for number in Path(f"/proc/{pid}/schedstat").read_text().split()[:2])
            total = waited - (processor_seconds(pid) - ran)
        if total - self._taken < LEAST_WAIT:
            return 0.0
        taken, self._taken = self._taken, total
        return total - taken


class ThreadCount:
    """Counts the threads of a child, as often as THREADS_INTERVAL allows; without /proc it finds none."""

    def __init__(self, pidfd: int) -> None:
        self._pidfd, self._next = pidfd, time.monotonic() + THREADS_INTERVAL

    def exceeds_limit(self) -> bool:
        """Return whether the child has more than MAX_THREADS threads, if it is time to count them."""
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + THREADS_INTERVAL
        with suppress(OSError, ValueError, IndexError):  # the child has just ended, or /proc hides it
            return Path(f"/proc/{_process_id(self._pidfd)}/task").stat().st_nlink - 2 > MAX_THREADS
        return False


def _process_id(pidfd: int) -> int:
    """Return the id of a process as this process sees it. Raises OSError, ValueError or IndexError if it has none."""
    fields = Path(f"/proc/self/fdinfo/{pidfd}").read_text("ascii").split()
    return int(fields[fields.index("Pid:") + 1])
