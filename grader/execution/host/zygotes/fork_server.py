"""Fork server: a process that imports torch once and forks the zygotes of several workers.

Theory of operation
    A zygote needs seconds until it has imported torch and loaded the experiments. A `SeparateProcess`
    (`zygote_launch`) does this for one worker. Workers with one sandbox may share a `ForkServer`, which does it once:

    grader --server socket--> fork server --fork--> zygote 1, zygote 2, ... --fork--> child (student code)
       |---control socket 1-----------------------> zygote 1
       |---control socket 2-----------------------> zygote 2

    1. The first worker that is launched starts the fork server, which imports torch and waits for the setup.
    2. Each worker makes a control socket; the server gets one end of it after the setup. When the server is warm, it
       forks a zygote for each. The zygote takes this end with it, and the server closes it: the server sees no job, and
       no zygote has the control socket of another.
    3. The zygote sends its pidfd, and then READY like any zygote. The worker kills it through the pidfd, so that no
       other process can be meant.
    A zygote that ends takes its child with it and nothing else; its worker asks the server for another, which needs
    milliseconds. If the fork server ends, the kernel kills its zygotes and their children (`die_with_parent`), and the
    next worker that is launched starts a new server. If the grader ends, the kernel kills the server. The server is
    stopped when its last worker is.

    At level full each worker has a sandbox of bubblewrap, as with a separate zygote. The fork server itself is outside,
    but no student code runs in it. bubblewrap makes the sandbox with a process that only waits
    (`sandbox_levels.EmptySandbox`), and the fork joins it before it becomes a zygote: it enters all namespaces of that
    process and gives up all capabilities (grader.execution.guest.limits.namespaces). In one sandbox for all zygotes, a
    child that uses all threads that the limit of the sandbox allows would leave none to its neighbors.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import threading
from contextlib import suppress
from dataclasses import replace

from grader.execution.guest.zygote_protocol import SANDBOXED_ZYGOTE, SERVER_SETUP, ZYGOTE
from grader.execution.host.interpreter_conditions import Conditions
from grader.execution.host.sandbox_levels import EmptySandbox, Program, Sandbox
from grader.execution.host.zygotes.zygote_launch import END_LIMIT, SeparateProcess, send_file


class ForkServer:
    """A process that imports torch once and forks the zygotes of several workers with one sandbox.

    Workers call it from their threads. It starts with the first zygote that is requested, and ends with the last.
    """

    def __init__(self, program: Program, sandbox: Sandbox, conditions: Conditions) -> None:
        outside = replace(sandbox, protections=sandbox.protections - {"bwrap"})
        self._program, self._sandbox = program, sandbox
        self._process = SeparateProcess(program, outside, conditions)
        self._control: socket.socket | None = None
        self._setup: bytes | None = None
        self._requests: list[list[socket.socket]] = []
        self._zygotes = 0
        self._launches = 0
        self._lock = threading.Lock()

    @property
    def pid(self) -> int | None:
        """The process id; None if there is no process."""
        return self._process.pid

    @property
    def launches(self) -> int:
        """How many times the server was launched, which tells a server from the one before."""
        return self._launches

    def has_ended(self, launch: int) -> bool:
        """Return whether the server of a launch has ended; it is certain as soon as one of its zygotes has noticed it.

        A process that ends closes its sockets before the kernel kills its children.
        """
        with self._lock:
            if launch != self._launches or self._control is None:
                return True
            try:
                return not self._control.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
            except BlockingIOError:
                return False
            except OSError:
                return True

    def set_up(self, setup: bytes) -> None:
        """Send the setup of all zygotes. The first call counts: all workers have the same setup."""
        with self._lock:
            if self._setup is None:
                self._setup = setup
                self._send_setup()
                with suppress(OSError):  # the server has ended: `start` of each worker reports it
                    self._send_requests()
                while self._requests:
                    self._drop_request()

    def make_sandbox(self) -> EmptySandbox | None:
        """Start the sandbox that a zygote joins; None below level full. Raises OSError."""
        return EmptySandbox(self._program, self._sandbox.user) if "bwrap" in self._sandbox.protections else None

    def request_zygote(self, zygote_end: socket.socket, sandbox: EmptySandbox | None) -> None:
        """Have a zygote forked with this end of its control socket, after the setup. Raises OSError.

        The zygote joins the sandbox, unless it is None.
        """
        with self._lock:
            self._zygotes += 1
            if not self._process.is_running:
                self._launch()
            self._requests.append([end.dup() for end in (zygote_end, *([sandbox.end] if sandbox else []))])
            try:
                self._send_requests()
            except OSError:  # the server has ended a moment ago
                self._launch()
                self._send_requests()

    def release_zygote(self) -> None:
        """Note that a worker has stopped its zygote. Stop the server if it was the last."""
        with self._lock:
            self._zygotes -= 1
            if not self._zygotes:
                while self._requests:
                    self._drop_request()
                self._stop()

    def last_error_line(self) -> str:
        """Return the last line that the server or one of its zygotes has written to its standard error."""
        with self._lock:
            return self._process.last_line_so_far()

    def _launch(self) -> None:
        self._stop()
        self._launches += 1
        self._control, server_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with server_end:
            self._process.launch(server_end)
        self._send_setup()

    def _send_setup(self) -> None:
        if self._control is not None and self._setup is not None:
            send_file(self._control, SERVER_SETUP, self._setup)

    def _send_requests(self) -> None:
        while self._control is not None and self._setup is not None and self._requests:
            kind = SANDBOXED_ZYGOTE if "bwrap" in self._sandbox.protections else ZYGOTE
            socket.send_fds(self._control, [kind], [end.fileno() for end in self._requests[0]])
            self._drop_request()

    def _drop_request(self) -> None:
        for end in self._requests.pop(0):
            end.close()

    def _stop(self) -> None:
        self._process.stop()
        if self._control is not None:
            self._control.close()
            self._control = None


class ForkedZygote:
    """A zygote that is a fork of a fork server."""

    def __init__(self, server: ForkServer) -> None:
        self.server = server
        self._sandbox: EmptySandbox | None = None
        self._is_requested = False
        self._pidfd = -1
        self._server_launch = 0

    def launch(self, zygote_end: socket.socket) -> None:
        """Request the zygote with this end of its control socket, without waiting for it. Raises OSError."""
        self._sandbox = self.server.make_sandbox()
        self._is_requested = True
        self.server.request_zygote(zygote_end, self._sandbox)

    def send_setup(self, control: socket.socket, setup: bytes) -> None:
        """Send the setup to the fork server."""
        self.server.set_up(setup)

    def wait_for_process(self, control: socket.socket) -> None:
        """Wait for the pidfd of the zygote. Raises OSError if the server has ended."""
        _, descriptors, _, _ = socket.recv_fds(control, 16, 1)
        if not descriptors:
            raise ConnectionResetError
        self._pidfd, self._server_launch = descriptors[0], self.server.launches

    def lost_its_parent(self) -> bool:
        """Return whether the fork server has ended, and this zygote with it."""
        return self.server.has_ended(self._server_launch)

    def last_error_line(self) -> str:
        """Return the last line that bubblewrap, the server or one of its zygotes has written to its standard error."""
        of_sandbox = self._sandbox.last_error_line() if self._sandbox else ""
        return of_sandbox or self.server.last_error_line()

    def stop(self) -> None:
        """Kill the zygote, wait for its end, and release it; without a pidfd it ends since its socket is closed."""
        pidfd, self._pidfd = self._pidfd, -1
        if pidfd >= 0:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            ended = select.poll()
            ended.register(pidfd, select.POLLIN)
            ended.poll(1000 * END_LIMIT)
            os.close(pidfd)
        if self._sandbox is not None:
            self._sandbox.stop()
            self._sandbox = None
        if self._is_requested:
            self._is_requested = False
            self.server.release_zygote()
