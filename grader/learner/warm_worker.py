"""One warm worker for a learner: torch is imported once, and what she saves is run at once, in the background.

Linux forks a child for each job from a zygote. Elsewhere one interpreter runs job after job; it is ended when a job
takes too long, and the next one warms up at once.
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
from grader.execution.guest.frames import Frame, Job, Setup
from grader.execution.host.child_monitor import ChildMonitor, ChildReport
from grader.execution.host.pool import CAN_FORK, JobResult, run_job
from grader.execution.host.portable_worker import READY, START_LIMIT, SYSTEM, PortableWorker
from grader.execution.host.sandbox_levels import ENVIRONMENT, package_folders
from grader.execution.host.worker import Worker

LENGTH = struct.Struct("<I")
AGAIN = 0.1
"""Seconds after which the next function of an interrupted run is interrupted."""

LAST_WORDS = 0.02
"""Seconds to wait for what a job printed: it comes through another pipe than the job's last frame."""


class Runner:
    """Runs jobs one after the other on one warm worker; everything gives a future."""

    def __init__(self, files: list[tuple[str, bytes]]) -> None:
        self._worker: Worker | WarmWorker = Worker(files) if CAN_FORK else WarmWorker(files)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="worker")
        self._started: Future[None] = self._thread.submit(self._worker.start)
        self._last: Future[list[JobResult]] | None = None

    @property
    def started(self) -> Future[None]:
        """Done when the worker is warm. Holds WorkerStartError when it does not start."""
        return self._started

    def run(self, jobs: Sequence[Job]) -> Future[list[JobResult]]:
        """Run some jobs."""
        self._last = self._thread.submit(lambda: [run_job(self._worker, job) for job in jobs])
        return self._last

    def interrupt(self) -> None:
        """End the function that runs now: something newer waits."""
        if self._started.done():
            self._worker.interrupt()

    def close(self) -> None:
        """End everything, whatever still runs or starts."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        if isinstance(self._worker, WarmWorker):
            self._worker.closed = True
        while self._started.done() and self._last is not None and not wait([self._last], AGAIN).done:
            self._worker.interrupt()  # one function after the other
        with contextlib.suppress(OSError, ValueError):  # the thread that starts it sees it end, too
            self._worker.stop()


class WarmWorker(PortableWorker):
    """One interpreter that runs job after job, where nothing can be forked. Has the interface of `Worker`."""

    def __init__(self, files: list[tuple[str, bytes]]) -> None:
        super().__init__(files)
        self._process: subprocess.Popen[bytes] | None = None
        self._arrived: queue.SimpleQueue[tuple[bool, bytes]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self.closed = False

    def start(self) -> None:
        """Start the interpreter, if there is none, and wait until it is warm. Raises WorkerStartError."""
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
            with contextlib.suppress(OSError):  # an interpreter that is gone already has left its reason behind
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
        """End the interpreter."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def interrupt(self) -> None:
        """End the job that runs now, from another thread."""
        if self._process is not None:
            self._process.kill()

    def run(self, jobs: Sequence[Job], time_limit: float) -> list[ChildReport]:
        """Run jobs. Raises WorkerDiedError when the interpreter is gone before it begins."""
        self.start()
        try:
            self._send(msgspec.msgpack.encode(jobs))
        except OSError:
            raise WorkerDiedError("the worker is gone") from None
        monitor = ChildMonitor(jobs, time_limit)
        while not monitor.is_decided and not monitor.is_complete:
            try:
                is_result, data = self._arrived.get(timeout=monitor.seconds_left)
            except queue.Empty:
                monitor.time_out()
                break
            if not data and is_result:
                monitor.record_end(Reason.of(Code.STOPPED))
                break
            (monitor.add_results if is_result else monitor.add_output)(data)
            if not is_result and not monitor.seconds_left:  # who prints without pause must not stop the clock
                monitor.time_out()
        if monitor.is_decided:
            self.stop()
            threading.Thread(target=self._warm_again, daemon=True).start()
        else:
            self._last_words(monitor)
        return monitor.reports

    def _last_words(self, monitor: ChildMonitor) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                is_result, data = self._arrived.get(timeout=LAST_WORDS)
                if not is_result:
                    monitor.add_output(data)

    def _warm_again(self) -> None:
        with contextlib.suppress(WorkerStartError, OSError, ValueError):  # the next job tries itself, and says so
            if not self.closed:
                self.start()
            if self.closed:  # in the meantime
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
    """The warm interpreter: read a setup, then jobs, from standard input; write frames to what was standard output."""
    results, jobs = os.dup(1), os.fdopen(os.dup(0), "rb")
    os.dup2(2, 1)  # what a learner prints is no result
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # and what she reads is no job
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
        asked = msgspec.msgpack.decode(data, type=list[Job])
        run_jobs(asked, experiments, send)
        sys.meta_path[:] = finders  # the next job brings its own files
        _forget({path for job in asked for path, _ in job.files})


def _forget(files: set[str]) -> None:
    """Take a job's modules out, so that the next one does not meet them."""
    for name, module in list(sys.modules.items()):
        spec = getattr(module, "__spec__", None)
        if getattr(module, "__file__", None) in files or getattr(spec, "origin", None) in files:
            del sys.modules[name]


def _receive(file: IO[bytes]) -> bytes:
    """One message; empty at the end."""
    head = file.read(LENGTH.size)
    return file.read(LENGTH.unpack(head)[0]) if len(head) == LENGTH.size else b""
