"""Monitor of one child process: checks its frames, times each step, decides how the child ended.

The monitor only receives bytes: the workers read the pipes and kill the process. A child that runs a submission has
only one job. Sources of the course may share a child, which then runs several jobs in order.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from grader.core.outcomes import Located, Unreadable
from grader.core.reasons import Code, Reason
from grader.execution.guest.frames import (
    BadFrameError,
    CheckDisplayed,
    CheckFinished,
    FileFinished,
    FileStarted,
    Frame,
    FrameReader,
    FrameSize,
    FunctionsLocated,
    decode,
)
from grader.execution.guest.job import Job
from grader.execution.host.submission_budget import WAIT_LIMITS, BudgetUse

MAX_OUTPUT = 16 << 10
"""Maximum size, in bytes, of the printed output in a report. Further output is read and dropped."""

DISPLAY = b'["shown",'
"""The first bytes of a frame that holds a display, as a child encodes it."""

TIME: Final = "time"
Ending: TypeAlias = Reason | Literal["time"] | None
"""How a child ended: None if it sent all results, TIME if a step exceeded the time limit, otherwise the reason."""


@dataclass(frozen=True)
class LargeResult:
    """A checked frame `CheckFinished` of a submission, in encoded form.

    The decoded frame would take too much memory while it waits for its verdict.
    """

    index: int
    frame: bytes


@dataclass
class ChildReport:
    """Report on one job of a child: its frames in order, its ending and its printed output.

    Each frame has the time of its arrival, in seconds of `time.monotonic`.
    """

    frames: list[tuple[float, Frame | LargeResult]] = field(default_factory=list)
    ending: Ending = None
    output: bytes = b""


class ChildMonitor:
    """Builds the reports of a child from the bytes of its pipes.

    `time_limit` is in seconds, for each file and each check. `use` counts what earlier children of the same submission
    have used. If a job ends the child, the reports on the later jobs have no frames.
    """

    def __init__(self, jobs: Sequence[Job], time_limit: float, use: BudgetUse | None = None) -> None:
        self.reports = [ChildReport() for _ in jobs]
        self._reader, self._limit, self._use = FrameReader(), time_limit, use or BudgetUse()
        self._expected, self._current = [_ExpectedFrames(job) for job in jobs], 0
        self.deadline = 0.0
        self._started: float | None = None
        self._waited, self._waited_too_long = 0.0, False
        self.restart_clock(time_limit)

    @property
    def is_decided(self) -> bool:
        """Whether the ending is decided, so that the child must be killed."""
        return bool(self._report.ending)

    @property
    def is_complete(self) -> bool:
        """Whether the results of all checks of all jobs have arrived."""
        return all(expected.is_complete for expected in self._expected)

    @property
    def is_drained(self) -> bool:
        """Whether all results have arrived, and the displays that the child still had to send."""
        return self.is_complete and all(expected.is_displayed for expected in self._expected)

    @property
    def seconds_left(self) -> float:
        """Seconds until the time limit of the current step."""
        return max(0.0, self.deadline - time.monotonic())

    @property
    def seconds_overdue(self) -> float:
        """Seconds since the end of the time limit of the current step; 0 before its end."""
        return max(0.0, time.monotonic() - self.deadline)

    @property
    def _report(self) -> ChildReport:
        return self.reports[self._current]

    def restart_clock(self, limit: float | None = None) -> None:
        """Start the clock of the next step of the submission. The time limit and the remaining budget bound the step.

        Pass a `limit` in seconds to wait for something else, such as the end of a killed child. Such a wait is not
        charged to the budget.
        """
        self._charge_step()
        now = time.monotonic()
        self.deadline = now + (min(self._limit, self._use.seconds_left) if limit is None else limit)
        self._started = now if limit is None else None
        self._waited, self._waited_too_long = 0.0, False

    def extend_clock(self, seconds: float) -> None:
        """Give the current step more seconds, because the child waited for a processor. The budget is not charged.

        WAIT_LIMITS and WAIT_BUDGETS bound the additional seconds, so that no submission keeps a worker for ever.
        """
        if self._started is None:
            return
        most = min(WAIT_LIMITS * self._limit - self._waited, self._use.wait_left)
        self._waited_too_long = self._waited_too_long or seconds > most
        given = min(seconds, most)
        self._waited += given
        self._use.waited += given
        self._started += given
        self.deadline += given

    def _charge_step(self) -> None:
        """Add the seconds of the current step to the used seconds.

        Time after the deadline of the step is not counted, because then the machine was suspended.
        """
        if self._started is not None:
            self._use.seconds += min(time.monotonic(), self.deadline) - self._started
            self._started = None

    def add_results(self, data: bytes) -> None:
        """Add bytes of the result pipe. Only a complete and expected frame restarts the clock.

        Each frame is charged to the budget before it is decoded, because decoding takes memory and time. A display is
        dropped unless it belongs to the last finished check. A display does not restart the clock, because it is not a
        result.
        """
        if self.is_decided:
            return
        try:
            for body in self._reader.feed(data):
                size = FrameSize.of(body)
                if ended := self._exceeds_budget(body, size):
                    self._report.ending = ended
                    return
                frame = decode(body, size)
                if isinstance(frame, CheckDisplayed):
                    if self._expected[self._current].takes_display(frame):
                        self._report.frames.append((time.monotonic(), frame))
                    continue
                if self._expected[self._current].is_complete and self._current + 1 < len(self._expected):
                    self._current += 1
                self._expected[self._current].check(frame)
                is_large = self._use.budget and size.is_large and isinstance(frame, CheckFinished)
                received = LargeResult(self._expected[self._current].last_index, body) if is_large else frame
                self._report.frames.append((time.monotonic(), received))
                self.restart_clock()
        except BadFrameError as fault:
            self._report.ending = fault.reason

    def _exceeds_budget(self, body: bytes, size: FrameSize) -> Reason | None:
        """Charge a frame that student code may have written, and return why the submission must end, or None.

        The first frame is free: the child writes it after it has parsed the files, before any student code runs.
        """
        if self._report.frames:
            (self._use.add_display if body.startswith(DISPLAY) else self._use.add_result)(size)
        return self._use.exceeded_output

    def add_output(self, data: bytes) -> None:
        """Add bytes of the output pipe to the current report, up to MAX_OUTPUT."""
        report = self._report
        report.output += data[: MAX_OUTPUT - len(report.output)]

    def end(self, reason: Reason) -> None:
        """Decide that the child must end for this reason, unless all results have arrived."""
        if not self.is_decided and not self.is_complete:
            self._report.ending = reason

    def time_out(self) -> None:
        """Decide that the child must end, because its current step took too long or waited too long."""
        if self.is_decided:
            return
        self._charge_step()
        if self._waited_too_long:
            self._report.ending = Reason.of(Code.NO_PROCESSOR, seconds=round(self._use.waited))
        else:
            self._report.ending = self._use.exceeded or TIME

    def record_end(self, ending: Ending) -> None:
        """Record the end of the process. `ending` counts only if results are missing and no ending is decided yet."""
        self._charge_step()
        if not self.is_decided and not self._expected[self._current].is_complete:
            self._report.ending = ending


class _ExpectedFrames:
    """The sequence of frames that a child may send while it runs one job."""

    def __init__(self, job: Job) -> None:
        self._homes, self._files = job.homes.keys(), {path for path, _ in job.files}
        self._locations: Mapping[str, Located] = {}
        self._located, self._next, self._requests = False, 0, job.requests
        self._to_load: set[str] = set()
        self._loading = ""
        self._displayed, self._record_calls = -1, job.record_calls

    @property
    def is_displayed(self) -> bool:
        """Whether the display of the last check has arrived; True if the job does not request displays."""
        return not self._record_calls or self._displayed == len(self._requests) - 1

    def takes_display(self, frame: CheckDisplayed) -> bool:
        """Return whether a display is the first one of the last finished check."""
        takes = self._displayed < frame.index == self._next - 1
        self._displayed = max(self._displayed, frame.index) if takes else self._displayed
        return takes

    @property
    def last_index(self) -> int:
        """The index of the last finished check."""
        return self._next - 1

    @property
    def is_complete(self) -> bool:
        """Whether the results of all checks have arrived."""
        return self._next == len(self._requests)

    def check(self, frame: Frame) -> None:
        """Raise BadFrameError unless the frame is expected now: first the locations, then each check once, in order.

        Between checks, each file that defines a requested function runs once.
        """
        if isinstance(frame, FunctionsLocated) == self._located:
            raise BadFrameError("an unexpected frame")
        self._located = True
        match frame:
            case FunctionsLocated(functions, encodings):
                self._locations = functions
                self._to_load = {place.file for place in functions.values() if place.file}
                if functions.keys() != self._homes or not self._to_load | encodings.keys() <= self._files:
                    raise BadFrameError("locations of functions or files that were not requested")
            case FileStarted(file):
                if self._loading or file not in self._to_load:
                    raise BadFrameError("an unexpected file")
                self._to_load.remove(file)
                self._loading = file
            case FileFinished(file):
                if not file or file != self._loading:
                    raise BadFrameError("an unexpected file")
                self._loading = ""
            case CheckFinished(index, outcome):
                if self._loading or index != self._next or self._next == len(self._requests):
                    raise BadFrameError("an unexpected result")
                if (
                    isinstance(outcome, Unreadable)
                    and outcome != self._locations[self._requests[index].function].problem
                ):
                    # An unreadable file leaves its function ungraded. So only the parser may report it, never code that
                    # has run.
                    raise BadFrameError("a file is reported as unreadable after the parser could read it")
                self._next += 1
