"""Worker for machines without fork and pidfd (macOS, Windows): it starts a new interpreter for each job.

The interpreter writes the same frames as the child of a zygote. This worker is slow, since each interpreter imports
torch, but it supports all commands. This worker has no sandbox, so its sandbox level is none.
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
from grader.core.reasons import Code, Reason
from grader.execution.guest.frames import Frame
from grader.execution.guest.job import Job, Setup
from grader.execution.host.child_monitor import ChildMonitor, ChildReport
from grader.execution.host.interpreter_conditions import USUAL, Conditions
from grader.execution.host.sandbox_levels import ENVIRONMENT, Level, Sandbox, package_folders
from grader.execution.host.submission_budget import BudgetUse

START_LIMIT = 120.0
"""Time limit, in seconds, for the import of torch. The time limit of the first step starts afterwards."""

READY = b"ready"
SYSTEM = ("HOME", "PATH", "LANG")
"""Environment variables that a new interpreter inherits from the user."""


class PortableWorker:
    """Worker that starts an interpreter for each call of `run`. This class has the interface of `Worker`."""

    def __init__(self, files: list[tuple[str, bytes]], conditions: Conditions = USUAL) -> None:
        self._conditions = conditions
        self.sandbox = Sandbox(Level.NONE, frozenset())
        self._setup = Setup(files)
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def launch(self) -> None:
        """Do nothing: `run` starts the interpreter."""

    def start(self) -> None:
        """Do nothing: `run` starts the interpreter."""

    def stop(self) -> None:
        """Do nothing: `run` ends the interpreter."""

    def close(self) -> None:
        """End the interpreter that runs now, and start no other one; call it from another thread."""
        self._closed = True
        if self._process is not None:
            self._process.kill()

    def run(self, jobs: Sequence[Job], time_limit: float, use: BudgetUse | None = None) -> list[ChildReport]:
        """Run jobs in one new interpreter; return a report for each. Raises WorkerStartError if it does not start.

        `time_limit` is in seconds, for each file and each check. `use` counts what earlier children of the same
        submission have used.
        """
        if self._closed:
            raise WorkerStartError("the worker is closed")
        start = self._conditions.first_statement
        start += f"import sys; sys.path[:0] = {[str(SOURCE_ROOT), *package_folders()]!r}; "
        variables = ENVIRONMENT | self._conditions.environment
        self._process = process = subprocess.Popen(
            [
                sys.executable,
                "-P",
                "-s",
                "-B",
                "-c",
                start + "from grader.execution.host.portable_worker import main; main()",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **{k: v for k, v in variables.items() if k not in SYSTEM}},
            cwd=self._conditions.folder or None,
        )
        assert process.stdin
        assert process.stdout
        assert process.stderr
        chunks: queue.SimpleQueue[tuple[bool, bytes]] = queue.SimpleQueue()
        for is_result, pipe in ((True, process.stdout), (False, process.stderr)):
            threading.Thread(target=_read, args=(is_result, pipe, chunks), daemon=True).start()
        try:
            with contextlib.suppress(OSError):
                process.stdin.write(msgspec.msgpack.encode((self._setup, jobs)))
                process.stdin.close()
            return _monitor(process, chunks, ChildMonitor(jobs, time_limit, use))
        finally:
            process.kill()
            process.wait()


def _monitor(
    process: subprocess.Popen[bytes], chunks: queue.SimpleQueue[tuple[bool, bytes]], monitor: ChildMonitor
) -> list[ChildReport]:
    """Pass the chunks to the monitor until the interpreter ends or must be killed; return the reports."""
    monitor.restart_clock(START_LIMIT)
    greeting = b""
    while True:
        try:
            is_result, data = chunks.get(timeout=monitor.seconds_left)
        except queue.Empty:
            if greeting != READY:
                raise WorkerStartError("an interpreter with torch did not start in time") from None
            monitor.time_out()
            return monitor.reports
        if not is_result:
            monitor.add_output(data)
            if greeting == READY and not monitor.seconds_left:  # a child that prints all the time must time out, too
                monitor.time_out()
                return monitor.reports
            continue
        at_end = not data
        if at_end:
            if greeting != READY:
                raise WorkerStartError(monitor.reports[0].output.decode("utf-8", "replace").strip()[-300:])
            monitor.record_end(Reason.of(Code.EXIT, code=process.wait()))
        if greeting != READY:
            room = len(READY) - len(greeting)
            greeting, data = greeting + data[:room], data[room:]
            monitor.restart_clock()
        monitor.add_results(data)
        if monitor.is_decided or at_end:
            return monitor.reports


def _read(is_result: bool, pipe: IO[bytes], chunks: queue.SimpleQueue[tuple[bool, bytes]]) -> None:
    """Put the bytes of a pipe into the queue, and b"" at its end."""
    while data := os.read(pipe.fileno(), 1 << 16):
        chunks.put((is_result, data))
    chunks.put((is_result, b""))


def main() -> None:
    """Run the new interpreter: read (setup, jobs) from standard input, write frames to the original standard output."""
    results = os.dup(1)
    os.dup2(2, 1)  # print to standard error, which keeps printed output apart from the results
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(results, os.O_BINARY)
    setup, jobs = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=tuple[Setup, list[Job]])
    from grader.execution.guest.experiment_files import load_file
    from grader.execution.guest.frames import pack
    from grader.execution.guest.job_runner import run_jobs
    from grader.execution.guest.student_code.display_stubs import install_display_stubs

    experiments = {check: e for path, source in setup.files for check, e in load_file(path, source).items()}
    install_display_stubs()
    os.write(results, READY)
    with os.fdopen(results, "wb", buffering=0) as file:

        def send(frame: Frame) -> None:
            file.write(pack(frame))

        run_jobs(jobs, experiments, send)
    os._exit(0)  # also ends the threads of the submission
