"""A worker for machines without fork and pidfd (macOS, Windows): a fresh interpreter for every child, and no walls.

It speaks the same frames as a zygote's child. Slow (torch is imported each time), but complete: everything that
grades, generates or examines works with it. Its level is none.
"""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import IO

import msgspec

from grader.core.errors import WorkerStartError
from grader.core.package_paths import SOURCE_ROOT
from grader.run.follow import ChildReport, Follower
from grader.run.walls import ENVIRONMENT, Confinement, Level, package_folders
from grader.run.wire import Frame, Job, Setup

START_LIMIT = 120.0
"""Seconds that an import of torch may take before the clock of the first step starts."""

READY = b"ready"
SYSTEM = ("HOME", "PATH", "LANG")
"""What a fresh interpreter keeps of its user's environment."""


class FreshWorker:
    """Starts an interpreter for each job. Has the interface of `Worker`."""

    def __init__(self, files: list[tuple[str, bytes]]) -> None:
        self.confinement = Confinement(Level.NONE, frozenset())
        self._setup = Setup(files)

    def launch(self) -> None:
        """Nothing is kept warm."""

    def start(self) -> None:
        """Nothing is kept warm."""

    def stop(self) -> None:
        """Nothing is kept."""

    def run(self, jobs: Sequence[Job], time_limit: float) -> list[ChildReport]:
        """Run jobs in one fresh interpreter. Raises WorkerStartError when it does not start."""
        start = f"import sys; sys.path[:0] = {[str(SOURCE_ROOT), *package_folders()]!r}; "
        process = subprocess.Popen(
            [sys.executable, "-B", "-c", start + "from grader.run.fresh import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **{k: v for k, v in ENVIRONMENT.items() if k not in SYSTEM}},
        )
        assert process.stdin
        assert process.stdout
        assert process.stderr
        arrived: queue.SimpleQueue[tuple[bool, bytes]] = queue.SimpleQueue()
        for is_result, pipe in ((True, process.stdout), (False, process.stderr)):
            threading.Thread(target=_read, args=(is_result, pipe, arrived), daemon=True).start()
        try:
            with contextlib.suppress(OSError):
                process.stdin.write(msgspec.msgpack.encode((self._setup, jobs)))
                process.stdin.close()
            return _follow(process, arrived, Follower(jobs, time_limit))
        finally:
            process.kill()
            process.wait()


def _follow(
    process: subprocess.Popen[bytes], arrived: queue.SimpleQueue[tuple[bool, bytes]], follower: Follower
) -> list[ChildReport]:
    """Take what arrives until the results end or something takes too long."""
    follower.restart_clock(START_LIMIT)
    greeting = b""
    while True:
        try:
            is_result, data = arrived.get(timeout=follower.seconds_left)
        except queue.Empty:
            if greeting != READY:
                raise WorkerStartError("an interpreter with torch did not start in time") from None
            follower.out_of_time()
            return follower.reports
        if not is_result:
            follower.printed(data)
            if greeting == READY and not follower.seconds_left:  # who prints without pause must not stop the clock
                follower.out_of_time()
                return follower.reports
            continue
        at_end = not data
        if at_end:
            if greeting != READY:
                raise WorkerStartError(follower.reports[0].output.decode("utf-8", "replace").strip()[-300:])
            follower.finished(f"left on its own with exit code {process.wait()}")
        if greeting != READY:
            room = len(READY) - len(greeting)
            greeting, data = greeting + data[:room], data[room:]
            follower.restart_clock()
        follower.take(data)
        if follower.ended or at_end:
            return follower.reports


def _read(is_result: bool, pipe: IO[bytes], arrived: queue.SimpleQueue[tuple[bool, bytes]]) -> None:
    """Pass on what arrives in a pipe; b"" at its end."""
    while data := os.read(pipe.fileno(), 1 << 16):
        arrived.put((is_result, data))
    arrived.put((is_result, b""))


def main() -> None:
    """The fresh interpreter: read (setup, jobs) from standard input, write frames to what was standard output."""
    results = os.dup(1)
    os.dup2(2, 1)  # what a submission prints is no result
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(results, os.O_BINARY)
    setup, jobs = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=tuple[Setup, list[Job]])
    from grader.run.experiments import load_file
    from grader.run.inert import make_showing_inert
    from grader.run.job import run_jobs
    from grader.run.wire import pack

    experiments = {check: e for path, source in setup.files for check, e in load_file(path, source).items()}
    make_showing_inert()
    os.write(results, READY)
    with os.fdopen(results, "wb", buffering=0) as file:

        def send(frame: Frame) -> None:
            file.write(pack(frame))

        run_jobs(jobs, experiments, send)
    os._exit(0)  # threads that a submission left running end with it
