"""Grade a class in which every submission forges the largest possible results.

    python -m tests.bench.forgers [SIZE]

This prints the memory of the grader during the run. It must stay below MOST.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from grader.course.library import open_library
from grader.execution.guest.limits.descriptors import RESULT
from tests.bench.memory import count_verdicts
from tests.bench.peers import ROOT

ITEMS = 64_000
MOST = 250
"""Maximum memory of the grader's process without its workers, in megabytes."""

SOURCE = """
import json, os, struct

def forge():
    items = ",".join(str(number + 0.5) for number in range({items}))
    for index in range(400):
        body = '["done",%d,"observed",{{"value":["s",[%s]]}}]' % (index, items)
        data = memoryview(struct.pack("<I", len(body)) + body.encode())
        while data:
            data = data[os.write(1, data):]

def find_results():
    for fd in range(3, 64):
        try:
            os.write(fd, b"")
        except OSError:
            continue
        return fd
"""


def forgery(functions: list[str], number: int, items: int = ITEMS) -> str:
    """Return a source file whose functions forge a result of `items` values for each check.

    Files with different `number` are different.
    """
    source = SOURCE.format(items=items).replace("os.write(1,", f"os.write({RESULT},")
    return source + "".join(f"\ndef {name}(*_, **__):\n    forge()\n" for name in functions) + f"\n# {number}\n"


def write_class(course: Path, folder: Path, size: int, items: int = ITEMS) -> Path:
    """Write a class of `size` students, whose files for all exercises are forgeries; return `folder`."""
    exercises = open_library(course).course.exercises
    for number in range(size):
        place = folder / f"{number:04}"
        place.mkdir(parents=True)
        for exercise in exercises:
            (place / f"{exercise.name}.py").write_text(forgery([*exercise.points], number, items), "utf-8")
    return folder


def over_time(folder: Path, size: int, *more: str) -> Table:
    """Grade the class, and return a table with the memory of the grader's process during the run."""
    out, started = folder / "out", time.monotonic()
    submissions = write_class(ROOT, folder / "class", size)
    command = [Path(sys.executable).parent / "grader", "grade", submissions, "--out", out, *more]
    process = subprocess.Popen([str(part) for part in command], cwd=ROOT, stdout=subprocess.DEVNULL)
    table = Table(title=f"{size} submissions that forge {ITEMS} values for each check", box=None)
    for heading in ("seconds", "verdicts", "grader, MB", "highest so far, MB"):
        table.add_column(heading, justify="right")
    highest, shown = 0.0, 0.0
    while process.poll() is None:
        with suppress(psutil.Error):
            own = psutil.Process(process.pid).memory_info().rss / 1e6
            highest = max(highest, own)
            if time.monotonic() - shown > 5:
                shown = time.monotonic()
                verdicts = count_verdicts(out / "journal.sqlite")
                table.add_row(f"{shown - started:.0f}", str(verdicts), f"{own:.0f}", f"{highest:.0f}")
        time.sleep(0.05)
    table.add_row(
        f"{time.monotonic() - started:.0f}", str(count_verdicts(out / "journal.sqlite")), "", f"{highest:.0f}"
    )
    return table


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        Console(width=100).print(over_time(Path(name), int(sys.argv[1]) if len(sys.argv) > 1 else 12, *sys.argv[2:]))
