"""Kill `grader grade` with real workers, at moments spread over its whole run, and run the same command again."""

import os
import shutil
import signal
import subprocess
import sys
import time

from tests.faults.classroom import OPTIONS, OUT, difference, make_class, whole_files
from tests.record.contents import files_below
from tests.record.normalizer import Normalizer
from tests.tools import ROOT, environment

PATIENCE = 300.0
EXIT_CODE = 1
"""Exit code of `grader grade` for this class: some of its submissions need review."""


class RealClass:
    """A class that real workers grade, with the results and the duration of an undisturbed run."""

    def __init__(self, folder, students, level):
        self.folder, self._line = folder, [sys.executable, "-m", "grader.cli", "grade", "class", *OPTIONS]
        self._line += ["--sandbox", level, "--seed", "5"]
        make_class(folder, students)
        started = time.monotonic()
        assert self._start("undisturbed").wait(PATIENCE) == EXIT_CODE, self.output("undisturbed")
        self.seconds = time.monotonic() - started
        self._expected = self._contents("undisturbed")

    def output(self, name):
        """Return the output of the last command of a trial."""
        return (self.folder / name / "output").read_text("utf-8")

    def trial(self, number, trials):
        """Kill a run, run the command again, and compare the results. Raises AssertionError if they differ.

        The time of an undisturbed run is divided into `trials` equal parts, and the run is killed in part `number`.
        """
        name = f"real-{number}"
        running = self._start(name)
        try:
            running.wait(self.seconds * (number + 0.5) / trials)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait(PATIENCE)
        whole_files(self.folder / name)
        assert self._start(name).wait(PATIENCE) == EXIT_CODE, self.output(name)
        different = difference(self._expected, self._contents(name))
        assert not different, f"different after the kill: {different}\n{self.output(name)}"
        shutil.rmtree(self.folder / name)

    def _start(self, name):
        place = self.folder / name
        place.mkdir(exist_ok=True)
        if not (place / "class").exists():
            (place / "class").symlink_to(self.folder / "class")
        with (place / "output").open("wb") as output:
            return subprocess.Popen(
                self._line,
                cwd=place,
                env=environment(PYTHONPATH=str(ROOT)),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def _contents(self, name):
        normalizer = Normalizer(self.folder / name)
        return {path: normalizer.text(path, text) for path, text in files_below(self.folder / name / OUT)}
