"""Fork server: a process that imports torch once and forks the zygotes of several workers.

Theory of operation
    A zygote needs seconds to import torch and load the experiments. A `zygote_launch.SeparateProcess` imports torch for
    one worker. Several workers with the same sandbox can share a `ForkServer`, which imports torch only once:

    grader --server socket--> fork server --fork--> zygote 1, zygote 2, ... --fork--> child (student code)
       |---control socket 1-----------------------> zygote 1
       |---control socket 2-----------------------> zygote 2

    1. The first worker that is launched starts the fork server. The server imports torch and waits for the setup.
    2. Each worker makes a control socket. After the setup, the server gets the zygote's end of each control socket.
       When the server is warm, it forks one zygote for each control socket. The zygote inherits its end of the socket,
       and the server closes it. So the server sees no job, and no zygote has the control socket of another zygote.
    3. The zygote sends its pidfd and, like any zygote, READY. To kill the zygote, the worker uses the pidfd, so that it
       cannot kill another process by mistake.
    If a zygote ends, its child ends, too, but no other process does. The worker of the zygote then requests another
    zygote, which the server forks in milliseconds. If the fork server ends, the kernel kills its zygotes and their
    children (`die_with_parent`), and the next worker that is launched starts a new server. If the grader ends, the
    kernel kills the server. The server is stopped when its last worker stops.

    At level full each worker has its own sandbox of bubblewrap, as with a separate zygote. The fork server itself is
    outside of these sandboxes, but no student code runs in it. bubblewrap makes a sandbox in which a process only waits
    (`sandbox_levels.EmptySandbox`). The fork joins this sandbox before it becomes a zygote: it enters all namespaces of
    the waiting process and gives up all capabilities (grader.execution.guest.limits.namespaces). The zygotes do not
    share one sandbox, because a sandbox limits the number of threads: one child could use up all of them.
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
    """A process that imports torch once and forks the zygotes of several workers that have the same sandbox.

    The methods may be called from several threads. The process starts when the first zygote is requested, and stops
    when the last zygote is released.
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
        """How many times the server was launched. The number tells the current server process from earlier ones."""
        return self._launches

    def has_ended(self, launch: int) -> bool:
        """Return whether the server process of a launch has ended.

        The answer is reliable once a zygote of the server has been killed with it: a process that ends closes its
        sockets before the kernel kills its children, and this method looks at the socket.
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
        """Send the setup of all zygotes. Only the first call has an effect, because all workers have the same setup."""
        with self._lock:
            if self._setup is None:
                self._setup = setup
                self._send_setup()
                with suppress(OSError):  # the server has ended: `start` of each worker reports it
                    self._send_requests()
                while self._requests:
                    self._drop_request()

    def make_sandbox(self) -> EmptySandbox | None:
        """Start a sandbox that a zygote can join, and return it; return None below level full. Raises OSError."""
        return EmptySandbox(self._program, self._sandbox.user) if "bwrap" in self._sandbox.protections else None

    def request_zygote(self, zygote_end: socket.socket, sandbox: EmptySandbox | None) -> None:
        """Request a zygote with this end of its control socket. The server forks it after the setup. Raises OSError.

        The zygote joins `sandbox`, unless it is None.
        """
        with self._lock:
            self._zygotes += 1
            if not self._process.is_running:
                self._launch()
            self._requests.append([end.dup() for end in (zygote_end, *([sandbox.end] if sandbox else []))])
            try:
                self._send_requests()
            except OSError:  # the server ended after the check of `is_running`
                self._launch()
                self._send_requests()

    def release_zygote(self) -> None:
        """Note that a worker has stopped its zygote. Stop the server if no other zygote is left."""
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
    """A zygote that is forked from a fork server."""

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
        """Kill the zygote, wait for its end, and tell the fork server.

        A zygote whose pidfd has not arrived cannot be killed. Such a zygote ends by itself, because its control socket
        is closed.
        """
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
