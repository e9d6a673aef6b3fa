"""`make bench`, or `BENCH=full make bench`: grade made-up classes with this grader and others, and print the seconds.

All measurements run on this machine, one after the other. On other machines the seconds differ, but the ratios are
similar.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from grader.course.library import open_library
from tests.bench import learner, memory, peers, targets
from tests.bench.checkouts import Checkout
from tests.bench.checks import write_table
from tests.bench.classes import write_demo_class
from tests.bench.peers import CORES, ROOT, floor
from tests.bench.targets import SIX, public_course

FULL = os.environ.get("BENCH") == "full"


def grade(course: Path, folder: Path, out: Path, *more: object) -> float:
    """Run `grader grade` as a user does; return the seconds, including the start of the command."""
    command = [Path(sys.executable).parent / "grader", "grade", folder, "--course", course, "--out", out, "--seed", 1]
    return peers.timed([*command, *more], ROOT)


def assignment(folder: Path) -> Table:
    """Return a table that compares this grader with other graders, on six functions and their public checks.

    The seconds include the start of each grader.
    """
    course = public_course(Checkout(ROOT), folder / "course")
    home = write_table(open_library(course), SIX, folder)
    sizes = (20, 200) if FULL else (20,)
    classes = {size: write_demo_class(course, folder / f"class {size}", size) for size in sizes}
    students = sorted(classes[20].iterdir())
    only = [word for function in SIX for word in ("--only", function)]
    few = students[: 6 if FULL else 3]
    each = {
        "nbgrader autograde": peers.nbgrader_class(folder, few, home) / len(few),
        "otter run": peers.otter_each(folder, few, home, 1) / len(few),
        f"otter run, {CORES} at a time": peers.otter_each(folder, few, home, CORES) / len(few),
        "one pytest process each": peers.pytest_each(folder, few, home, 1) / len(few),
        f"pytest, {CORES} at a time": peers.pytest_each(folder, students[: 2 * len(few)], home, CORES) / 2 / len(few),
    }
    table = Table(title=f"{len(SIX)} functions, {len(home)} checks, start included, {CORES} cores", box=None)
    for heading in ("", *(f"class of {size}, s" for size in sizes), *(f"times ours ({size})" for size in sizes)):
        table.add_column(heading, justify="left" if not heading else "right")
    ours = {size: grade(course, place, folder / f"six {size}", *only) for size, place in classes.items()}
    table.add_row("grader grade", *(f"{ours[size]:.1f}" for size in sizes), *("1" for _ in sizes))
    for what, seconds in each.items():
        total = {size: seconds * size for size in sizes}
        times = [f"{total[size] / ours[size]:.0f}" for size in sizes]
        table.add_row(f"{what} ({seconds:.2f} s each)", *(f"{total[size]:.0f}" for size in sizes), *times)
    return table


def whole_course(folder: Path) -> Table:
    """Return a table of times for all functions and checks.

    It compares sandbox levels, a second run, a run with one worker, and the lowest possible time ("the floor").
    """
    size = 200 if FULL else 12
    place = write_demo_class(ROOT, folder / "whole", size)
    with_start, without = floor(ROOT, place)
    rows = [("the floor: fork and bare work", with_start), ("  its start not counted", without)]
    for level in ("none", "core", "full"):
        rows.append((f"grader grade, level {level}", grade(ROOT, place, folder / level, "--sandbox", level)))
    rows.append(("  again, nothing changed", grade(ROOT, place, folder / "full", "--sandbox", "full")))
    rows.append(("  one worker", grade(ROOT, place, folder / "one", "--sandbox", "full", "--jobs", 1)))
    table = Table(title=f"all functions and checks, {size} submissions, {CORES} cores", box=None)
    for heading in ("", "s", "ms each", "times the floor"):
        table.add_column(heading, justify="left" if not heading else "right")
    for what, seconds in rows:
        table.add_row(what, f"{seconds:.1f}", f"{1000 * seconds / size:.0f}", f"{seconds / with_start:.2f}")
    return table


def main() -> None:
    """Measure, and print the tables."""
    console = Console()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        console.print(whole_course(folder / "a"))
        (folder / "b").mkdir()
        console.print(assignment(folder / "b"))
        console.print(memory.over_time(folder / "c", 10_000 if FULL else 300))
        (folder / "d").mkdir()
        console.print(learner.waiting(folder / "d"))
        if FULL:
            (folder / "e").mkdir()
            console.print(targets.measure(folder / "e", [Checkout(ROOT)], 3, True, targets.Sizes()))


if __name__ == "__main__":
    main()
