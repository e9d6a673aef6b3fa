"""Measure how long a learner waits for a command, a self-check, and the answer of `grader watch` to a save.

The times are also given as multiples of the time of `import torch`.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from types import TracebackType

from rich.console import Console
from rich.table import Table

from tests.bench.peers import ROOT, timed

ROUNDS = 5
"""Number of rounds. Each round measures everything once. The table shows the median of all rounds."""

SAVED = "ex1_losses"
"""The exercise whose file is saved while `grader watch` runs."""

PROGRESS = re.compile(r"\d+ of \d+ functions")
"""Pattern of the last line of an answer that `grader watch` writes into a pipe."""

GRADER = Path(sys.executable).parent / "grader"


class Watch:
    """A running `grader watch`, whose answers are read from a pipe."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / f"exercises/{SAVED}.py"
        self._solution = (ROOT / f"solutions/{SAVED}.py").read_text("utf-8")
        self._process = subprocess.Popen(
            [GRADER, "watch", "--lang", "en"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        self._saves = 0
        self._read_answer()

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.terminate()
        self._process.communicate()

    def save(self) -> float:
        """Save new content in the exercise, as an editor does, by a rename; return the seconds until the answer."""
        self._saves += 1
        temporary = self._file.with_suffix(".saving")
        temporary.write_text(f"{self._solution}\n\nSAVED = {self._saves}\n", "utf-8")
        started = time.monotonic()
        temporary.replace(self._file)
        self._read_answer()
        return time.monotonic() - started

    def _read_answer(self) -> None:
        """Wait until the end of the next answer. Raises SystemExit with the output if `grader watch` ends before."""
        said = []
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if PROGRESS.search(line):
                return
            said.append(line)
        raise SystemExit("grader watch:\n" + "".join(said[-40:]))


def hand_outs(folder: Path) -> tuple[Path, Path]:
    """Return a hand-out that `grader release` made, and a copy of it with all functions solved."""
    stubs, solved = folder / "stubs", folder / "solved"
    timed([GRADER, "release", stubs], ROOT)
    shutil.copytree(stubs, solved)
    for exercise in (stubs / "exercises").glob("ex*.py"):
        shutil.copyfile(ROOT / "solutions" / exercise.name, solved / "exercises" / exercise.name)
    return stubs, solved


def waiting(folder: Path) -> Table:
    """Return the table of waiting times, in seconds and in units of `import torch`."""
    stubs, solved = hand_outs(folder)
    watched = Path(shutil.copytree(stubs, folder / "watched"))
    check = [sys.executable, "-m", "pytest", "exercises/"]
    with Watch(watched) as watch:
        measured: dict[str, Callable[[], float]] = {
            'python -c "import torch"': lambda: timed([sys.executable, "-c", "import torch"], folder),
            "grader --help": lambda: timed([GRADER, "--help"], folder),
            "grader grade --help": lambda: timed([GRADER, "grade", "--help"], folder),
            "pytest exercises/, untouched stubs": lambda: timed(check, stubs),
            "pytest exercises/, all solved": lambda: timed(check, solved),
            "grader watch, from a save to the answer": watch.save,
        }
        for measure in measured.values():
            measure()  # warm up: Python compiles the modules, and the system reads the files into memory
        rounds = [{what: measure() for what, measure in measured.items()} for _ in range(ROUNDS)]
    seconds = {what: median(one[what] for one in rounds) for what in measured}
    table = Table(title=f"a learner, median of {ROUNDS}", box=None)
    for heading in ("", "s", "times import torch"):
        table.add_column(heading, justify="left" if not heading else "right")
    for what, spent in seconds.items():
        table.add_row(what, f"{spent:.2f}", f"{spent / next(iter(seconds.values())):.2f}")
    return table


def main() -> None:
    """Print the table of waiting times: `python -m tests.bench.learner`."""
    with tempfile.TemporaryDirectory() as name:
        Console().print(waiting(Path(name)))


if __name__ == "__main__":
    main()
