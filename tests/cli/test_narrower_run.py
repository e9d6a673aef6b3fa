"""A run that would take scores out of grades.csv stops before it writes anything, unless --replace asks for it."""

import csv
import sqlite3

import pytest

from tests.tools import COURSE, SOLUTION, WRONG_SUM, grader_in_process, unwrapped, write_files

pytestmark = pytest.mark.long

OPTIONS = ("--course", COURSE, "--sandbox", "none", "--jobs", "1")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A class of two students, graded once, and a download with one of them."""
    place = tmp_path_factory.mktemp("narrow")
    write_files(place / "class", {"ada/ex1_small.py": SOLUTION, "bob/ex1_small.py": WRONG_SUM})
    write_files(place / "few", {"ada/ex1_small.py": SOLUTION})
    done = grade(place, "class")
    assert done.returncode == 0, done.stdout
    return place


def grade(place, submissions, *more):
    return grader_in_process("grade", submissions, "--out", "out", *OPTIONS, *more, cwd=place)


def content(place):
    return {path: path.read_bytes() for path in (place / "out").rglob("*") if path.is_file()}


def grades(place):
    with (place / "out/grades.csv").open(encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize(
    ("submissions", "options", "named"),
    [
        ("class", ("--only", "descend"), "functions that are not in this run: mean_square."),
        ("few", (), "students who are not in this run: bob."),
        ("few", ("--only", "mean_square"), "of functions: descend; of students: bob."),
    ],
)
def test_a_narrower_run_writes_nothing_and_names_what_would_be_lost(place, submissions, options, named):
    before = content(place)
    done = grade(place, submissions, *options)
    assert done.returncode == 2, done.stdout
    assert named in unwrapped(done.stdout) and "--replace" in done.stdout
    assert content(place) == before


def test_a_run_that_names_all_earlier_functions_needs_no_replace(place):
    done = grade(place, "class", "--only", "mean_square,descend")
    assert done.returncode == 0, done.stdout
    assert "unchanged submissions, reused from the journal: 2" in done.stdout


def test_of_a_list_of_names_only_the_unknown_one_is_reported(place):
    done = grade(place, "class", "--only", "descend,nothing")
    assert done.returncode == 2
    assert "--only nothing" in done.stdout


def test_replace_drops_rows_and_columns_and_the_journal_keeps_all(place):
    done = grade(place, "few", "--only", "descend", "--replace")
    assert done.returncode == 0, done.stdout
    assert list(grades(place)) == ["ada"] and "mean_square" not in grades(place)["ada"]
    with sqlite3.connect(place / "out/journal.sqlite") as journal:
        assert journal.execute("SELECT count(*) FROM verdicts WHERE student='bob'").fetchone() == (2,)
    assert "unchanged submissions, reused from the journal: 2" in grade(place, "class").stdout
    assert set(grades(place)) == {"ada", "bob"}


def test_a_forgotten_student_does_not_stop_a_run(place):
    assert "unchanged" in grade(place, "class").stdout
    done = grader_in_process("forget", "bob", "--yes", "--results", "out", "--submissions", "class", cwd=place)
    assert "bob" in done.stdout
    assert grade(place, "class").returncode == 0
    assert list(grades(place)) == ["ada"]


def test_a_run_without_the_policy_of_the_last_run_writes_nothing_and_names_the_policy(tmp_path):
    write_files(tmp_path, {"class/ada/ex1_small.py": SOLUTION, "fine print.toml": "points = { ex1_small = 7 }\n"})
    assert grade(tmp_path, "class", "--policy", "fine print.toml").returncode == 0
    before = content(tmp_path)
    refused = grade(tmp_path, "class")
    assert refused.returncode == 2, refused.stdout
    assert f"--policy '{tmp_path / 'fine print.toml'}'" in unwrapped(refused.stdout) and "--replace" in refused.stdout
    assert content(tmp_path) == before
    assert grade(tmp_path, "class", "--policy", tmp_path / "fine print.toml").returncode == 0
    assert grades(tmp_path)["ada"]["score"] == "7.00"
    assert grade(tmp_path, "class", "--replace").returncode == 0
    assert grades(tmp_path)["ada"]["score"] == "5.00"
