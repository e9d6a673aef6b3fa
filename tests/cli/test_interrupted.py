"""After a kill every command says that the run was interrupted, and `grader regrade` repeats or finishes the run."""

import csv
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

from tests.tools import COURSE, SOLUTION, WRONG_SUM, environment, grader_in_process, unwrapped, write_files

pytestmark = pytest.mark.long

OPTIONS = ("--course", COURSE, "--sandbox", "none", "--jobs", "1", "--seed", "5")
STUDENTS = 9
PATIENCE = 60.0


def make_class(folder):
    for number in range(STUDENTS):
        answer = SOLUTION if number % 2 else WRONG_SUM
        write_files(folder / f"class/s{number}", {"ex1_small.py": f"{answer}\n# {number}\n"})


def grade(folder, *more):
    return grader_in_process("grade", "class", "--out", "out", *OPTIONS, *more, cwd=folder)


def graded_students(out):
    try:
        with closing(sqlite3.connect(f"file:{out / 'journal.sqlite'}?mode=ro", uri=True)) as db:
            return {row[0] for row in db.execute("SELECT DISTINCT student FROM verdicts")}
    except sqlite3.OperationalError:
        return set()


def kill_while_grading(folder):
    """Start to grade in another process, and kill it when two students are graded."""
    line = [sys.executable, "-m", "grader.cli", "grade", "class", "--out", "out", *map(str, OPTIONS)]
    with (folder / "output").open("wb") as output:
        running = subprocess.Popen(line, cwd=folder, env=environment(), stdout=output, stderr=output)
    end = time.monotonic() + PATIENCE
    while len(graded_students(folder / "out")) < 2:
        assert running.poll() is None and time.monotonic() < end, (folder / "output").read_text()
        time.sleep(0.002)
    os.kill(running.pid, signal.SIGKILL)
    running.wait(PATIENCE)
    assert len(graded_students(folder / "out")) < STUDENTS


def grades(folder):
    with (folder / "out/grades.csv").open(encoding="utf-8") as file:
        return list(csv.reader(file))


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """The folder of a class of which the first run was killed."""
    folder = tmp_path_factory.mktemp("killed")
    make_class(folder)
    kill_while_grading(folder)
    return folder


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """The folder of the same class, graded without interruption."""
    folder = tmp_path_factory.mktemp("expected")
    make_class(folder)
    assert grade(folder).returncode == 0
    return folder


@pytest.fixture
def folder(killed, tmp_path):
    """A copy of the folder with the killed run. Its plan names the folder where the run was started."""
    copy = shutil.copytree(killed, tmp_path / "copy")
    run = json.loads((copy / "out/run.json").read_text("utf-8"))
    (copy / "out/run.json").write_text(json.dumps(run | {"folder": str(copy)}), "utf-8")
    return copy


COMMANDS = {
    "show": ("show", "s1", "--results", "out"),
    "show here": ("show", "s1"),
    "override": ("override", "s1", "descend", "--score", "1", "--results", "out"),
    "export": ("export", "out", "--to", "csv", "--into", "x.csv"),
    "unexplained": ("unexplained", "out"),
    "compare": ("compare", "out", "out"),
    "adopt": ("adopt", "out", "s1", "descend"),
    "forget": ("forget", "s1", "--results", "out", "--yes"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_that_the_first_run_was_interrupted(folder, name):
    done = grader_in_process(*COMMANDS[name], cwd=folder)
    assert "out: interrupted: the" in done.stdout and "grader regrade out" in done.stdout
    assert "No results" not in done.stdout
    assert done.returncode == (0 if name == "forget" else 2)


def test_earlier_results_are_shown_with_a_warning(expected, tmp_path):
    copy = shutil.copytree(expected, tmp_path / "copy")
    file = copy / "out/run.json"
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | {"finished": None}), "utf-8")
    done = grader_in_process("show", "s1", "--results", "out", cwd=copy)
    assert done.returncode == 0 and "s1: 5 of 5 points" in done.stdout
    assert "these are earlier results. To finish it, run: grader regrade out" in unwrapped(done.stdout)


def test_regrade_grades_what_is_missing(folder, expected):
    before = graded_students(folder / "out")
    done = grader_in_process("regrade", "out", "--sandbox", "none", cwd=folder)
    assert done.returncode == 0, done.stdout
    assert "Resuming the earlier run" in done.stdout
    assert f"reused from the journal: {len(before)}" in done.stdout
    assert grades(folder) == grades(expected)


AFTER_FINISH = {
    "show s0 --results out": 0,
    "export out --to csv --into tables": 1,
    "publish out": 0,
}
"""Commands after `regrade --finish`, with their exit codes; all of them say how many submissions are not graded."""


def follow_advice(folder):
    """Set a score in an interrupted folder, run the command that the message names, and return the total."""
    change = ("override", "s0", "descend", "--score", "1", "--results", "out")
    done = grader_in_process(*change, "--apply", cwd=folder)
    assert done.returncode == 2 and "without --apply" in done.stdout and not (folder / "out/overrides.csv").exists()
    done = grader_in_process(*change, cwd=folder)
    assert done.returncode == 0 and "--apply" not in done.stdout, done.stdout
    advice = unwrapped(done.stdout).rpartition("without the submissions that are not graded yet: grader ")[2]
    assert grader_in_process(*advice.split(), cwd=folder).returncode == 1
    return next(row[3] for row in grades(folder) if row[0] == "s0")


def test_finish_writes_what_the_journal_holds_and_the_run_stays_interrupted(folder, expected):
    graded = graded_students(folder / "out")
    shutil.move(folder / "class", folder / "gone")
    done = grader_in_process("regrade", "out", "--finish", cwd=folder)
    assert done.returncode == 1, done.stdout
    said = f"the last run did not finish. Submissions that are not graded yet: {STUDENTS - len(graded)}."
    assert said in done.stdout
    whole = grades(expected)
    assert grades(folder) == [row for row in whole if row[0] in {"student", *graded}]
    for command, code in AFTER_FINISH.items():
        done = grader_in_process(*command.split(), cwd=folder)
        assert done.returncode == code and said in done.stdout and "earlier results" not in done.stdout, done.stdout
    page = (folder / "out/index.html").read_text("utf-8")
    assert f"Submissions that are not graded yet: {STUDENTS - len(graded)}." in page
    assert "every submission is graded" not in page
    assert json.loads((folder / "out/run.json").read_text("utf-8"))["sandbox"] == "none"
    assert follow_advice(folder) == "3.00"
    done = grader_in_process("regrade", "out", "--sandbox", "none", cwd=folder)
    assert done.returncode == 2 and "--submissions PATH" in done.stdout
    done = grader_in_process("regrade", "out", "--sandbox", "none", "--submissions", "gone", cwd=folder)
    assert done.returncode == 0, done.stdout
    assert [row[:8] for row in grades(folder)[2:]] == whole[2:]  # of the first student a person set the score
    assert "interrupted" not in grader_in_process("show", "s0", "--results", "out", cwd=folder).stdout


def test_finish_makes_the_files_of_a_class_that_is_graded_and_starts_no_worker(expected, tmp_path):
    copy = shutil.copytree(expected, tmp_path / "copy", ignore=shutil.ignore_patterns("class", "*.csv", "*.jsonl"))
    before = json.loads((copy / "out/run.json").read_text("utf-8"))
    (copy / "out/run.json").write_text(json.dumps(before | {"finished": None, "folder": str(copy)}), "utf-8")
    done = grader_in_process("regrade", "out", "--finish", cwd=copy)
    assert done.returncode == 0, done.stdout
    assert grades(copy) == grades(expected)
    after = json.loads((copy / "out/run.json").read_text("utf-8"))
    assert after["finished"] and {k: after[k] for k in ("seed", "versions", "plan", "reproduce", "seconds")} == {
        k: before[k] for k in ("seed", "versions", "plan", "reproduce", "seconds")
    }


def test_regrade_repeats_a_run_from_any_folder_and_needs_sandbox_none_named_again(expected, tmp_path):
    copy = shutil.copytree(expected, tmp_path / "copy")
    run = json.loads((copy / "out/run.json").read_text("utf-8"))
    (copy / "out/run.json").write_text(json.dumps(run | {"folder": str(copy)}), "utf-8")
    done = grader_in_process("regrade", copy / "out", cwd=tmp_path)
    assert done.returncode == 2 and "--sandbox none" in done.stdout
    write_files(copy / "class/s0", {"ex1_small.py": SOLUTION})
    done = grader_in_process("regrade", copy / "out", "--sandbox", "none", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert f"reused from the journal: {STUDENTS - 1}" in done.stdout
    scores = {row[0]: row[3] for row in grades(copy)}
    assert scores["s0"] == "5.00" and scores["s2"] == "4.00"
    after = json.loads((copy / "out/run.json").read_text("utf-8"))
    assert (after["seed"], after["reproduce"], after["folder"]) == (5, run["reproduce"], str(copy))
