"""Worker that opens archives: its zygote forks one sandboxed child for each archive. The child runs no student code.

The stream that a child writes is checked byte by byte (`extraction.archive_stream`) before any part of it is used.
"""

from __future__ import annotations

import time

import msgspec

from grader.core.reasons import Code, Reason
from grader.execution.extraction.archive_jobs import ArchiveJob, ArchiveSetup
from grader.execution.extraction.archive_stream import BadStreamError, Extraction, max_stream_bytes, parse_stream
from grader.execution.guest.zygote_protocol import JOB
from grader.execution.host.child_monitor import Ending
from grader.execution.host.sandbox_levels import EXTRACTION, Sandbox
from grader.execution.host.submission_budget import WAIT_LIMITS
from grader.execution.host.zygotes.zygote_process import ZygoteProcess

TRIAL_LIMIT = 10.0
"""Time limit, in seconds, for the trial of the sandbox. The trial usually takes milliseconds."""


class ExtractionTimeoutError(Exception):
    """Opening an archive took longer than the time limit."""


class ExtractionWorker(ZygoteProcess):
    """One zygote with libarchive. Opens one archive at a time."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(EXTRACTION, sandbox)
        self.set_up(msgspec.msgpack.encode(ArchiveSetup(sorted(sandbox.protections), sandbox.memory, sandbox.cpu)))

    def passes_trial(self) -> bool:
        """Return whether the sandbox of a child blocks every attempt of the trial. Raises WorkerDiedError."""
        monitor = StreamMonitor(TRIAL_LIMIT, most=64)
        self.run_child(JOB, msgspec.msgpack.encode(ArchiveJob(is_trial=True)), monitor)
        return bool(monitor.stream) and set(monitor.stream) == {True}

    def extract(self, job: ArchiveJob, time_limit: float) -> tuple[Extraction, bytes]:
        """Open an archive; return its content, and the stream from which `parse_stream` has read this content.

        `time_limit` is in seconds. Raises ExtractionTimeoutError at the time limit, BadStreamError if the child crashed
        or wrote no correct stream, and WorkerDiedError if the zygote ended.
        """
        monitor = StreamMonitor(time_limit, max_stream_bytes(job))
        self.run_child(JOB, msgspec.msgpack.encode(job), monitor)
        if monitor.is_late:
            raise ExtractionTimeoutError
        if monitor.is_too_long:
            raise BadStreamError("too many bytes")
        stream = bytes(monitor.stream)
        return parse_stream(stream, job), stream


class StreamMonitor:
    """Collects the stream of one child, up to `most` bytes, and measures its time."""

    def __init__(self, time_limit: float, most: int) -> None:
        self.stream = bytearray()
        self.is_late = self.is_too_long = False
        self._limit, self._most, self._waited = time_limit, most, 0.0
        self.restart_clock()

    @property
    def seconds_left(self) -> float:
        """Seconds until the time limit."""
        return max(0.0, self._deadline - time.monotonic())

    @property
    def seconds_overdue(self) -> float:
        """Seconds since the end of the time limit; 0 before its end."""
        return max(0.0, time.monotonic() - self._deadline)

    @property
    def is_decided(self) -> bool:
        """Whether the child exceeded a limit and must be killed."""
        return self.is_late or self.is_too_long

    def restart_clock(self, limit: float | None = None) -> None:
        """Start the clock with a limit in seconds, or with the limit of this monitor if it is None."""
        self._deadline = time.monotonic() + (self._limit if limit is None else limit)

    def extend_clock(self, seconds: float) -> None:
        """Give the child more seconds, because it waited for a processor.

        All additional seconds together are at most WAIT_LIMITS times the time limit.
        """
        given = min(seconds, WAIT_LIMITS * self._limit - self._waited)
        self._waited += given
        self._deadline += given

    def add_results(self, data: bytes) -> None:
        """Add bytes of the stream."""
        if len(self.stream) + len(data) > self._most:
            self.is_too_long = True
        else:
            self.stream += data

    def add_output(self, data: bytes) -> None:
        """Drop printed output, because no message shows the output of a child that opens archives."""

    def end(self, reason: Reason) -> None:
        """Refuse the stream, because the child started too many threads: only a manipulated child does this."""
        self.is_too_long = True

    def time_out(self) -> None:
        """Note that the child exceeded the time limit."""
        self.is_late = True

    def record_end(self, ending: Ending) -> None:
        """Treat a child that the kernel killed for its processor time as timed out.

        Other endings need no treatment: they leave an incomplete stream, which `parse_stream` refuses.
        """
        self.is_late = self.is_late or (isinstance(ending, Reason) and ending.code == Code.PROCESSOR_TIME)
