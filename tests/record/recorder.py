"""Runs commands as a user does and writes what they print and leave behind, normalized, into the record."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.record.contents import files_below
from tests.record.normalizer import ROOT, Normalizer, Rule

GRADER = ("-m", "grader.cli")
MINUTES = 10


class Recorder:
    """Writes one record: into `out`, from commands that run in `folder`."""

    def __init__(self, out: Path, folder: Path) -> None:
        self.out, self.folder = out, folder
        self._normalizer = Normalizer(folder)

    def environment(self, lang: str = "en") -> dict[str, str]:
        """A bare environment: nothing of the user's shell or home may show in the record."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        return {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONIOENCODING": "utf-8",
            "HOME": str(home),
            "TZ": "UTC",
            "LANG": "C.UTF-8",
            "COLUMNS": "110",
            "AUTOGRADED_LANG": lang,
        }

    def grader(
        self, name: str, *arguments: object, cwd: str = ".", lang: str = "en", extra: tuple[Rule, ...] = ()
    ) -> None:
        """Run a command of the grader and record it."""
        self.python(name, *GRADER, *arguments, cwd=cwd, lang=lang, extra=extra)

    def python(
        self, name: str, *arguments: object, cwd: str = ".", lang: str = "en", extra: tuple[Rule, ...] = ()
    ) -> None:
        """Run a Python command line and record its output and exit code."""
        done = self.run(*arguments, cwd=cwd, lang=lang)
        words = [str(argument) for argument in arguments]
        shown = ["grader", *words[2:]] if tuple(words[:2]) == GRADER else ["python", *words]
        head = f"$ {' '.join(shown)}\nexit code: {done.returncode}\n"
        self.write(f"{name}.command.txt", f"{head}--- stdout\n{done.stdout}--- stderr\n{done.stderr}", *extra)

    def run(self, *arguments: object, cwd: str = ".", lang: str = "en") -> subprocess.CompletedProcess[str]:
        """Run a Python command line without recording it."""
        return subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=self.folder / cwd,
            env=self.environment(lang),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=60 * MINUTES,
            check=False,
        )

    def tree(self, name: str, folder: str) -> None:
        """Record every file below a folder, or one file."""
        for path, text in files_below(self.folder / folder):
            self.write(f"{name}/{path}", text)

    def write(self, path: str, text: str, *extra: Rule) -> None:
        """Write one normalized text into the record."""
        target = self.out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        # Line ends are output, too: no translation.
        target.write_text(self._normalizer.text(path, text, *extra), "utf-8", newline="")
