"""Budget of a submission: how much time and output all its children together may use, and have used.

The time limit of one step does not bound a submission, because each of hundreds of steps may stay below it. So the
budget limits all steps together. Time that a child waited for a processor counts neither as time of the step nor of the
budget: a submission must not lose points because other programs keep the machine busy.
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
"""Minimum time budget of a submission, in seconds. A long time limit gives a larger budget (TIME_LIMITS)."""

TIME_LIMITS = 12
"""The time budget of a submission is at least this many times its time limit. Right answers take milliseconds."""

TIMES_SOLUTION = 64
"""The results of a submission may have this many times as many bytes and values as the solution's results for the same
checks."""

LEAST_BYTES = 256 << 10
"""The results of a submission may always have this many bytes together, even if the solution's results are small."""

LEAST_VALUES = 1 << 14
"""The results of a submission may always have this many values together, even if the solution returns few values."""

MAX_DISPLAYS = 4 << 20
"""Maximum size, in bytes, of all displays of a submission. A display holds calls, exceptions and changed arguments of a
check, and decides no verdict."""

CLOCK_ERROR = 1e-3
"""Fewer seconds than this count as zero, because sums of times have rounding errors."""

LEAST_WAIT = 0.05
"""A wait of a child for a processor extends its time limit only from this many seconds on. On an idle machine, even an
endless loop waits for fewer seconds."""

WAIT_LIMITS = 12
"""Maximum wait of one step, or of one archive, for a processor, as a multiple of the time limit.

A submission may use processor time of four time limits. If every processor runs such a submission, a step of another
submission waits for four time limits. If three such submissions follow each other, it waits for twelve
time limits.
"""

WAIT_BUDGETS = 3
"""Maximum wait of a submission for a processor, as a multiple of its time budget. With this maximum, a submission takes
at most four times its budget, including the waits."""

MAX_THREADS = 256
"""Maximum number of threads of one child. The kernel's own limit (RLIMIT_NPROC) applies neither to root nor to a child
outside a user namespace."""

THREADS_INTERVAL = 0.1
"""Seconds between two counts of a child's threads. To start four thousand threads, a child needs three such intervals.
"""


def submission_seconds(time_limit: float, chosen: float | None = None) -> float:
    """Return the time budget of a submission in seconds: `chosen`, or a default that depends on the time limit."""
    return max(LEAST_SECONDS, TIME_LIMITS * time_limit) if chosen is None else chosen


def make_budget(seconds: float, solution: Iterable[FrameSize]) -> Budget:
    """Return the budget of a submission. `solution` yields the sizes of the solution's results for the same checks."""
    sizes = [*solution]
    values = max(LEAST_VALUES, TIMES_SOLUTION * sum(size.values for size in sizes))
    return Budget(seconds, max(LEAST_BYTES, TIMES_SOLUTION * sum(size.length for size in sizes)), values)


def most_memory(budget: Budget, checks: int) -> int:
    """Return the maximum memory, in bytes, that the results of a submission take until their verdicts are decided.

    A large result stays encoded (`child_monitor.LargeResult`), so each check takes at most LARGE bytes beyond the
    bytes of its frame.
    """
    return budget.bytes + min(checks * LARGE, FrameSize(0, budget.values).memory) + MAX_DISPLAYS


@dataclass
class BudgetUse:
    """The used part of a submission's budget. Without a budget nothing is limited, as for the course's own sources.

    seconds: time of all steps. A step goes from the start of a child to its first frame, or from frame to frame.
    bytes, values: size of all results.
    displays: size of all displays, in bytes.
    memory: memory of all results and displays, in bytes.
    waited: seconds that the submission waited for a processor; they are not counted in `seconds`.
    """

    budget: Budget | None = None
    seconds: float = 0.0
    bytes: int = 0
    values: int = 0
    displays: int = 0
    memory: int = 0
    waited: float = 0.0

    def add_result(self, size: FrameSize) -> None:
        """Add the size of a result. Call this before the result is decoded, which takes memory."""
        self.bytes += size.length
        self.values += size.values
        self.memory += size.length if size.is_large else size.memory

    def add_display(self, size: FrameSize) -> None:
        """Add the size of a display. Call this before the display is decoded, which takes memory."""
        self.displays += size.length
        self.memory += size.length

    @property
    def seconds_left(self) -> float:
        """Remaining seconds of the budget; infinite without a budget."""
        left = self.budget.seconds - self.seconds if self.budget else float("inf")
        return left if left > CLOCK_ERROR else 0.0

    @property
    def wait_left(self) -> float:
        """Seconds that the submission may still wait for a processor; infinite without a budget."""
        return max(0.0, WAIT_BUDGETS * self.budget.seconds - self.waited) if self.budget else float("inf")

    @property
    def exceeded(self) -> Reason | None:
        """The reason why the submission must stop, because its budget is used up; None if it may go on."""
        if self.budget and not self.seconds_left:
            return Reason.of(Code.TIME_BUDGET, seconds=round(self.budget.seconds))
        return self.exceeded_output

    @property
    def exceeded_output(self) -> Reason | None:
        """The reason why the submission must stop, because it sent too much output; None if it may go on."""
        most = self.budget
        if most and self.bytes > most.bytes:
            return Reason.of(Code.OUTPUT_BUDGET, kb=most.bytes // 1000)
        if most and self.values > most.values:
            return Reason.of(Code.VALUES_BUDGET, values=most.values)
        if most and self.displays > MAX_DISPLAYS:
            return Reason.of(Code.OUTPUT_BUDGET, kb=MAX_DISPLAYS // 1000)
        return None


class ProcessorWait:
    """Measures how long the main thread of a child waited for a processor because other programs used it.

    While other threads of the same child ran, the main thread waited for its own program. The budget does not count the
    time of such waits.
    """

    def __init__(self, pidfd: int) -> None:
        self._pidfd, self._taken = pidfd, 0.0

    def take(self) -> float:
        """Return the seconds of waiting since the last call; 0 if they are few, or if the system hides them."""
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
    """Counts the threads of a child, at most once per THREADS_INTERVAL. Without /proc it finds no thread."""

    def __init__(self, pidfd: int) -> None:
        self._pidfd, self._next = pidfd, time.monotonic() + THREADS_INTERVAL

    def exceeds_limit(self) -> bool:
        """Return whether the child has more than MAX_THREADS threads; False if it is too early for another count."""
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + THREADS_INTERVAL
        with suppress(OSError, ValueError, IndexError):  # the child has just ended, or /proc hides it
            return Path(f"/proc/{_process_id(self._pidfd)}/task").stat().st_nlink - 2 > MAX_THREADS
        return False


def _process_id(pidfd: int) -> int:
    """Return the process id, in this process's namespace, of the process that `pidfd` refers to.

    Raises OSError, ValueError or IndexError if it has no id here.
    """
    fields = Path(f"/proc/self/fdinfo/{pidfd}").read_text("ascii").split()
    return int(fields[fields.index("Pid:") + 1])
