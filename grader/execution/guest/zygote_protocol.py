"""The protocol between workers and zygotes: the messages, the loop of a zygote, and the loop of a fork server.

A fork server prepares itself like a zygote, but its children are zygotes, one for each worker
(grader.execution.host.zygotes.fork_server has the theory of operation).

This module imports neither torch nor libarchive: workers import it, and so do both kinds of zygotes.
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
"""The first message to a process: its setup as a file, and whether it becomes a zygote or a fork server."""

ZYGOTE, SANDBOXED_ZYGOTE = b"zygote", b"in sandbox"
"""The request to a fork server for a zygote, which brings the zygote's end of a control socket, and the request for a
zygote in a sandbox, which also brings a socket on which a process in the empty sandbox sends its pidfd."""

READY, PIDFD = b"ready", b"pidfd"
JOB, COMPILER_JOB = b"job", b"job compiler"
"""A job to run, and a job that probably uses the compiler, which the zygote then imports before the fork."""
FORK_PATIENCE, FORK_INTERVAL = 30.0, 0.05
"""Seconds for which a fork is tried again while the system refuses another process; seconds between two attempts."""

PR_SET_PDEATHSIG = 1
STATUS = struct.Struct("<id")
"""The wait status of a child, and the seconds of processor time of all its threads."""


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
    zygote = os.getpid()
    control.send(READY)
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 16, 3)
        if not message:
            return
        before_fork(message)
        if not has_one_thread():
            return  # a fork could hang now: end the zygote, so that the parent starts another worker
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
    """Fork this process. If the system refuses another process, try again for a while: another program may end."""
    end = time.monotonic() + FORK_PATIENCE
    while True:
        try:
            return os.fork()
        except BlockingIOError:
            if time.monotonic() >= end:
                raise
            time.sleep(FORK_INTERVAL)


def processor_seconds(pid: int) -> float:
    """Return the processor time of a child that has ended and is not reaped yet, as RLIMIT_CPU counts it.

    Unlike `os.wait4` it leaves out the processes that the child started and waited for.
    """
    return time.clock_gettime((~pid << 3) | 2)  # as clock_getcpuclockid of the C library, which Python lacks


def fork_zygotes(control: socket.socket) -> socket.socket:
    """Fork a zygote for each request until the parent closes the control socket of the fork server.

    Returns in the zygotes only, with the control socket of the zygote. The zygote has sent its pidfd to its worker.
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
    """Join the sandbox of the process that sends its pidfd; return in a fork of this process, which ends with it.

    `received` holds the socket to that process, unless the kernel dropped it. Only a fork is in the process namespace
    of the sandbox, where its parent has no number. Ends the process, with a message, if the sandbox cannot be joined.
    """
    try:
        # The kernel drops the socket if this process has too many open files. Then it could not join the sandbox.
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
        die_with_parent(server)  # only now, because a kernel may clear this setting when capabilities are dropped
        if (zygote := fork_patiently()) == 0:
            return
    except OSError as error:
        sys.stderr.write(f"{error.strerror} (error {error.errno})\n")
        sys.stderr.flush()
        os._exit(1)
    os.waitpid(zygote, 0)
    os._exit(0)


def _zygote_control(descriptor: int) -> socket.socket:
    """Return the control socket of this zygote, after sending the pidfd. End the process if the worker is gone."""
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

    With `parent`, the process id of the process that forked this one, also end if that process has ended before.
    """
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if parent is not None and os.getppid() != parent:
        os._exit(1)


def has_one_thread() -> bool:
    """Return whether this process has one thread only, so that a fork is safe.

    A forked child has only the thread that forked. It could wait for ever for a lock that another thread held.
    """
    threads = Path("/proc/self/task")
    return not threads.is_dir() or len(os.listdir(threads)) == 1  # noqa: PTH208  (names are enough)
