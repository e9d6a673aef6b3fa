"""Scenarios: a run that is killed and resumed, and a run on a Dask cluster.

Both scenarios must give the same results as an ordinary run.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.record.normalizer import Rule
from tests.record.recorder import GRADER, Recorder

GRADE = "grade class/moodle.zip --seed 20260101 --course course --only ex1_losses --only ex5_backward"
PATIENCE = 120.0
"""Maximum number of seconds to wait for another process. It usually needs a few seconds."""
ENOUGH = 20
"""The run is killed when the journal has at least this many of its 300 verdicts."""


def interrupted(recorder: Recorder) -> None:
    """Kill a run when its journal has ENOUGH verdicts, run the same command again, and record the results."""
    command = f"{GRADE} --out killed --jobs 2"
    running = subprocess.Popen(
        [sys.executable, *GRADER, *command.split()],
        cwd=recorder.folder,
        env=recorder.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    journal = recorder.folder / "killed" / "journal.sqlite"
    _wait_for(lambda: _verdicts(journal) >= ENOUGH or running.poll() is not None)
    if running.poll() is not None:
        raise RuntimeError("The run ended before it could be killed")
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    # The number of attempts graded before the kill differs every time.
    count = Rule("", r"(?m)^(unchanged submissions, reused from the journal: )\d+$", r"\1<count>")
    recorder.grader("interrupted/resumed", command, count)
    recorder.tree("interrupted/resumed", "killed")


def on_dask(recorder: Recorder) -> None:
    """Record a run on a Dask scheduler with two workers on this machine."""
    with contextlib.ExitStack() as stack:
        scheduler = _dask(recorder, stack, "scheduler", "--port", "0", "--no-dashboard", "--host", "127.0.0.1")
        address = _line(scheduler, r"Scheduler at: +(tcp://\S+)")
        for name in ("first", "second"):
            options = ("--nthreads", "1", "--no-dashboard", "--no-nanny", "--local-directory", f"dask-{name}")
            log = _dask(recorder, stack, "worker", address, *options, name=name)
            _line(log, r"Registered to: +(tcp://\S+)")
        recorder.grader("on_dask/grade", f"{GRADE} --out dask --dask {address}")
    recorder.tree("on_dask/grade", "dask")


def _dask(recorder: Recorder, stack: contextlib.ExitStack, part: str, *options: str, name: str = "scheduler") -> Path:
    """Start a process of the cluster, and return the path of its log. The process is killed when `stack` closes."""
    path = recorder.folder / f"dask-{name}.log"
    with path.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{part}", *options],
            cwd=recorder.folder,
            env=recorder.environment(),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    stack.callback(process.wait)
    stack.callback(process.kill)
    return path


def _line(log: Path, pattern: str) -> str:
    """Wait until the log of a process matches `pattern`, and return the group of the match."""
    _wait_for(lambda: re.search(pattern, log.read_text("utf-8")) is not None)
    found = re.search(pattern, log.read_text("utf-8"))
    assert found is not None
    return found[1]


def _verdicts(journal: Path) -> int:
    """Return the number of verdicts in a journal; 0 while the journal is being created."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as database:
            return int(database.execute("SELECT count(*) FROM verdicts").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def _wait_for(condition: Callable[[], bool]) -> None:
    """Wait until another process has made a condition true. Raises TimeoutError after PATIENCE seconds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"Another process was not ready after {PATIENCE:.0f} s")
        time.sleep(0.01)
