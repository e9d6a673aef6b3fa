"""The parent's side of one zygote: send a job, read its frames, keep the clock, kill what takes too long."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import msgspec

from grader.core.errors import WorkerDiedError, WorkerStartError
from grader.core.reasons import Code, Reason
from grader.execution.guest.compiler_placeholder import mentions_compiler
from grader.execution.guest.frames import Job, Setup
from grader.execution.guest.zygote_protocol import COMPILER_JOB, JOB, READY, STATUS
from grader.execution.host.child_monitor import TIME, ChildReport, Ended, Follower
from grader.execution.host.sandbox_levels import ENVIRONMENT, Confinement, Level, command

START_LIMIT = 120.0
"""Seconds for a zygote to import torch: minutes on a cold network disk, seconds everywhere else."""

REAP_LIMIT = 10.0
"""Seconds for a killed child to be reaped: memory takes a while to be given back."""

UNCONFINED = Confinement(Level.NONE, frozenset())


class Worker:
    """One zygote process and the socket to it. Runs one job at a time.

    `files` are those of the experiments; a worker that is launched before they are known gets them by `equip`.
    """

    def __init__(self, files: list[tuple[str, bytes]] | None = None, confinement: Confinement = UNCONFINED) -> None:
        self.confinement = confinement
        self._setup: bytes | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._warm = False
        if files is not None:
            self.equip(files)
        self._child = -1
        self._child_lock = threading.Lock()

    def equip(self, files: list[tuple[str, bytes]]) -> None:
        """Say which files hold the experiments; until then a zygote that was launched gets no further than torch."""
        walls = sorted(self.confinement.names)
        self._setup = msgspec.msgpack.encode(Setup(files, walls, self.confinement.memory, self.confinement.cpu))
        self._send_setup()

    def launch(self) -> None:
        """Start the zygote, if there is none, and do not wait for it. Raises WorkerStartError."""
        if self._control is not None:
            return
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        names, user = self.confinement.names, self.confinement.user
        try:
            self._process = subprocess.Popen(
                command(names, theirs.fileno()),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=ENVIRONMENT,
                start_new_session=True,
                user=user,
                group=user,
                extra_groups=None if user is None else [],
            )
        except OSError as error:
            self.stop()
            raise WorkerStartError(f"the worker did not start: {error}") from None
        finally:
            theirs.close()
        self._send_setup()

    def _send_setup(self) -> None:
        if self._control is not None and self._setup is not None:
            with suppress(OSError), _memory_file(self._setup) as fd:  # one that is gone is found out by `start`
                socket.send_fds(self._control, [b"setup"], [fd])

    def start(self) -> None:
        """Start the zygote, if there is none, and wait until it is warm. Raises WorkerStartError."""
        if self._warm:
            return
        self.launch()
        assert self._control is not None
        self._control.settimeout(START_LIMIT)
        try:
            if self._control.recv(16) == READY:
                self._warm = True
                return
        except OSError:
            pass
        words = self._last_words()
        self.stop()
        raise WorkerStartError(f"the worker did not start: {words}")

    def _last_words(self) -> str:
        """The last line that a dead zygote wrote to its standard error."""
        assert self._process is not None
        _kill(self._process)
        try:
            _, errors = self._process.communicate(timeout=REAP_LIMIT)
        except subprocess.TimeoutExpired as late:
            errors = late.stderr or b""
        self._process = None
        lines = errors.decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def stop(self) -> None:
        """End the zygote."""
        if self._control:
            self._control.close()
        if self._process:
            _kill(self._process)
            assert self._process.stderr is not None
            self._process.stderr.close()  # and not read to its end: somebody who was not reached may hold it open
            self._process.wait()
        self._control = self._process = None
        self._warm = False

    def run(self, jobs: Sequence[Job], time_limit: float) -> list[ChildReport]:
        """Run jobs, one after the other, in one fresh child: several only of our own, a submission has its own.

        `time_limit` (seconds) holds for each step: each file, each task. Raises WorkerDiedError when it is gone.
        """
        self.start()
        with _memory_file(msgspec.msgpack.encode(jobs)) as job_fd:
            results, results_in = os.pipe()
            output, output_in = os.pipe()
            try:
                pidfd = self._launch(_kind(jobs), job_fd, results_in, output_in)
            except (OSError, IndexError) as error:
                os.close(results)
                os.close(output)
                self.stop()
                raise WorkerDiedError(f"the worker is gone ({type(error).__name__})") from None
            finally:
                os.close(results_in)
                os.close(output_in)
        self._child = pidfd
        try:
            return self._follow(results, output, pidfd, Follower(jobs, time_limit))
        finally:
            with self._child_lock:
                self._child = -1
            for fd in (results, output, pidfd):
                os.close(fd)

    def interrupt(self) -> None:
        """End the child that runs now, if there is one, from another thread: it counts as crashed."""
        with self._child_lock, suppress(ProcessLookupError):
            if self._child >= 0:
                signal.pidfd_send_signal(self._child, signal.SIGKILL)

    def _launch(self, kind: bytes, job_fd: int, results_in: int, output_in: int) -> int:
        """Have the zygote fork a child; the child's pidfd."""
        assert self._control is not None
        self._control.settimeout(START_LIMIT)
        socket.send_fds(self._control, [kind], [job_fd, results_in, output_in])
        _, descriptors, _, _ = socket.recv_fds(self._control, 16, 1)
        return descriptors[0]

    def _follow(self, results: int, output: int, pidfd: int, follower: Follower) -> list[ChildReport]:
        """Read a child's pipes until the zygote reports its end, and kill it when that is decided."""
        assert self._control is not None
        with selectors.DefaultSelector() as selector:
            for fd in (results, output):
                os.set_blocking(fd, False)
                selector.register(fd, selectors.EVENT_READ)
            selector.register(self._control, selectors.EVENT_READ)
            status, killed = None, False
            while status is None:
                ready = selector.select(follower.seconds_left)
                if not ready and killed:
                    self.stop()
                    raise WorkerDiedError("a killed child was not reaped")
                # The end is looked at last: what the child wrote before it counts.
                for key, _ in sorted(ready, key=lambda item: item[0].fileobj is self._control):
                    if key.fileobj is self._control:
                        status = self._status()
                    elif (data := _read(key.fd)) == b"":
                        selector.unregister(key.fd)
                    elif data:
                        (follower.take if key.fd == results else follower.printed)(data)
                # Whether or not something arrived: who writes without pause must not stop the clock.
                if status is None and not follower.seconds_left:
                    follower.out_of_time()
                if follower.ended and not killed:
                    with suppress(ProcessLookupError):  # it may have left by itself, with rubbish in its pipes
                        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
                    killed = True
                    follower.restart_clock(REAP_LIMIT)
            for fd, take in ((results, follower.take), (output, follower.printed)):
                while data := _read(fd):  # what the child left in its pipes
                    take(data)
        follower.finished(_how_it_ended(status))
        return follower.reports

    def _status(self) -> int:
        assert self._control is not None
        data = self._control.recv(16)
        if len(data) != STATUS.size:
            self.stop()
            raise WorkerDiedError("the worker is gone")
        return int(STATUS.unpack(data)[0])


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a zygote with what bubblewrap forked for it: while that sets up, its inner process outlives the outer one."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def _kind(jobs: Sequence[Job]) -> bytes:
    return COMPILER_JOB if any(mentions_compiler(data) for job in jobs for _, data in job.files) else JOB


@contextmanager
def _memory_file(data: bytes) -> Iterator[int]:
    """A read-only descriptor of a file that exists in memory alone."""
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


def _read(fd: int) -> bytes | None:
    """What a pipe holds now: None when nothing yet, b"" at its end."""
    try:
        return os.read(fd, 1 << 16)
    except BlockingIOError:
        return None


def _how_it_ended(status: int) -> Ended:
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
        return TIME
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        known = number in {known.value for known in signal.Signals}  # most real-time signals have no name
        return Reason.of(Code.SIGNAL, signal=signal.Signals(number).name if known else str(number))
    return Reason.of(Code.EXIT, code=os.waitstatus_to_exitcode(status))
