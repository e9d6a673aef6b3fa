"""Measure memory and time per submission during a long run. Both must stay constant for any number of submissions."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import psutil
from rich.table import Table

from tests.bench.peers import ROOT

FUNCTION = "lr_at_step"
PARTS = 10


def over_time(folder: Path, size: int) -> Table:
    """Grade `size` submissions of one function; return a table with about ten measurements during the run."""
    source = (ROOT / "solutions/ex8_optim_tools.py").read_text("utf-8")
    for number in range(size):
        place = folder / "class" / f"{number:05}"
        place.mkdir(parents=True)
        (place / "ex8_optim_tools.py").write_text(f"{source}\n# {number}\n", "utf-8")
    out = folder / "out"
    command = [Path(sys.executable).parent / "grader", "grade", folder / "class", "--out", out, "--only", FUNCTION]
    process = subprocess.Popen(
        [str(part) for part in command], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    table = Table(title=f"{size} submissions of one function", box=None)
    for heading in ("submissions", "ms each", "grader, MB", "everything, MB"):
        table.add_column(heading, justify="right")
    before, last = 0, time.monotonic()
    while process.poll() is None:
        done = count_verdicts(out / "journal.sqlite")
        if done >= before + size // PARTS or (before == 0 and done > 0):
            now = time.monotonic()
            pace = 1000 * (now - last) / (done - before) if before else 0.0
            own, everything = in_use(process.pid)
            table.add_row(str(done), f"{pace:.1f}" if before else "", f"{own:.0f}", f"{everything:.0f}")
            before, last = done, now
        time.sleep(0.05)
    return table


def count_verdicts(journal: Path) -> int:
    """Return how many verdicts the journal contains; 0 if it cannot be read yet."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as connection:
        return int(connection.execute("SELECT count(*) FROM verdicts").fetchone()[0])
    return 0


def in_use(pid: int) -> tuple[float, float]:
    """Return the memory of a process in megabytes, without and with its descendants.

    Memory that several processes share counts in equal parts for each of them.
    """
    sizes = []
    for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
        with suppress(psutil.Error):
            sizes.append(process.memory_full_info().pss / 1e6)
    return sizes[0], sum(sizes)
