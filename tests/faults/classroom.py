"""A small class: grade it in a forked process with a fault, and read the results folder for a comparison."""

import json
import os
import re
import shutil
import sqlite3
import sys
import tempfile
import traceback
import warnings
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from grader.cli.main import main
from grader.execution.host import sandbox_detection
from grader.reports import grading_progress
from tests.faults.recorded_pool import RecordedPool, RecordingPool
from tests.faults.write_points import Fault, forbid_processes, intercept
from tests.record.normalizer import Normalizer
from tests.tools import COURSE, ENDLESS, SOLUTION, STUB, WRONG_SUM, environment, grader_in_process, write_files

CRASH = SOLUTION.replace("return y\n", "__import__('os')._exit(0)\n")
RAISES = SOLUTION.replace("return (x**2).mean()", "return x.no_such_method()")
ANSWERS = (SOLUTION, WRONG_SUM, CRASH, ENDLESS, STUB.read_text("utf-8"), RAISES)
OUT = "out"
OPTIONS = ("--out", OUT, "--course", str(COURSE), "--time-limit", "0.5", "--jobs", "1")
"""Options of `grader grade`. They give no seed, so the run must store the seed that it draws."""
TOO_LARGE = (1 << 20) + 1
"""Size in bytes of a Python file that is too large for the grader."""
FUNCTIONS = ("mean_square", "descend")
BINARY = ("journal.sqlite", "mistake-outcomes.bin")
"""Beginnings of the names of files that are not compared as text.

The rows of the journal are compared instead. The outcomes of mistakes are not compared, because a killed run may have
stored fewer of them.
"""
TEMPORARY = re.compile(r"(^|/)\.[^/]+\.\w{8}$")


def make_class(folder, students):
    """Write a class with `students` students who have the ANSWERS in turn, and two more students.

    The student `twin` has the same file as another student, and the file of the student `unreadable` is too large.
    """
    for number in range(students):
        name = f"s{number:02}"
        answer = ANSWERS[number % len(ANSWERS)]
        write_files(folder / "class" / name, {"ex1_small.py": f"{answer}\n# student {name}\n"})
    write_files(folder / "class" / "twin", {"ex1_small.py": (folder / "class/s01/ex1_small.py").read_bytes()})
    write_files(folder / "class" / "unreadable", {"ex1_small.py": b"#" * TOO_LARGE})


@dataclass(frozen=True)
class Ended:
    """The end of a run in a forked process: its exit code, its output, and the write points before its end."""

    code: int
    output: str
    points: list[str]


class Classroom:
    """A class, with a recording of the results of its workers, and with the results folder of an undisturbed run."""

    def __init__(self, folder, pool, students):
        self.folder, self._pool = folder, pool
        make_class(folder, students)
        recording = RecordingPool(pool)
        with patch.object(grading_progress, "make_sandboxed_pool", lambda *_: recording), _no_standby_workers():
            done = grader_in_process("grade", "class", *self._options, cwd=folder, COLUMNS="100")
        assert done.returncode == 1, done.stdout  # 1: some submissions need review
        self.recording = recording.recording
        self.seed = json.loads((folder / OUT / "run.json").read_text("utf-8"))["seed"]
        (folder / OUT).rename(folder / "recorded")
        self.students = {path.name for path in (folder / "class").iterdir()}
        self.undisturbed = self.grade("undisturbed", Fault())
        assert self.undisturbed.code == 1, self.undisturbed.output
        self.expected = self.contents("undisturbed")

    @property
    def _options(self):
        return (*OPTIONS, "--sandbox", self._pool.level.value)

    def place(self, name):
        """Make and return the working folder of a trial. It contains the class, and will contain the results."""
        place = self.folder / name
        place.mkdir(exist_ok=True)
        if not (place / "class").exists():
            (place / "class").symlink_to(self.folder / "class")
        return place

    def grade(self, name, fault, without="", command=("grade", "class"), seed=None):
        """Run `grader grade` in a fork of this process with a fault; return how it ended.

        without: the protection to switch off, one of `write_points.SWITCHES`, or "".
        command: another command of `grader` to run.
        seed: the seed that the run draws, if it draws one; None for the seed of the undisturbed run.
        """
        place = self.place(name)
        sys.stdout.flush()
        with warnings.catch_warnings(action="ignore"):  # Python warns about a fork while the pool has threads
            child = os.fork()
        if child == 0:
            self._become(place, fault, without, command, seed)
        _, status = os.waitpid(child, 0)
        points = (place / "points").read_text("utf-8").splitlines()
        return Ended(os.waitstatus_to_exitcode(status), (place / "output").read_text("utf-8"), points)

    def _become(self, place, fault, without, command, seed):
        """Run the command in this forked process, with the recorded pool and the fault. Never returns."""
        code = 70
        try:
            output = os.open(place / "output", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            for descriptor in (1, 2):
                os.dup2(output, descriptor)
            sys.stdout, sys.stderr = os.fdopen(1, "w", encoding="utf-8"), os.fdopen(2, "w", encoding="utf-8")
            os.chdir(place)
            os.environ.clear()
            os.environ.update(environment(COLUMNS="100"))
            pool = RecordedPool(self.recording, self._pool.level, place / "started")
            grading_progress.make_sandboxed_pool = lambda *_: pool
            sandbox_detection.StandbyWorkers.launch = lambda _: None
            sys.argv = ["grader", *command, *(self._options if command[0] == "grade" else ())]
            with patch("secrets.randbelow", lambda limit: self.seed if seed is None else seed):
                log = (place / "points").open("w", encoding="utf-8")
                points = intercept(place / OUT, fault, log, without)
                forbid_processes()
                main()
        except SystemExit as end:
            fault.at_end(points)
            code = end.code if isinstance(end.code, int) else 1
        except BaseException:  # noqa: BLE001  (a forked child must not return into pytest)
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def contents(self, name):
        """Return {path: normalized content} of a trial's results folder; the key "journal" has the journal's rows."""
        place = self.folder / name
        normalizer = Normalizer(place)
        found = {}
        for path in sorted((place / OUT).rglob("*")):
            relative = path.relative_to(place / OUT).as_posix()
            if path.is_file() and not relative.startswith(BINARY):
                found[relative] = normalizer.text(relative, path.read_text("utf-8", errors="backslashreplace"))
        return found | {"journal": journal_rows(place / OUT)}

    def graded(self, name):
        """Return the students with verdicts in the journal. Raises AssertionError if a student lacks a function."""
        rows = journal_rows(self.folder / name / OUT).get("verdicts", [])
        number = {student: sum(row[0] == student for row in rows) for student in {row[0] for row in rows}}
        partly = {student for student, count in number.items() if count != len(FUNCTIONS)}
        assert not partly, f"only some functions of {partly} are in the journal"
        return set(number)

    def students_with(self, outcomes):
        """Return the students of the undisturbed run who have a function with one of these outcomes."""
        lines = (self.folder / "undisturbed" / OUT / "results.jsonl").read_text("utf-8").splitlines()
        return {record["student"] for record in map(json.loads, lines) if record["outcome"] in outcomes}

    def has_all_attempts(self, name):
        """Return whether the journal says that all submissions are graded, second tries of time-outs included."""
        runs = journal_rows(self.folder / name / OUT).get("runs")
        return bool(runs) and runs[-1][4] is not None

    def started(self, name):
        """Return the students whose submissions have run since the last call, in the order of their runs."""
        file = self.folder / name / "started"
        students = file.read_text("utf-8").split() if file.exists() else []
        file.unlink(missing_ok=True)
        return students


def journal_rows(out):
    """Return the rows of a journal by table, with placeholders for the ids of runs; empty if there is no journal."""
    if not (out / "journal.sqlite").exists():
        return {}
    with tempfile.TemporaryDirectory() as copy:  # opening a journal changes it, and only the resumed run may do this
        for path in out.glob("journal.sqlite*"):
            shutil.copy(path, copy)
        return _rows_of(Path(copy) / "journal.sqlite")


def _rows_of(journal):
    with closing(sqlite3.connect(journal)) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type='table' ORDER BY name")]
        rows = {name: _table(db, name) for name in tables}
        runs = {run: "<run>" for (run,) in db.execute("SELECT run FROM runs")} if "runs" in tables else {}
    rows = {t: [tuple(runs.get(v, v) if isinstance(v, str) else v for v in r) for r in rs] for t, rs in rows.items()}
    if "runs" in rows:
        rows["runs"] = rows["runs"][-1:]  # only the last run: after a run was killed at its end, there is another run
    return {table: sorted(found, key=repr) for table, found in rows.items()}


def _table(db, name):
    """Return the rows of a table without their checksums, which differ because they depend on the ids of runs."""
    columns = [row[1] for row in db.execute(f'PRAGMA table_info("{name}")') if row[1] != "checksum"]
    names = ", ".join(f'"{column}"' for column in columns)
    return db.execute(f'SELECT {names} FROM "{name}" ORDER BY {"rowid" if name == "runs" else "1, 2"}').fetchall()


def whole_files(place, pages=True):
    """Assert that every result file is complete: a reader must see the old or the new file, never a part of it.

    Without `pages`, the pages of students are not examined.
    """
    for path in (place / OUT).rglob("*"):
        relative = path.relative_to(place / OUT).as_posix()
        if not path.is_file() or relative.startswith(BINARY) or TEMPORARY.search(relative):
            continue
        if relative.startswith("students/") and not pages:
            continue
        data = path.read_bytes()
        assert data and b"\0" not in data, f"{relative} is torn"
        if path.suffix == ".html":
            assert data.rstrip().endswith(b"</html>"), f"{relative} ends early"
        if path.suffix in (".json", ".jsonl"):
            for text in [data] if path.suffix == ".json" else data.splitlines():
                assert _is_json(text), f"{relative} is torn"


def _is_json(text):
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _no_standby_workers():
    return patch.object(sandbox_detection.StandbyWorkers, "launch", lambda _: None)


def difference(expected, found):
    """Return the names of the files that differ between two results of `Classroom.contents`."""
    return sorted(name for name in {*expected, *found} if expected.get(name) != found.get(name))
