"""Run and time `grader` commands of any checkout of this project, to compare commits.

The times include the start of the command.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.bench.peers import ROOT

START = "import sys; sys.path.insert(0, {folder!r}); from grader.cli.main import main; sys.exit(main())"
"""Program that runs the grader in `folder`, even if another version is installed in this environment."""

LOOK_INTERVAL = 0.02
"""Seconds between two measurements of the memory of a process."""


@dataclass(frozen=True)
class Checkout:
    """A folder with the source of the grader and its course. Its commands use the packages of this environment."""

    folder: Path

    @property
    def name(self) -> str:
        """The name of the checkout in tables."""
        return self.folder.name

    def seconds(self, *arguments: object) -> float:
        """Run a `grader` command; return how many seconds it took. Raises SystemExit with its output if it fails."""
        with tempfile.TemporaryFile() as output:
            started = time.monotonic()
            process = self._start(output.fileno(), arguments)
            process.wait()
            seconds = time.monotonic() - started
            if process.returncode not in (0, 1):  # 1: some submissions need review
                output.seek(0)
                raise SystemExit(f"{self.folder}: grader {arguments}\n{output.read().decode()[-3000:]}")
        return seconds

    def peak_memory(self, *arguments: object) -> int:
        """Run a `grader` command; return the peak memory in kB of its process, without its workers."""
        peak, process = 0, self._start(subprocess.DEVNULL, arguments)
        while process.poll() is None:
            with suppress(OSError):
                if found := re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text()):
                    peak = int(found[1])
            time.sleep(LOOK_INTERVAL)
        if process.returncode not in (0, 1):
            raise SystemExit(f"{self.folder}: grader {arguments}: exit code {process.returncode}")
        return peak

    def _start(self, output: int, arguments: Sequence[object]) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", START.format(folder=str(self.folder)), *map(str, arguments)]
        return subprocess.Popen(command, cwd=self.folder, stdout=output, stderr=output)


def grading(course: Path, folder: Path, out: Path, *more: object) -> list[object]:
    """Return the arguments of `grader` to grade a class with the seed 1. `more` are further options."""
    return ["grade", folder, "--course", course, "--out", out, "--seed", 1, *more]


def checkouts_of(folders: Sequence[str]) -> list[Checkout]:
    """Return the checkouts in these folders; without folders, this project.

    Raises SystemExit if a folder has no grader.
    """
    found = [Checkout(Path(folder).resolve()) for folder in folders] or [Checkout(ROOT)]
    for checkout in found:
        if not (checkout.folder / "grader/cli/main.py").is_file():
            raise SystemExit(f"{checkout.folder}: no grader/cli/main.py. Name a folder with the source of the grader.")
    return found
