"""Watch one child: read its pipes, measure its time, count its threads, and kill it when its ending is decided.

Theory of operation
    A child sends a frame every millisecond or so. If the grader read each frame at once, reading would take half of its
    own processor time. So it reads what has come every READ_INTERVAL seconds, and at once when the zygote reports the
    end of the child. Frames lie in the pipe meanwhile, also those of a child that is killed or crashes.
"""

from __future__ import annotations

import os
import select
import selectors
import signal
import socket
from contextlib import suppress
from typing import Protocol

from grader.core.reasons import Code, Reason
from grader.execution.host.child_monitor import Ending
from grader.execution.host.submission_budget import MAX_THREADS, THREADS_INTERVAL, ProcessorWait, ThreadCount

REAP_LIMIT = 10.0
"""How many seconds the grader waits for a killed child to be reaped. The kernel needs time to free its memory."""

READ_INTERVAL = 0.01
"""Seconds between two reads of the pipes of a child."""

LARGE_READ = 16 << 10
"""If a read returns at least this many bytes, the pipes are read again at once, so that the child need not wait."""

MAX_DELAY = 1.0
"""If the grader notices the end of a time limit later than this many seconds, the machine or the grader was stopped."""


class Monitor(Protocol):
    """Interface of a monitor, such as `child_monitor.ChildMonitor`.

    A monitor gets the bytes of a child and decides when the child must be killed.
    """

    @property
    def seconds_left(self) -> float:
        """Seconds until the time limit."""
        ...

    @property
    def seconds_overdue(self) -> float:
        """Seconds since the end of the time limit; 0 before its end."""
        ...

    @property
    def is_decided(self) -> bool:
        """Whether the ending is decided, so that the child must be killed."""
        ...

    def add_results(self, data: bytes) -> None:
        """Add bytes of the result pipe."""
        ...

    def add_output(self, data: bytes) -> None:
        """Add bytes of the output pipe."""
        ...

    def time_out(self) -> None:
        """Decide that the child exceeded the time limit."""
        ...

    def end(self, reason: Reason) -> None:
        """Decide that the child must end for this reason."""
        ...

    def restart_clock(self, limit: float | None = None) -> None:
        """Start the clock again with a limit in seconds, or with the child's own limit if it is None."""
        ...

    def extend_clock(self, seconds: float) -> None:
        """Give the child more seconds, because it waited for a processor."""
        ...

    def record_end(self, ending: Ending) -> None:
        """Record how the process of the child ended."""
        ...


class ChildWatch:
    """Watches one child, inside a `with` block. Call `step` until it returns False, then `read_rest`.

    `control` is the socket to the zygote, `results` and `output` are the ends of the child's pipes, and `pidfd` is the
    child. `is_not_reaped` is true if the child was killed and the zygote has not reported its end in time.
    """

    def __init__(self, control: socket.socket, results: int, output: int, pidfd: int, monitor: Monitor) -> None:
        self._control, self._pidfd, self._monitor = control, pidfd, monitor
        self._add = {results: monitor.add_results, output: monitor.add_output}
        self._waiting, self._threads = ProcessorWait(pidfd), ThreadCount(pidfd)
        self._killed = self.is_not_reaped = False
        self._ready = selectors.DefaultSelector()
        self._end = select.poll()
        self._end.register(control, select.POLLIN)
        self._ready.register(control, selectors.EVENT_READ)
        for fd in self._add:
            os.set_blocking(fd, False)
            self._ready.register(fd, selectors.EVENT_READ)

    def step(self) -> bool:
        """Wait for bytes, pass them to the monitor, and kill the child if its ending is decided.

        Return False when the zygote reports the end of the child.
        """
        monitor = self._monitor
        ready = [key.fd for key, _ in self._ready.select(min(monitor.seconds_left, THREADS_INTERVAL))]
        if self._threads.exceeds_limit():
            monitor.end(Reason.of(Code.TOO_MANY_THREADS, limit=MAX_THREADS))
        if monitor.seconds_overdue > MAX_DELAY:
            # The machine was suspended, or the container was paused. The child did not run either, so it gets the whole
            # time limit again instead of a time-out.
            monitor.restart_clock(REAP_LIMIT if self._killed else None)
        elif not ready and self._killed and not monitor.seconds_left:
            self.is_not_reaped = True
        received = sum(self._read(fd) for fd in ready if fd in self._add)
        if self._control.fileno() in ready:
            return False
        self._end_in_time()
        if received and received < LARGE_READ:
            self._end.poll(1000 * min(READ_INTERVAL, monitor.seconds_left))
        return True

    def read_rest(self) -> None:
        """Read the bytes that the child left in its pipes."""
        for fd, add in self._add.items():
            while data := _read(fd):
                add(data)

    def __enter__(self) -> ChildWatch:
        return self

    def __exit__(self, *_: object) -> None:
        self._ready.close()

    def _read(self, fd: int) -> int:
        """Pass the available bytes of a pipe to the monitor; return their number."""
        data = _read(fd)
        if data == b"":
            self._ready.unregister(fd)
        elif data:
            self._add[fd](data)
        return len(data or b"")

    def _end_in_time(self) -> None:
        """Check the clock, even if data arrived: a child that writes all the time must time out, too."""
        monitor = self._monitor
        if not self._killed and not monitor.seconds_left:
            monitor.extend_clock(self._waiting.take())  # a submission must not lose points on a busy machine
            if not monitor.seconds_left:
                monitor.time_out()
        if monitor.is_decided and not self._killed:
            with suppress(ProcessLookupError):  # the child may have ended, with an invalid frame in its pipe
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            self._killed = True
            monitor.restart_clock(REAP_LIMIT)


def _read(fd: int) -> bytes | None:
    """Return the available bytes of a pipe: None if there are none yet, b"" at its end."""
    try:
        return os.read(fd, 1 << 16)
    except BlockingIOError:
        return None
