"""The parent's side of one zygote: have it fork children, and find out how they ended.

`child_watch` reads the pipes of a child and kills it in time. `zygote_launch` and `fork_server` start and end the
process of the zygote. Two classes inherit from `ZygoteProcess`:
`worker.Worker` runs student code, and `extraction_worker.ExtractionWorker` opens archives.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from contextlib import suppress

from grader.core.errors import ForkServerDiedError, WorkerDiedError, WorkerStartError
from grader.core.reasons import Code, Reason
from grader.execution.guest.zygote_protocol import READY, STATUS
from grader.execution.host.child_monitor import Ending
from grader.execution.host.interpreter_conditions import USUAL, Conditions
from grader.execution.host.sandbox_levels import Program, Sandbox
from grader.execution.host.zygotes.child_watch import ChildWatch, Monitor
from grader.execution.host.zygotes.fork_server import ForkedZygote, ForkServer
from grader.execution.host.zygotes.zygote_launch import SeparateProcess, memory_file

START_LIMIT = 120.0
"""Time limit, in seconds, for a zygote to import torch. From a cold network disk the import may take minutes."""

CPU_SHARE = 0.75
"""If a killed child has used at least this share of its processor time, the kernel killed it for exceeding the limit.

The share is below 1, because the kernel enforces the limit with a coarse clock: on a busy machine it killed a child at
0.9 of the limit.
"""


class ZygoteProcess:
    """One zygote process and the socket to it. Runs one child at a time.

    program: the program that the zygote runs.
    conditions: if they differ from the usual ones, the sandbox must not use bubblewrap.
    fork_server: the server that forks the zygote, with the same program, sandbox and conditions; None to start a
        separate process.
    """

    def __init__(
        self,
        program: Program,
        sandbox: Sandbox,
        conditions: Conditions = USUAL,
        fork_server: ForkServer | None = None,
    ) -> None:
        self.sandbox, self.fork_server = sandbox, fork_server
        self._process = ForkedZygote(fork_server) if fork_server else SeparateProcess(program, sandbox, conditions)
        self._setup: bytes | None = None
        self._control: socket.socket | None = None
        self._warm = self._closed = False
        self._child_pidfd = -1
        self._child_lock = threading.Lock()

    def set_up(self, setup: bytes) -> None:
        """Send the encoded setup to the zygote, or keep it until the zygote is launched."""
        self._setup = setup
        self._send_setup()

    def launch(self) -> None:
        """Start the zygote if it is not running, without waiting until it is warm. Raises WorkerStartError."""
        if self._control is not None:
            return
        if self._closed:
            raise WorkerStartError("the worker is closed")
        self._control, zygote_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._process.launch(zygote_end)
        except OSError as error:
            self.stop()
            raise WorkerStartError(f"the worker did not start: {error}") from None
        finally:
            zygote_end.close()
        self._send_setup()

    def _send_setup(self) -> None:
        if self._control is not None and self._setup is not None:
            self._process.send_setup(self._control, self._setup)

    def start(self) -> None:
        """Start the zygote if it is not running, and wait until it is warm. Raises WorkerStartError."""
        if self._warm:
            return
        self.launch()
        assert self._control is not None
        self._control.settimeout(START_LIMIT)
        try:
            self._process.wait_for_process(self._control)
            if self._control.recv(16) == READY:
                self._warm = True
                return
        except OSError:
            pass
        line = self._process.last_error_line()
        self.stop()
        raise WorkerStartError(f"the worker did not start: {line}")

    def close(self) -> None:
        """Kill the zygote and its children, and start no other one. A job that runs in another thread ends at once."""
        self._closed = True
        self.stop()

    def stop(self) -> None:
        """Kill the zygote and its children; the next job starts another zygote."""
        if self._control:
            self._control.close()
        self._process.stop()
        self._control = None
        self._warm = False

    def run_child(self, message: bytes, job: bytes, monitor: Monitor) -> None:
        """Run one job in a new child. `monitor` gets the bytes that the child writes, and its ending.

        `message` is JOB or COMPILER_JOB. Raises WorkerStartError if the zygote does not start, or ended before it
        forked the child. Raises WorkerDiedError if the zygote ended while the child ran, and ForkServerDiedError if it
        ended because its fork server did.
        """
        self.start()
        with memory_file(job) as job_fd:
            results, results_in = os.pipe()
            output, output_in = os.pipe()
            try:
                pidfd = self._fork_child(message, job_fd, results_in, output_in)
            except (OSError, IndexError) as error:
                os.close(results)
                os.close(output)
                self.stop()
                raise WorkerStartError(f"the worker is gone ({type(error).__name__})") from None
            finally:
                os.close(results_in)
                os.close(output_in)
        self._child_pidfd = pidfd
        monitor.restart_clock()  # only now: before the fork, the zygote may have spent time to import the compiler
        try:
            self._watch(results, output, pidfd, monitor)
        finally:
            with self._child_lock:
                self._child_pidfd = -1
            for fd in (results, output, pidfd):
                os.close(fd)

    def interrupt(self) -> None:
        """Kill the current child, if there is one. The report then says that the child crashed.

        Another thread may call this while `run_child` runs.
        """
        with self._child_lock, suppress(ProcessLookupError):
            if self._child_pidfd >= 0:
                signal.pidfd_send_signal(self._child_pidfd, signal.SIGKILL)

    def _fork_child(self, kind: bytes, job_fd: int, results_in: int, output_in: int) -> int:
        """Ask the zygote to fork a child; return the child's pidfd."""
        assert self._control is not None
        self._control.settimeout(START_LIMIT)
        socket.send_fds(self._control, [kind], [job_fd, results_in, output_in])
        _, descriptors, _, _ = socket.recv_fds(self._control, 16, 1)
        return descriptors[0]

    def _watch(self, results: int, output: int, pidfd: int, monitor: Monitor) -> None:
        control = self._control
        if control is None:
            raise WorkerDiedError("the worker was stopped")
        with ChildWatch(control, results, output, pidfd, monitor) as watch:
            while watch.step():
                if self._control is not control:  # another thread closed the socket, which the watch does not notice
                    raise WorkerDiedError("the worker was stopped")
                if watch.is_not_reaped:
                    self.stop()
                    raise WorkerDiedError("a killed child was not reaped")
            ended = self._status()
            watch.read_rest()
        limit = self.sandbox.cpu if "limits" in self.sandbox.protections else float("inf")
        monitor.record_end(_ending_of(*ended, limit))

    def _status(self) -> tuple[int, float]:
        """Return the wait status of the child, and its seconds of processor time."""
        assert self._control is not None
        data = self._control.recv(16)
        if len(data) != STATUS.size:
            lost_its_parent = self._process.lost_its_parent()
            self.stop()
            if lost_its_parent:
                raise ForkServerDiedError("the fork server of the workers ended")
            raise WorkerDiedError("the worker is gone")
        status, seconds = STATUS.unpack(data)
        return int(status), float(seconds)


def _ending_of(status: int, used: float, limit: float) -> Ending:
    """Return how a child ended. `used` and `limit` are its processor time and the limit of it, in seconds.

    The kernel kills a child at the limit. The kernel sends SIGKILL, because the soft and the hard limit are equal. A
    child can send this signal to itself, but it cannot pretend to have used the time.
    """
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number == signal.SIGKILL and used >= CPU_SHARE * limit:
            return Reason.of(Code.PROCESSOR_TIME, seconds=round(limit))
        known = number in {known.value for known in signal.Signals}  # most real-time signals have no name
        return Reason.of(Code.SIGNAL, signal=signal.Signals(number).name if known else str(number))
    return Reason.of(Code.EXIT, code=os.waitstatus_to_exitcode(status))
