"""Only one process at a time writes into a results folder. A second one says which one it is; readers do not wait."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from grader import GradingRun, Plan
from grader.grading.results.folder_lock import LOCK_FILE, FolderInUseError
from tests.tools import COURSE, SOLUTION, WRONG_SUM, environment, grader_command, grader_in_process, write_files

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="names of sockets, and reads /proc"),
]

OPTIONS = ("--out", "out", "--course", COURSE, "--sandbox", "none", "--jobs", "1", "--seed", "5", "--time-limit", "300")
PATIENCE = 120.0
GRADE = ("grade", "class", *OPTIONS)
RESULT_FILES = ("results.jsonl", "grades.csv", "finals.jsonl", "index.html")

WRITERS = {
    "grade": GRADE,
    "regrade": ("regrade", "out", "--sandbox", "none"),
    "finish": ("regrade", "out", "--finish"),
    "override": ("override", "s0", "descend", "--score", "1", "--results", "out"),
    "override --apply": ("override", "s0", "descend", "--score", "1", "--results", "out", "--apply"),
    "override --undo": ("override", "s0", "descend", "--undo", "--results", "out"),
    "publish": ("publish", "out"),
    "withdraw": ("publish", "out", "--withdraw"),
    "accept": ("accept", "s0", "ex1_small.py", "--results", "out"),
    "accept --apply": ("accept", "s0", "ex1_small.py", "--results", "out", "--apply"),
    "forget": ("forget", "s0", "--results", "out", "--yes"),
}
READERS = {
    "show": ("show", "s0", "--results", "out"),
    "compare": ("compare", "out", "out"),
    "export": ("export", "out", "--to", "csv", "--into", "exported.csv"),
    "unexplained": ("unexplained", "out"),
    "publish --show": ("publish", "out", "--show"),
    "override --history": ("override", "--history", "--results", "out"),
    "similar": ("similar", "class", "--out", "similar.html", "--course", COURSE),
}


class Waiting:
    """A class of which `grader grade`, in a process of its own, waits in the answer of a student who came late.

    It was graded before without that student. The answer waits for a word of this process, through a socket.
    """

    def __init__(self, folder):
        write_files(folder / "class", {"s0/ex1_small.py": WRONG_SUM, "s1/ex1_small.py": SOLUTION})
        assert grader_in_process(*GRADE, cwd=folder).returncode == 0
        self.folder, address = folder, f"\0{folder}"
        connect = f"import socket; s = socket.socket(socket.AF_UNIX); s.connect({address!r}); s.recv(1)"
        answer = SOLUTION.replace(
            "return y\n", f"try:\n        {connect}\n    except OSError:\n        pass\n    return y\n"
        )
        write_files(folder / "class/s2", {"ex1_small.py": answer})
        line = [sys.executable, "-m", "grader.cli", *map(str, GRADE)]
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(address)
            listener.listen()
            listener.settimeout(PATIENCE)
            with (folder / "output").open("wb") as output:
                self.process = subprocess.Popen(
                    line, cwd=folder, env=environment(), stdout=output, stderr=output, start_new_session=True
                )
            self._answer, _ = listener.accept()

    def go_on(self):
        """Let the answer return."""
        self._answer.close()

    def kill(self):
        """Kill the grader alone, not its workers."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def end(self):
        """End the grader and all its workers."""
        self.go_on()
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)


@pytest.fixture
def waiting(tmp_path):
    """A run that waits, for a test that ends it."""
    run = Waiting(tmp_path)
    yield run
    run.end()


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A run that waits during several tests."""
    run = Waiting(tmp_path_factory.mktemp("running"))
    yield run
    run.end()


def family(pid):
    """Return a process and all its descendants."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def holds_lock(pid):
    """True if a process has the file of the lock open."""
    found = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.add(link.readlink().name)
        except OSError:
            continue
    return LOCK_FILE in found


def contents(folder):
    return {name: (folder / "out" / name).read_bytes() for name in RESULT_FILES}


@pytest.mark.parametrize("name", WRITERS)
def test_a_second_writer_ends_at_once_and_says_who_holds_the_folder(running, name):
    before = contents(running.folder)
    done = grader_in_process(*WRITERS[name], cwd=running.folder)
    assert done.returncode == 2, done.stdout
    assert "out: grader grade is writing into this folder" in done.stdout
    assert f"(process {running.process.pid} on {socket.gethostname()}, since 20" in done.stdout
    assert contents(running.folder) == before and running.process.poll() is None


def test_a_second_process_cannot_grade_into_the_same_folder(running):
    done = grader_command(*GRADE, cwd=running.folder)
    assert done.returncode == 2 and f"process {running.process.pid} on" in done.stdout
    done = grader_command(*GRADE, "--lang", "zh", cwd=running.folder)
    assert done.returncode == 2 and f"进程 {running.process.pid}" in done.stdout


def test_the_same_run_from_python_is_refused(running):
    plan = Plan(submissions=str(running.folder / "class"), course=str(COURSE), sandbox="none", seed=5)
    with pytest.raises(FolderInUseError, match=f"process {running.process.pid} on"):
        GradingRun.open(running.folder / "out", plan)


@pytest.mark.parametrize("name", READERS)
def test_readers_need_no_lock_and_see_the_files_of_the_last_finished_run(running, name):
    before = contents(running.folder)
    done = grader_in_process(*READERS[name], cwd=running.folder)
    assert done.returncode == (1 if name == "publish --show" else 0), done.stdout
    assert "interrupted" not in done.stdout and contents(running.folder) == before
    if name in ("show", "export", "unexplained"):
        assert f"out: grader grade is running (process {running.process.pid} on" in done.stdout
        assert "so these are earlier results" in done.stdout


def test_no_worker_has_the_lock(running):
    workers = family(running.process.pid) - {running.process.pid}
    assert workers and holds_lock(running.process.pid)
    assert not [pid for pid in workers if holds_lock(pid)]


def test_a_run_that_ends_leaves_no_lock(waiting):
    waiting.go_on()
    assert waiting.process.wait(PATIENCE) == 0, (waiting.folder / "output").read_text()
    assert not (waiting.folder / "out" / LOCK_FILE).exists()
    assert "s2" in (waiting.folder / "out/grades.csv").read_text("utf-8")


def test_a_killed_run_does_not_keep_the_lock_while_its_worker_still_waits(waiting):
    waiting.kill()
    assert (waiting.folder / "out" / LOCK_FILE).exists()
    waiting.go_on()
    done = grader_in_process(*GRADE, cwd=waiting.folder)
    assert done.returncode == 0, done.stdout
    assert "Resuming the earlier run" in done.stdout and not (waiting.folder / "out" / LOCK_FILE).exists()


def test_a_refused_first_run_leaves_no_folder(tmp_path):
    write_files(tmp_path / "class", {"s0/ex1_small.py": SOLUTION})
    done = grader_in_process(*GRADE, "--layout", "nonsense", cwd=tmp_path)
    assert done.returncode == 2 and not (tmp_path / "out").exists()


def test_forget_does_not_list_the_lock_file_as_a_file_that_names_a_student(waiting):
    waiting.kill()
    waiting.go_on()
    done = grader_in_process("forget", "s0", "--results", "out", "--yes", cwd=waiting.folder)
    assert done.returncode == 0 and LOCK_FILE not in done.stdout, done.stdout
