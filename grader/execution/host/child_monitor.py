"""Follow one child: take its frames, keep the clock of each step, decide how it ended. Knows no process and no pipe.

A child of a student's has one job. Code of our own may share a child: then its jobs are run in their order.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from grader.core.outcomes import Located, Refused
from grader.core.reasons import Code, Reason
from grader.execution.guest.frames import (
    BadFrameError,
    FileFinished,
    FileStarted,
    Frame,
    FrameReader,
    FunctionsLocated,
    Job,
    TaskFinished,
)

MAX_OUTPUT = 16 << 10
"""Bytes of a submission's own output that are kept; the rest is read and dropped."""

TIME: Final = "time"
Ended: TypeAlias = Reason | Literal["time"] | None
"""How a child ended: None when it ran to its end, TIME when the clock ran out, otherwise how it crashed."""


@dataclass
class ChildReport:
    """What one child did for a job: its frames in order with the moment of each, how it ended, what it printed."""

    frames: list[tuple[float, Frame]] = field(default_factory=list)
    ended: Ended = None
    output: bytes = b""


class Follower:
    """The reports of a child in the making. `time_limit` (seconds) holds for each step: each file, each task.

    A job that the child did not come to, because an earlier one ended it, has a report without frames.
    """

    def __init__(self, jobs: Sequence[Job], time_limit: float) -> None:
        self.reports = [ChildReport() for _ in jobs]
        self._reader, self._limit = FrameReader(), time_limit
        self._turns, self._now = [_Turn(job) for job in jobs], 0
        self.deadline = 0.0
        self.restart_clock()

    @property
    def ended(self) -> bool:
        """Whether it is decided how the child ended, so that it may be killed."""
        return bool(self._report.ended)

    @property
    def over(self) -> bool:
        """Whether everything that was asked for is there."""
        return all(turn.over for turn in self._turns)

    @property
    def seconds_left(self) -> float:
        """Until the present step has taken too long."""
        return max(0.0, self.deadline - time.monotonic())

    @property
    def _report(self) -> ChildReport:
        return self.reports[self._now]

    def restart_clock(self, limit: float | None = None) -> None:
        """A step begins."""
        self.deadline = time.monotonic() + (self._limit if limit is None else limit)

    def take(self, data: bytes) -> None:
        """Take bytes of the result pipe. Only a whole frame, in its turn, restarts the clock."""
        if self.ended:
            return
        try:
            for frame in self._reader.feed(data):
                if self._turns[self._now].over and self._now + 1 < len(self._turns):
                    self._now += 1
                self._turns[self._now].check(frame)
                self._report.frames.append((time.monotonic(), frame))
                self.restart_clock()
        except BadFrameError as fault:
            self._report.ended = Reason.of(Code.BAD_RESULTS, fault=str(fault))

    def printed(self, data: bytes) -> None:
        """Take bytes of the output pipe."""
        report = self._report
        report.output += data[: MAX_OUTPUT - len(report.output)]

    def out_of_time(self) -> None:
        """The present step took too long."""
        if not self.ended:
            self._report.ended = TIME

    def finished(self, how: Ended) -> None:
        """The child is gone; `how` says why if it did not run to its end."""
        if not self.ended and not self._turns[self._now].over:
            self._report.ended = how


class _Turn:
    """What a child may say while it runs one job."""

    def __init__(self, job: Job) -> None:
        self._homes, self._files = job.homes.keys(), {path for path, _ in job.files}
        self._places: Mapping[str, Located] = {}
        self._placed, self._next, self._tasks = False, 0, job.tasks
        self._to_load: set[str] = set()
        self._loading = ""

    @property
    def over(self) -> bool:
        """Whether everything that was asked for is there."""
        return self._next == len(self._tasks)

    def check(self, frame: Frame) -> None:
        """The places come first, then each task once, in order; each file that defines something loads once."""
        if isinstance(frame, FunctionsLocated) == self._placed:
            raise BadFrameError("a frame out of turn")
        self._placed = True
        match frame:
            case FunctionsLocated(functions):
                self._places = functions
                self._to_load = {place.file for place in functions.values() if place.file}
                if functions.keys() != self._homes or not self._to_load <= self._files:
                    raise BadFrameError("places that were not asked for")
            case FileStarted(file):
                if self._loading or file not in self._to_load:
                    raise BadFrameError("a file out of turn")
                self._to_load.remove(file)
                self._loading = file
            case FileFinished(file):
                if not file or file != self._loading:
                    raise BadFrameError("a file out of turn")
                self._loading = ""
            case TaskFinished(index, outcome):
                if self._loading or index != self._next or self._next == len(self._tasks):
                    raise BadFrameError("a result out of turn")
                asks = isinstance(outcome, Refused) and outcome.review
                if asks and outcome != self._places[self._tasks[index].function].problem:
                    raise BadFrameError("not for a child to ask")  # a student's code ran: no person need look
                self._next += 1
