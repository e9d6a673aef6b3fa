"""The protocol between a worker and its zygote: the messages, and the loop in which a zygote answers them.

This module imports neither torch nor libarchive: workers import it, and so do both kinds of zygotes.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import sys
from collections.abc import Callable
from pathlib import Path

READY, PIDFD = b"ready", b"pidfd"
JOB, COMPILER_JOB = b"job", b"job compiler"
"""A job to run, and a job that probably uses the compiler, which the zygote then imports before the fork."""
STATUS = struct.Struct("<i")
"""The wait status of a child, as an integer of 4 bytes."""


def _do_nothing(_: bytes) -> None: ...


def serve(
    control: socket.socket,
    run_child: Callable[[list[int]], None],
    before_fork: Callable[[bytes], None] = _do_nothing,
) -> None:
    """Fork a child for each job until the parent closes the control socket.

    `run_child` runs in the child with the descriptors of the job, the results and the output; `before_fork` runs in the
    zygote with the message, JOB or COMPILER_JOB.
    """
    control.send(READY)
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 16, 3)
        if not message:
            return
        before_fork(message)
        if not has_one_thread():
            return  # a fork could hang now: end the zygote, so that the parent starts another worker
        pid = os.fork()
        if pid == 0:
            run_child_and_exit(run_child, descriptors)
        for fd in descriptors:
            os.close(fd)
        pidfd = os.pidfd_open(pid)
        socket.send_fds(control, [PIDFD], [pidfd])
        os.close(pidfd)
        _, status = os.waitpid(pid, 0)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)  # also end processes that the child started in its process group
        control.send(STATUS.pack(status))


def run_child_and_exit(run_child: Callable[[list[int]], None], descriptors: list[int]) -> None:
    """Run the job in this forked process and end the process, also after an error. Never returns."""
    code = 1
    try:
        run_child(descriptors)
        sys.stdout.flush()
        code = 0
    finally:
        os._exit(code)


def has_one_thread() -> bool:
    """Return whether this process has one thread only, so that a fork is safe.

    A forked child has only the thread that forked. It could wait for ever for a lock that another thread held.
    """
    threads = Path("/proc/self/task")
    return not threads.is_dir() or len(os.listdir(threads)) == 1  # noqa: PTH208  (names are enough)
