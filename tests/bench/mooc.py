"""Benchmark of one run for a hundred thousand students: `python -m tests.bench.mooc FOLDER [STUDENTS]`.

It makes the class, grades three exercises, kills the grader after half of the students, and starts the same command
again. The class, the results and the output of the terminal are stored in FOLDER. The tables show memory and time, and
the remaining time that the progress bar estimated.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pexpect
from rich.console import Console
from rich.table import Table

from grader.course.library import open_library
from tests.bench.classes import write_demo_class
from tests.bench.memory import in_use
from tests.bench.peers import ROOT

EXERCISES = ("ex1_losses", "ex6_by_hand", "ex8_optim_tools")
STUDENTS = 100_000
GAP = rb"(?:\x1b\[[\d;]*m|\s)+"
BAR = re.compile(GAP.join([rb"(\d+)/\d+", rb"\d+:\d\d:\d\d", rb"(\d+:\d\d:\d\d|-:--:--)"]))
"""Pattern of the progress bar in colored output: graded and all submissions, time spent, estimated time left."""

LOOKS = 20
"""Number of times that the state of the run is recorded during the run."""


@dataclass(frozen=True)
class Look:
    """State of a run at one moment.

    seconds: time since the start of the command.
    done: number of graded submissions.
    grader, everything: memory in megabytes of the grader's process, without and with its workers.
    left: the remaining time that the progress bar shows.
    """

    seconds: float
    done: int
    grader: float
    everything: float
    left: str


def command(folder: Path) -> list[str]:
    """Return the arguments of `grader` to grade the class in a folder."""
    only = [word for exercise in EXERCISES for word in ("--only", exercise)]
    return [
        "grade", str(folder / "class"), "--out", str(folder / "results"), "--course", str(ROOT), *only,
        "--seed", "1", "--no-student-pages",
    ]  # fmt: skip


def watched(folder: Path, enough: Callable[[int], bool], every: int, log: Path) -> tuple[list[Look], float]:
    """Run the command in a terminal; return the recorded states and the seconds that it took.

    The command is killed as soon as `enough`, called with the number of graded submissions, returns True. The state is
    recorded after each `every` submissions. `log` gets the output.
    """
    started, looks, nearest = time.monotonic(), list[Look](), 0
    with log.open("ab") as shown:
        grader = pexpect.spawn(
            str(Path(sys.executable).parent / "grader"), command(folder), timeout=None, dimensions=(40, 120)
        )
        grader.logfile_read = shown
        while grader.expect([BAR, pexpect.EOF]) == 0:
            done, left = int(grader.match[1]), grader.match[2].decode()
            if done >= nearest:
                looks.append(Look(time.monotonic() - started, done, *in_use(grader.pid), left))
                nearest = done + every
            if enough(done):
                grader.kill(9)
                break
        grader.close(force=True)
    return looks, time.monotonic() - started


def report(title: str, looks: list[Look], seconds: float, killed: bool = False) -> Table:
    """Return a table with a row for each recorded state.

    If the run was not killed, the last column is the time that it really took after this state.
    """
    table = Table(title=f"{title}: {seconds / 60:.1f} min", box=None)
    for heading in ("done", "min", "ms each", "grader, MB", "everything, MB", "bar: left", "in truth, min"):
        table.add_column(heading, justify="right")
    before = None
    for look in looks:
        new = look.done - before.done if before else 0
        pace = f"{1000 * (look.seconds - before.seconds) / new:.1f}" if before and new else ""
        table.add_row(
            str(look.done), f"{look.seconds / 60:.1f}", pace, f"{look.grader:.0f}", f"{look.everything:.0f}",
            look.left, "" if killed else f"{(seconds - look.seconds) / 60:.1f}",
        )  # fmt: skip
        before = look
    return table


def main() -> None:
    """Make the class, grade it, kill the grader, resume, and print the tables."""
    folder, students = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else STUDENTS
    console, log = Console(width=100), folder / "terminal.log"
    library = open_library(ROOT)
    checks = [check for name in EXERCISES for check in library.exercise_files[name].exercise.checks]
    if not (folder / "class").is_dir():
        started = time.monotonic()
        write_demo_class(ROOT, folder / "class", students, EXERCISES)
        console.print(f"{students} students made in {time.monotonic() - started:.0f} s")
    console.print(f"{len(EXERCISES)} exercises, {len(checks)} checks: grader {' '.join(command(folder))}")
    every = students // LOOKS
    looks, seconds = watched(folder, lambda done: done >= students // 2, every, log)
    console.print(report("killed half way", looks, seconds, killed=True))
    looks, seconds = watched(folder, lambda done: False, every, log)
    console.print(report("the same command again, to its end", looks, seconds))
    for path in sorted((folder / "results").iterdir()):
        if path.is_file():
            console.print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
