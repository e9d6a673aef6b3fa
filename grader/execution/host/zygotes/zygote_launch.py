"""Start and end of a zygote: the interface that a worker uses, and the zygote that imports torch itself.

The zygote that is forked from a fork server is in `fork_server`.
"""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from grader.execution.guest.zygote_protocol import SETUP
from grader.execution.host.interpreter_conditions import Conditions
from grader.execution.host.sandbox_levels import ENVIRONMENT, Program, Sandbox, command, kill_group

END_LIMIT = 10.0
"""How many seconds the grader waits for a killed zygote or fork server to end. The kernel needs time to free memory."""


class ZygoteLaunch(Protocol):
    """How the zygote of one worker starts and ends."""

    def launch(self, zygote_end: socket.socket) -> None:
        """Start the zygote with this end of its control socket, without waiting for it. Raises OSError."""
        ...

    def send_setup(self, control: socket.socket, setup: bytes) -> None:
        """Send the setup to the zygote; `control` is the parent's end of its control socket."""
        ...

    def wait_for_process(self, control: socket.socket) -> None:
        """Wait until the process of the zygote exists. Raises OSError."""
        ...

    def lost_its_parent(self) -> bool:
        """Return whether the zygote was killed because the fork server that forked it has ended."""
        ...

    def last_error_line(self) -> str:
        """Return the last line on the standard error of a zygote that ended or did not start, for an error message."""
        ...

    def stop(self) -> None:
        """Kill the zygote and its child, and wait for the end of the zygote."""
        ...


class SeparateProcess:
    """A process, zygote or fork server, that starts a new interpreter and imports torch itself."""

    def __init__(self, program: Program, sandbox: Sandbox, conditions: Conditions) -> None:
        self._program, self._sandbox, self._conditions = program, sandbox, conditions
        self._process: subprocess.Popen[bytes] | None = None
        self._errors = b""

    @property
    def pid(self) -> int | None:
        """The process id; None if there is no process."""
        return None if self._process is None else self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process was launched and has not ended."""
        return self._process is not None and self._process.poll() is None

    def launch(self, zygote_end: socket.socket) -> None:
        """Start the process with this end of its control socket, without waiting for it. Raises OSError."""
        user, self._errors = self._sandbox.user, b""
        self._process = subprocess.Popen(
            command(self._program, self._sandbox.protections, zygote_end.fileno(), self._conditions),
            pass_fds=[zygote_end.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=ENVIRONMENT | self._conditions.environment,
            cwd=self._conditions.folder or "/",  # a submission can read the name of its working directory
            start_new_session=True,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
        )

    def send_setup(self, control: socket.socket, setup: bytes) -> None:
        """Send the setup to the process; `control` is the parent's end of its control socket."""
        send_file(control, SETUP, setup)

    def wait_for_process(self, control: socket.socket) -> None:
        """Do nothing: the process exists since `launch`."""

    def lost_its_parent(self) -> bool:
        """Return False: the parent of this process is the grader itself."""
        return False

    def last_error_line(self) -> str:
        """Kill the process, and return the last line that it wrote to its standard error."""
        if self._process is not None:
            kill_group(self._process)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(END_LIMIT)
        return self.last_line_so_far()

    def last_line_so_far(self) -> str:
        """Return the last line that the process has written to its standard error."""
        if self._process is not None:
            assert self._process.stderr is not None
            os.set_blocking(self._process.stderr.fileno(), False)  # a surviving process may keep the pipe open
            with suppress(BlockingIOError):
                while data := os.read(self._process.stderr.fileno(), 1 << 16):
                    self._errors += data
        lines = self._errors.decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "it wrote no message"

    def stop(self) -> None:
        """Kill the process and all that it forked, and wait for its end."""
        process, self._process = self._process, None
        if process is not None:
            kill_group(process)
            assert process.stderr is not None
            process.stderr.close()  # do not read it to its end: a surviving process may keep the pipe open
            process.wait()


def send_file(control: socket.socket, message: bytes, data: bytes) -> None:
    """Send a message with a file in memory.

    If the receiver has ended, do nothing: the worker notices this when it waits for an answer.
    """
    with suppress(OSError), memory_file(data) as fd:
        socket.send_fds(control, [message], [fd])


@contextmanager
def memory_file(data: bytes) -> Iterator[int]:
    """Yield a read-only descriptor of a file in memory with this content."""
    fd = os.memfd_create("job", os.MFD_CLOEXEC)
    try:
        with os.fdopen(os.dup(fd), "wb") as file:
            file.write(data)
        readable = os.open(f"/proc/self/fd/{fd}", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(fd)
    try:
        yield readable
    finally:
        os.close(readable)
