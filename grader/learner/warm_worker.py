"""Worker of `grader watch`: it imports torch once, and runs the public checks on a learner's code after each save.

Theory of operation
    On Linux the worker is `execution.host.worker.Worker`, which forks a child process for each job. On systems that
    cannot fork it is `WarmWorker`: one interpreter runs all jobs in turn. If a job takes too long, this interpreter is
    killed, and another one starts at once. `execution.host.child_monitor` reads the frames that a child process or this
    interpreter sends.
"""

from __future__ import annotations

import contextlib
import os
import queue
import struct
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import IO

import msgspec

from grader.core.errors import WorkerDiedError, WorkerStartError
from grader.core.package_paths import SOURCE_ROOT
from grader.core.reasons import Code, Reason
from grader.execution.guest.frames import Frame
from grader.execution.guest.job import Job, Setup
from grader.execution.host.child_monitor import ChildMonitor, ChildReport
from grader.execution.host.job_run import JobResult, run_job
from grader.execution.host.pool import CAN_FORK
from grader.execution.host.portable_worker import READY, START_LIMIT, SYSTEM, PortableWorker
from grader.execution.host.sandbox_levels import ENVIRONMENT, package_folders
from grader.execution.host.submission_budget import BudgetUse
from grader.execution.host.worker import Worker

LENGTH = struct.Struct("<I")
INTERRUPT_INTERVAL = 0.1
"""Seconds between two interrupts when a run is closed. Closing takes several, because each ends one function."""

OUTPUT_GRACE = 0.02
"""Seconds to wait for printed output after a job's last frame, because output and frames come through two pipes."""


class BackgroundRunner:
    """Runs jobs in order on one worker, in a background thread; each call returns a future."""

    def __init__(self, files: list[tuple[str, bytes]]) -> None:
        self._worker: Worker | WarmWorker = Worker(files) if CAN_FORK else WarmWorker(files)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="worker")
        self._started: Future[None] = self._thread.submit(self._worker.start)
        self._last: Future[list[JobResult]] | None = None

    @property
    def started(self) -> Future[None]:
        """Future that is done when the worker has imported torch; it raises WorkerStartError if that fails."""
        return self._started

    def run(self, jobs: Sequence[Job]) -> Future[list[JobResult]]:
        """Queue jobs, and return the future of their results, in the same order."""
        self._last = self._thread.submit(lambda: [run_job(self._worker, job) for job in jobs])
        return self._last

    def interrupt(self) -> None:
        """End the function that runs now, because a newer save makes its result useless."""
        if self._started.done():
            self._worker.interrupt()

    def close(self) -> None:
        """Stop the worker, even while it starts or runs a job."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        if isinstance(self._worker, WarmWorker):
            self._worker.closed = True
        while self._started.done() and self._last is not None and not wait([self._last], INTERRUPT_INTERVAL).done:
            self._worker.interrupt()  # an interrupt ends one function
        with contextlib.suppress(OSError, ValueError):  # the thread that starts the worker may stop it at the same time
            self._worker.stop()


class WarmWorker(PortableWorker):
    """One interpreter that runs all jobs, for systems that cannot fork. This class has the interface of `Worker`."""

    def __init__(self, files: list[tuple[str, bytes]]) -> None:
        super().__init__(files)
        self._process: subprocess.Popen[bytes] | None = None
        self._arrived: queue.SimpleQueue[tuple[bool, bytes]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self.closed = False

    def start(self) -> None:
        """Start the interpreter if it is not running, and wait until it has imported torch. Raises WorkerStartError."""
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                return
            start = f"import sys; sys.path[:0] = {[str(SOURCE_ROOT), *package_folders()]!r}; "
            pipe, self._arrived = subprocess.PIPE, queue.SimpleQueue()
            self._process = process = subprocess.Popen(
                [sys.executable, "-B", "-c", start + "from grader.learner.warm_worker import main; main()"],
                stdin=pipe,
                stdout=pipe,
                stderr=pipe,
                env={**os.environ, **{k: v for k, v in ENVIRONMENT.items() if k not in SYSTEM}},
            )
            for is_result, stream in ((True, process.stdout), (False, process.stderr)):
                threading.Thread(target=_read, args=(is_result, stream, self._arrived), daemon=True).start()
            with contextlib.suppress(OSError):  # if the interpreter has ended already, its standard error says why
                self._send(msgspec.msgpack.encode(self._setup))
            self._wait_until_warm()

    def _wait_until_warm(self) -> None:
        greeting, said = b"", b""
        while greeting != READY:
            try:
                is_result, data = self._arrived.get(timeout=START_LIMIT)
            except queue.Empty:
                raise WorkerStartError("an interpreter with torch did not start in time") from None
            if is_result and not data:
                raise WorkerStartError(said.decode("utf-8", "replace").strip()[-300:])
            greeting, said = (greeting + data, said) if is_result else (greeting, said + data)

    def stop(self) -> None:
        """Kill the interpreter and wait for its end."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def interrupt(self) -> None:
        """End the job that runs now by killing the interpreter; call it from another thread."""
        if self._process is not None:
            self._process.kill()

    def run(self, jobs: Sequence[Job], time_limit: float, use: BudgetUse | None = None) -> list[ChildReport]:
        """Run jobs, and return a report for each job.

        time_limit: seconds for one check.
        use: what earlier child processes of the same submission have used (see `ChildMonitor`); None: nothing.


        Raises WorkerDiedError if the interpreter ended before the first job.
        """
        self.start()
        try:
            self._send(msgspec.msgpack.encode(jobs))
        except OSError:
            raise WorkerDiedError("the worker is gone") from None
        monitor = ChildMonitor(jobs, time_limit, use)
        monitor.restart_clock()
        while not monitor.is_decided and not monitor.is_drained:
            try:
                is_result, data = self._arrived.get(timeout=monitor.seconds_left)
            except queue.Empty:
                monitor.time_out()
                break
            if not data and is_result:
                monitor.record_end(Reason.of(Code.STOPPED))
                break
            (monitor.add_results if is_result else monitor.add_output)(data)
            if not is_result and not monitor.seconds_left:  # a job that prints without pause must time out, too
                monitor.time_out()
        if monitor.is_decided:
            self.stop()
            threading.Thread(target=self._restart, daemon=True).start()
        else:
            self._read_remaining_output(monitor)
        return monitor.reports

    def _read_remaining_output(self, monitor: ChildMonitor) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                is_result, data = self._arrived.get(timeout=OUTPUT_GRACE)
                if not is_result:
                    monitor.add_output(data)

    def _restart(self) -> None:
        with contextlib.suppress(WorkerStartError, OSError, ValueError):  # the next job reports the error
            if not self.closed:
                self.start()
            if self.closed:  # `close` was called meanwhile
                self.stop()

    def _send(self, data: bytes) -> None:
        if self._process is None or self._process.stdin is None:
            raise BrokenPipeError
        self._process.stdin.write(LENGTH.pack(len(data)) + data)
        self._process.stdin.flush()


def _read(is_result: bool, pipe: IO[bytes], arrived: queue.SimpleQueue[tuple[bool, bytes]]) -> None:
    with contextlib.suppress(OSError, ValueError):
        while data := os.read(pipe.fileno(), 1 << 16):
            arrived.put((is_result, data))
    if is_result:
        arrived.put((is_result, b""))


def main() -> None:
    """Run the warm interpreter: read a setup, then jobs, from standard input; write frames to standard output."""
    results, jobs = os.dup(1), os.fdopen(os.dup(0), "rb")
    os.dup2(2, 1)  # output of student code must not mix with frames
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # student code must not read jobs
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(results, os.O_BINARY)
        msvcrt.setmode(jobs.fileno(), os.O_BINARY)
    setup = msgspec.msgpack.decode(_receive(jobs), type=Setup)
    from grader.execution.guest.experiment_files import load_file, preload_torch_modules
    from grader.execution.guest.frames import pack
    from grader.execution.guest.job_runner import run_jobs

    experiments = {}
    for path, source in setup.files:
        preload_torch_modules(source)
        experiments.update(load_file(path, source))
    os.write(results, READY)
    file = os.fdopen(results, "wb", buffering=0)

    def send(frame: Frame) -> None:
        sys.stdout.flush()
        file.write(pack(frame))

    finders = list(sys.meta_path)
    while data := _receive(jobs):
        received = msgspec.msgpack.decode(data, type=list[Job])
        run_jobs(received, experiments, send)
        sys.meta_path[:] = finders  # remove the import finders of this job's files
        _remove_modules({path for job in received for path, _ in job.files})


def _remove_modules(files: set[str]) -> None:
    """Remove a job's modules from sys.modules, so that the next job imports its own."""
    for name, module in list(sys.modules.items()):
        spec = getattr(module, "__spec__", None)
        if getattr(module, "__file__", None) in files or getattr(spec, "origin", None) in files:
            del sys.modules[name]


def _receive(file: IO[bytes]) -> bytes:
    """Read one message; empty at the end of the stream."""
    head = file.read(LENGTH.size)
    return file.read(LENGTH.unpack(head)[0]) if len(head) == LENGTH.size else b""
