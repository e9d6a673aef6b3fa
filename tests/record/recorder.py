"""Run commands as a user does, and write their normalized output and files into the record."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from tests.record.contents import files_below
from tests.record.normalizer import PACKAGES, ROOT, Normalizer, Rule

GRADER = ("-m", "grader.cli")
MINUTES = 10
LANGUAGES = ("en", "zh")
SEED = "--seed 20260101 --jobs 2 --course course"
"""Options of `grader grade` with which a run gives the same results on every machine."""


class Recorder:
    """Runs commands in `folder`, and writes their record into `out`."""

    def __init__(self, out: Path, folder: Path) -> None:
        self.out, self.folder = out, folder
        self._normalizer = Normalizer(folder)

    def environment(self, lang: str = "en") -> dict[str, str]:
        """Return a minimal environment, so that the record does not depend on the user's shell and home folder."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        return {
            # nbgrader looks for the program alembic on PATH.
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), str(PACKAGES / "bin"), os.environ["PATH"]]),
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONIOENCODING": "utf-8",
            "HOME": str(home),
            "TZ": "UTC",
            "LANG": "C.UTF-8",
            "COLUMNS": "110",
            "AUTOGRADED_LANG": lang,
        }

    def grader(self, name: str, line: str, *extra: Rule, cwd: str = ".", lang: str = "en") -> None:
        """Run `grader` with this command line, and record its output under `name`. `extra` are additional rules."""
        self._record(name, f"grader {line}", [*GRADER, *shlex.split(line)], extra, cwd, lang)

    def python(self, name: str, line: str, *extra: Rule, cwd: str = ".", lang: str = "en") -> None:
        """Run Python with this command line, and record its output under `name`. `extra` are additional rules."""
        self._record(name, f"python {line}", shlex.split(line), extra, cwd, lang)

    def prepare(self, line: str, cwd: str) -> None:
        """Run Python with this command line without recording the output. Raises RuntimeError if the command fails."""
        done = self._run(shlex.split(line), cwd, "en")
        if done.returncode:
            raise RuntimeError(f"{line} failed: {done.stdout[-1000:]}{done.stderr[-1000:]}")

    def _run(self, words: list[str], cwd: str, lang: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *words],
            cwd=self.folder / cwd,
            env=self.environment(lang),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=60 * MINUTES,
            check=False,
        )

    def _record(self, name: str, shown: str, words: list[str], extra: tuple[Rule, ...], cwd: str, lang: str) -> None:
        """Run a command, and write its output and exit code into the record."""
        done = self._run(words, cwd, lang)
        head = f"$ {shown}\nexit code: {done.returncode}\n"
        self.write(f"{name}.command.txt", f"{head}--- stdout\n{done.stdout}--- stderr\n{done.stderr}", *extra)

    def tree(self, name: str, folder: str) -> None:
        """Record every file below a folder."""
        for path, text in files_below(self.folder / folder):
            self.write(f"{name}/{path}", text)

    def file(self, name: str, path: str, *extra: Rule) -> None:
        """Record one text file."""
        self.write(name, (self.folder / path).read_bytes().decode("utf-8"), *extra)

    def write(self, path: str, text: str, *extra: Rule) -> None:
        """Write one normalized text into the record."""
        target = self.out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        # newline="" keeps the line ends, because they are part of the output.
        target.write_text(self._normalizer.text(path, text, *extra), "utf-8", newline="")
