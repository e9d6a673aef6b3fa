"""A verdict has no language: results of a graded class are written in another language without a new run."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.grading.results.test_journal import OLD
from tests.tools import COURSE, SOLUTION, STUB, WRONG_SUM, grader_command, write_files

CLASS = {
    "ada": {"ex1_small.py": SOLUTION},
    "bob": {"ex1_small.py": WRONG_SUM.replace("return y\n", "return y + steps.no\n")},
    "eve": {"ex1_small.py": SOLUTION.encode("utf-16") + b"\n"},
    "kim": {"hw.zip": b"PK"},
    "leo": {"ex1_small.py": STUB.read_text("utf-8")},
    "mia": {"other.py": "x = 1\n"},
    "nan": {"ex1_small.py": "def mean_square(:\n"},
}
OPTIONS = ["--course", COURSE, "--sandbox", "none", "--seed", "7", "--time-limit", "5", "--jobs", "1"]


def grade(folder, out, language, *more):
    return grader_command("grade", "class", "--out", out, *OPTIONS, "--lang", language, *more, cwd=folder)


def files(out):
    """Return what a run wrote, without times."""
    lines = [json.loads(line) | {"seconds": 0} for line in (out / "results.jsonl").read_text("utf-8").splitlines()]
    return lines, (out / "grades.csv").read_bytes()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A class, graded once in each language."""
    folder = tmp_path_factory.mktemp("languages")
    for student, handed_in in CLASS.items():
        write_files(folder / "class" / student, handed_in)
    for language in ("en", "zh"):
        done = grade(folder, language, language)
        assert done.returncode == 1, done.stdout  # two students need review
    return folder


@pytest.mark.parametrize(("first", "then"), [("en", "zh"), ("zh", "en")])
def test_another_language_starts_no_worker_and_writes_what_a_fresh_run_in_it_writes(folder, tmp_path, first, then):
    assert files(folder / first) != files(folder / then)
    out = Path(shutil.copytree(folder / first, tmp_path / "out"))
    done = grade(folder, out, then)
    assert done.returncode == 1, done.stdout
    assert {"en": "unchanged submissions, reused from the journal: 7", "zh": "没有变化、沿用日志中结果的作业：7"}[
        then
    ] in done.stdout
    assert "sandbox: none" not in done.stdout and "沙箱：none" not in done.stdout
    assert files(out) == files(folder / then)
    lines = (out / "results.jsonl").read_bytes()
    assert grade(folder, out, first).returncode == 1
    assert (out / "results.jsonl").read_bytes() == (folder / first / "results.jsonl").read_bytes() != lines


@pytest.fixture
def old(tmp_path):
    """A results folder of release 0.1, and the class that it graded."""
    for student in ("ada", "bob", "eve", "finn", "leo"):
        write_files(tmp_path / "class" / student, {"ex1_small.py": STUB.read_text("utf-8")})
    return Path(shutil.copytree(OLD, tmp_path / "results"))


def schema(out):
    with closing(sqlite3.connect(out / "journal.sqlite")) as db:
        return db.execute("PRAGMA user_version").fetchone()[0]


def test_a_folder_of_release_0_1_is_graded_again_with_its_seed_and_its_overrides(old):
    write_files(old, {"overrides.csv": "student,score,comment\nada,4.5,seen\n"})
    options = [option for option in OPTIONS if option not in ("--seed", "7")]
    said = "results was written by release 0.1: every submission is graded again, with the same seed."
    done = grader_command("grade", "class", "--out", "results", *options, cwd=old.parent)
    assert done.returncode == 0, done.stdout
    assert said in done.stdout
    assert json.loads((old / "run.json").read_bytes())["seed"] == 7
    assert "ada,,,4.50" in (old / "grades.csv").read_text("utf-8")
    again = grader_command("grade", "class", "--out", "results", *options, cwd=old.parent)
    assert "unchanged submissions, reused from the journal: 5" in again.stdout and said not in again.stdout


def test_a_new_seed_for_a_folder_of_release_0_1_is_not_called_the_same(old):
    done = grade(old.parent, "results", "en", "--fresh", "--seed", "8")
    assert "release 0.1: every submission is graded again." in done.stdout


def test_a_folder_of_release_0_1_is_shown_and_exported_and_forgets_without_an_upgrade(old):
    shown = grader_command("show", "bob", "mean_square", "--results", old, cwd=old.parent)
    assert "def mean_square(y, t=None)" in shown.stdout and "should the mean double?" in shown.stdout
    into = old.parent / "scores.csv"
    exported = grader_command("export", old, "--to", "csv", "--into", into, "--course", COURSE, cwd=old.parent)
    assert exported.returncode == 0, exported.stdout
    assert "bob" in into.read_text("utf-8")
    assert grader_command("compare", old, old, cwd=old.parent).returncode == 0
    done = grader_command("forget", "bob", "--results", old, "--course", COURSE, "--yes", cwd=old.parent)
    assert done.returncode == 0, done.stdout
    assert schema(old) == 2
    assert not any(b"bob" in path.read_bytes() for path in old.rglob("*") if path.is_file())
    pages = [path.read_text("utf-8") for path in (old / "students").glob("*.html")]
    assert any("raise ValueError" in page for page in pages), "the others keep their code"
