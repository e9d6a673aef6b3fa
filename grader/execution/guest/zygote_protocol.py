"""The protocol between workers and zygotes: the messages, the loop of a zygote, and the loop of a fork server.

A fork server prepares itself like a zygote, but its children are zygotes, one for each worker. The docstring of
grader.execution.host.zygotes.fork_server explains how fork servers, zygotes and workers work together.

This module imports neither torch nor libarchive, because workers and both kinds of zygotes import it.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path

from grader.execution.guest.limits import namespaces

SETUP, SERVER_SETUP = b"setup", b"server setup"
"""The first message to a process, sent with its setup as a file: become a zygote, or become a fork server."""

ZYGOTE, SANDBOXED_ZYGOTE = b"zygote", b"in sandbox"
"""The requests to a fork server: fork a zygote outside, or inside a sandbox of bubblewrap.

The zygote's end of a control socket is sent with either request. A second socket is sent with SANDBOXED_ZYGOTE: on it,
a process in the empty sandbox sends its pidfd.
"""

READY, PIDFD = b"ready", b"pidfd"
JOB, COMPILER_JOB = b"job", b"job compiler"
"""The two messages for a job. After COMPILER_JOB the zygote imports torch's compiler before it forks the child."""
FORK_PATIENCE, FORK_INTERVAL = 30.0, 0.05
"""How many seconds a fork is repeated while the system refuses another process; seconds between two attempts."""

PR_SET_PDEATHSIG = 1
STATUS = struct.Struct("<id")
"""Format of a zygote's answer: the wait status of a child, and the processor time of all its threads in seconds."""


def _do_nothing(_: bytes) -> None: ...


def serve(
    control: socket.socket,
    run_child: Callable[[list[int]], None],
    before_fork: Callable[[bytes], None] = _do_nothing,
) -> None:
    """Fork a child for each job until the parent closes the control socket.

    run_child: called in the child with the file descriptors of the job, the results and the output.
    before_fork: called in the zygote with the message, JOB or COMPILER_JOB.
    """
    zygote = os.getpid()
    control.send(READY)
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 16, 3)
        if not message:
            return
        before_fork(message)
        if not has_one_thread():
            return  # the child could wait for ever for a lock: end the zygote, so that the parent starts another
        pid = fork_patiently()
        if pid == 0:
            die_with_parent(zygote)
            run_child_and_exit(run_child, descriptors)
        for fd in descriptors:
            os.close(fd)
        pidfd = os.pidfd_open(pid)
        socket.send_fds(control, [PIDFD], [pidfd])
        os.close(pidfd)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        seconds = processor_seconds(pid)
        _, status = os.waitpid(pid, 0)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)  # also end processes that the child started in its process group
        control.send(STATUS.pack(status, seconds))


def fork_patiently() -> int:
    """Fork this process, and return what `os.fork` returns.

    If the system refuses another process, try again for FORK_PATIENCE seconds: meanwhile another program may end.
    """
    end = time.monotonic() + FORK_PATIENCE
    while True:
        try:
            return os.fork()
        except BlockingIOError:
            if time.monotonic() >= end:
                raise
            time.sleep(FORK_INTERVAL)


def processor_seconds(pid: int) -> float:
    """Return the processor time of a process and all its threads in seconds, as RLIMIT_CPU counts it.

    The process may have ended, but must not be reaped yet. Unlike the times of `os.wait4`, this time does not include
    the processes that the process started and waited for.
    """
    return time.clock_gettime((~pid << 3) | 2)  # the formula of the C function clock_getcpuclockid, which Python lacks


def fork_zygotes(control: socket.socket) -> socket.socket:
    """Fork a zygote for each request until the parent closes the control socket of the fork server.

    In the fork server this function never returns. In each zygote it sends the pidfd of the zygote to its worker, and
    returns the control socket of the zygote.
    """
    server = os.getpid()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps the zygotes
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 16, 2)
        if not message or not has_one_thread():
            os._exit(0)
        if fork_patiently() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            control.close()
            zygote_end, *sandbox = descriptors
            in_sandbox = message == SANDBOXED_ZYGOTE
            if in_sandbox:
                _enter_sandbox(sandbox, server)
            die_with_parent(None if in_sandbox else server)
            return _zygote_control(zygote_end)
        for descriptor in descriptors:
            os.close(descriptor)


def _enter_sandbox(received: list[int], server: int) -> None:
    """Join the sandbox of a waiting process, fork, and return in the fork only.

    Only a fork is in the process namespace of the sandbox. This process waits until its fork ends, and then ends.
    `received` holds the socket on which the waiting process sends its pidfd; `server` is the process id of the fork
    server. If the sandbox cannot be joined, this process writes an error message and ends.
    """
    try:
        # `received` is empty if this process had too many open files: then the kernel dropped the socket.
        if not received:
            raise OSError(errno.EMFILE, "the socket to the sandbox of a worker was lost")
        holder = socket.socket(fileno=received[0])
        _, descriptors, _, _ = socket.recv_fds(holder, 16, 1)
        if not descriptors:
            raise OSError(errno.ECONNRESET, "the sandbox of a worker did not start")
        namespaces.join_namespaces(descriptors[0])
        os.close(descriptors[0])
        holder.close()
        namespaces.drop_capabilities()  # before the fork, because this process needs no capabilities either
        die_with_parent(server)  # only now, because the kernel may clear this setting when capabilities are dropped
        if (zygote := fork_patiently()) == 0:
            return
    except OSError as error:
        sys.stderr.write(f"{error.strerror} (error {error.errno})\n")
        sys.stderr.flush()
        os._exit(1)
    os.waitpid(zygote, 0)
    os._exit(0)


def _zygote_control(descriptor: int) -> socket.socket:
    """Send the pidfd of this zygote to its worker; return the control socket. End the process if the worker is gone."""
    zygote_control, pidfd = socket.socket(fileno=descriptor), os.pidfd_open(os.getpid())
    try:
        socket.send_fds(zygote_control, [PIDFD], [pidfd])
    except OSError:
        os._exit(0)
    os.close(pidfd)
    return zygote_control


def run_child_and_exit(run_child: Callable[[list[int]], None], descriptors: list[int]) -> None:
    """Run the job in this forked process and end the process, also after an error. Never returns."""
    code = 1
    try:
        run_child(descriptors)
        sys.stdout.flush()
        code = 0
    finally:
        os._exit(code)


def die_with_parent(parent: int | None = None) -> None:
    """Have the kernel kill this process when its parent ends, so that no child outlives a killed grader.

    If `parent`, the process id of the parent, is given, and the parent has already ended, this process ends at once.
    """
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if parent is not None and os.getppid() != parent:
        os._exit(1)


def has_one_thread() -> bool:
    """Return whether this process has only one thread, so that a fork is safe.

    A forked child has only the thread that forked. If another thread held a lock, the child could wait for it for ever.
    """
    threads = Path("/proc/self/task")
    return not threads.is_dir() or len(os.listdir(threads)) == 1  # noqa: PTH208  (iterdir() would make a Path for each)
