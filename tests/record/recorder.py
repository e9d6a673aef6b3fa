"""Run commands as a user does, and write their output and their files, normalized, into the record."""

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
"""Options of `grade` that make a run the same on every machine."""


class Recorder:
    """Writes one record into `out`, of commands that run in `folder`."""

    def __init__(self, out: Path, folder: Path) -> None:
        self.out, self.folder = out, folder
        self._normalizer = Normalizer(folder)

    def environment(self, lang: str = "en") -> dict[str, str]:
        """Return a minimal environment, so that nothing from the user's shell or home appears in the record."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        return {
            # nbgrader finds alembic by PATH.
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
        """Run a command line of the grader and record it."""
        self._record(name, f"grader {line}", [*GRADER, *shlex.split(line)], extra, cwd, lang)

    def python(self, name: str, line: str, *extra: Rule, cwd: str = ".", lang: str = "en") -> None:
        """Run a command line of Python and record it."""
        self._record(name, f"python {line}", shlex.split(line), extra, cwd, lang)

    def prepare(self, line: str, cwd: str) -> None:
        """Run a command line of another program, and do not record it; raise an error if it fails."""
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
        """Run a command, and write its output and exit code."""
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
        # Do not translate line ends: they are part of the output.
        target.write_text(self._normalizer.text(path, text, *extra), "utf-8", newline="")
