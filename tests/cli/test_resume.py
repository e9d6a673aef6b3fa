"""A run that is killed at any moment and started again with the same command has the same results."""

import csv
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.tools import COURSE, ENDLESS, SOLUTION, WRONG_SUM, environment, grader_command, write_files

pytestmark = pytest.mark.long

STUDENTS = 12
ANSWERS = (SOLUTION, WRONG_SUM, SOLUTION.replace("return y\n", "return y + 1\n"))
PATIENCE = 60.0
"""Maximum number of seconds to wait for an event; it usually takes a few seconds."""


def grade_arguments(folder, out="out", jobs=1, time_limit=1):
    """Return the arguments with which `grader` grades the class, with one worker by default."""
    options = ("--course", COURSE, "--sandbox", "none", "--jobs", jobs, "--time-limit", time_limit, "--seed", "5")
    return ["grade", folder / "class", "--out", folder / out, *options]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The folder of a class that was graded without interruption."""
    folder = make_class(tmp_path_factory.mktemp("undisturbed"))
    done = grader_command(*grade_arguments(folder), cwd=folder)
    assert done.returncode == 0, done.stdout
    return folder


@pytest.fixture(scope="module")
def expected(undisturbed):
    """The results of an uninterrupted run."""
    return results(undisturbed / "out")


def make_class(folder):
    for number in range(STUDENTS):
        answer = ENDLESS if number == 7 else ANSWERS[number % len(ANSWERS)]
        content = f"{answer}\n# {number}\n"  # equal files would run only once
        write_files(folder / "class" / f"student {number:02}", {"ex1_small.py": content})
    return folder


def results(out):
    """Return results.jsonl without times, and grades.csv."""
    records = [json.loads(line) for line in (out / "results.jsonl").read_text("utf-8").splitlines()]
    for record in records:
        del record["seconds"]
    return records, list(csv.reader((out / "grades.csv").read_text("utf-8").splitlines()))


def rows(out):
    """Return the verdicts in the journal, by student and function."""
    path = out / "journal.sqlite"
    if not path.exists():
        return {}
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
            return {
                (s, f): (entry, run)
                for s, f, entry, run in db.execute("SELECT student, function, entry, run FROM verdicts")
            }
    except sqlite3.OperationalError:  # another process is creating the journal
        return {}


def wait_for(condition):
    """Wait for an event of another process."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def start(folder, marker, jobs, time_limit=1):
    """Start grading in another process, which Ctrl-C ends even if the tests run in the background of a shell."""
    arguments = [sys.executable, "-m", "grader.cli", *map(str, grade_arguments(folder, "out", jobs, time_limit))]
    output = (folder / "output").open("wb")
    return subprocess.Popen(
        arguments,
        cwd=folder,
        env=environment(MARKER=marker),
        stdout=output,
        stderr=output,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def family(pid):
    """Return a process and all its descendants."""
    found = {pid}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            if int(stat.rpartition(")")[2].split()[1]) in found:
                found.add(int(entry.name))
    return found


def alive(pids):
    """Return the processes that are still running."""
    living = set()
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z":
            living.add(pid)
    return living


STOPS = [(signal.SIGKILL, 8, 2), (signal.SIGKILL, 18, 1), (signal.SIGINT, 6, 2)]
"""Signal, number of verdicts before it, and number of workers. `make faults` kills at many more moments."""


@pytest.mark.parametrize(("how", "moment", "jobs"), STOPS)
def test_a_stopped_run_is_resumed_and_ends_with_the_same_results(tmp_path, expected, how, moment, jobs):
    folder, out = make_class(tmp_path), tmp_path / "out"
    running = start(folder, "stopped", jobs)
    wait_for(lambda: len(rows(out)) >= moment or running.poll() is not None)
    below = family(running.pid)
    os.kill(running.pid, how)
    running.wait(timeout=PATIENCE)
    wait_for(lambda: not alive(below))  # no process outlives the run
    before = rows(out)
    assert len(before) >= moment
    done = grader_command(*grade_arguments(folder, jobs=jobs), cwd=folder)
    assert done.returncode == 0, done.stdout
    assert "Resuming the earlier run" in done.stdout
    assert results(out) == expected
    after = rows(out)
    before.pop(("student 07", "descend"), None)  # its second try marks it
    assert {key: after[key] for key in before} == before  # nothing else was graded twice


def test_ctrl_c_ends_a_run_while_a_submission_runs(tmp_path):
    runs = tmp_path / "runs"
    source = SOLUTION.replace("steps -= 1", f"open({str(runs)!r}, 'w').close()")  # an endless loop
    write_files(tmp_path / "class" / "student", {"ex1_small.py": source})
    running = start(tmp_path, "stopped", jobs=1, time_limit=600)
    wait_for(lambda: runs.exists() or running.poll() is not None)
    below = family(running.pid)
    os.kill(running.pid, signal.SIGINT)
    assert running.wait(timeout=PATIENCE) == 130
    assert "Traceback" not in (tmp_path / "output").read_text("utf-8")
    wait_for(lambda: not alive(below))


def test_a_killed_worker_changes_no_result(tmp_path, expected):
    folder = make_class(tmp_path)
    running = start(folder, "worker", jobs=2)
    wait_for(lambda: len(rows(tmp_path / "out")) >= 4 or running.poll() is not None)
    children = [int(pid) for pid in Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()]
    workers = children or sorted(family(running.pid) - {running.pid})
    os.kill(workers[0], signal.SIGKILL)
    assert running.wait(timeout=PATIENCE) == 0
    assert results(tmp_path / "out") == expected


def test_a_full_disk_is_reported_and_no_verdict_is_lost(tmp_path, expected):
    folder = make_class(tmp_path)
    arguments = " ".join(f"'{argument}'" for argument in [sys.executable, "-m", "grader.cli", *grade_arguments(folder)])
    full = subprocess.run(
        ["bash", "-c", f"ulimit -f 80; exec {arguments}"],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert full.returncode == 2, full.stdout + full.stderr
    assert "Traceback" not in full.stderr
    assert "cannot be written" in full.stderr
    done = grader_command(*grade_arguments(folder), cwd=folder)
    assert done.returncode == 0, done.stdout
    assert results(tmp_path / "out") == expected


@pytest.mark.parametrize("kind", ["another version", "no journal"])
def test_a_file_that_is_no_journal_of_the_grader_is_refused_and_not_changed(tmp_path, kind):
    folder, journal = make_class(tmp_path), tmp_path / "out" / "journal.sqlite"
    journal.parent.mkdir()
    if kind == "another version":
        with sqlite3.connect(journal) as db:
            db.execute("PRAGMA user_version=99")
    else:
        journal.write_text("my notes\n" * 200, "utf-8")
    before = journal.read_bytes()
    done = grader_command(*grade_arguments(folder), cwd=folder)
    assert done.returncode == 2
    assert "journal.sqlite" in done.stdout
    assert "Traceback" not in done.stdout
    assert journal.read_bytes()[: len(before)] == before


def test_compare_says_who_loses_after_a_changed_answer(tmp_path, undisturbed):
    folder = shutil.copytree(undisturbed, tmp_path, dirs_exist_ok=True)
    shutil.copytree(folder / "out", folder / "second")  # all but the changed answer is in the journal
    write_files(folder / "class" / "student 00", {"ex1_small.py": WRONG_SUM})
    assert grader_command(*grade_arguments(folder, "second"), cwd=folder).returncode == 0
    done = grader_command("compare", folder / "out", folder / "second", cwd=folder)
    assert done.returncode == 0
    assert "student 00" in done.stdout
    assert "student 01" not in done.stdout
    assert "lost points 1" in done.stdout
