"""A run says what may make a score wrong: a changed policy, a submission without a time, files that cost all points, a
penalty under an override. The class has times, as nbgrader's submitted/ folder gives them.
"""

import csv
import json
import sqlite3
from contextlib import chdir, closing

import pytest

from grader.course.library import open_library
from grader.grading.results.run_file import is_interrupted, read_run
from grader.grading.runs.earlier_run import read_plan
from grader.grading.runs.grading_run import GradingRun
from tests.downloads import Student, moodle_worksheet
from tests.tools import SOLUTION, WRONG_SUM, copy_course, grader_in_process, unwrapped, write_files

pytestmark = pytest.mark.long

POLICY = """
time_zone = "UTC"
deadlines = { course = 2026-03-01T20:00:00 }
late = { percent_per_day = 10 }
"""
STRICT = POLICY.replace("10", "20")
FILES = {
    "ada": (SOLUTION, "2026-03-01 12:00:00 UTC"),
    "bob": (SOLUTION, "2026-03-02 12:00:00 UTC"),
    "cy": (WRONG_SUM, ""),
    "dee": (SOLUTION.replace("return y\n", "return (y\n"), "2026-03-01 12:00:00 UTC"),
    "eve": ("# nothing\n", "2026-03-01 12:00:00 UTC"),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A course with a deadline, and nbgrader's submitted/ folder: bob is late, cy has no time, two files are lost."""
    place = tmp_path_factory.mktemp("doubt")
    copy_course(place / "course")
    write_files(place, {"course/grader.toml": POLICY})
    for student, (text, moment) in FILES.items():
        write_files(place / "submitted" / student / "ps1", {"ex1_small.py": text})
        if moment:
            write_files(place / "submitted" / student / "ps1", {"timestamp.txt": moment})
    return place


def run(place, *arguments):
    return grader_in_process(*arguments, cwd=place / "course")


def grade(place, *more):
    options = ("--layout", "nbgrader", "--sandbox", "none", "--jobs", "1", "--seed", "7")
    return run(place, "grade", "../submitted", "--out", "../out", *options, *more)


@pytest.fixture(scope="module")
def first(place):
    """Output of the first run."""
    done = grade(place)
    assert done.returncode == 1, done.stdout
    return unwrapped(done.stdout)


def grades(place):
    with (place / "out/grades.csv").open(encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def flags(place):
    lines = (place / "out/finals.jsonl").read_text("utf-8").splitlines()
    return {line["student"]: line["flags"] for line in map(json.loads, lines)}


def with_policy(place, text):
    """Change the course's policy, grade again, and return the output."""
    file = place / "course/grader.toml"
    if text:
        file.write_text(text, "utf-8")
    else:
        file.unlink(missing_ok=True)
    return unwrapped(grade(place).stdout)


def test_a_submission_without_a_time_needs_review_where_others_have_one(place, first):
    assert grades(place)["cy"]["status"] == "needs review"
    assert flags(place)["cy"] == ["no time of submission; no penalty applied"]
    assert not any(flags(place)[student] for student in FILES if student != "cy")
    assert (grades(place)["cy"]["score"], grades(place)["bob"]["score"]) == ("4.00", "4.50")
    assert "submissions without a time: 1. These submissions are treated as on time." in first


def test_students_with_a_broken_or_empty_file_are_named(first):
    assert "0 points in all functions of a file with a syntax error (1): dee" in first
    assert "0 points because no file defines a function (1): eve" in first


def test_the_same_run_again_names_no_changed_policy(place, first):
    assert "policy changed" not in first
    assert "policy changed" not in unwrapped(grade(place).stdout)


def test_totals_that_a_changed_policy_changes_are_named_with_the_largest_change(place, first):
    said = with_policy(place, STRICT)
    assert "The policy changed since the last run. This changed final totals (1): bob 4.50 → 4.00" in said
    assert "grader compare ../out --policy EARLIER.toml" in said
    assert "policy changed" in (place / "out/index.html").read_text("utf-8")
    (place / "earlier.toml").write_text(POLICY, "utf-8")
    shown = run(place, "compare", "../out", "--policy", "../earlier.toml")
    assert "bob 4.00 4.50 +0.50" in unwrapped(shown.stdout)
    assert "policy changed" not in unwrapped(grade(place).stdout)
    assert "(1): bob 4.00 → 4.50" in with_policy(place, POLICY)


def test_a_deleted_policy_is_named_and_a_new_file_of_a_student_is_no_change_of_the_policy(place, first):
    write_files(place / "submitted/ada/ps1", {"ex1_small.py": WRONG_SUM})
    assert "final totals (1): bob 4.50 → 5.00" in with_policy(place, "")
    assert grades(place)["ada"]["score"] == "4.00"
    write_files(place / "submitted/ada/ps1", {"ex1_small.py": SOLUTION})
    with_policy(place, POLICY)
    assert "policy changed" not in with_policy(place, POLICY.replace("UTC", "Europe/London"))  # no total changes
    with_policy(place, POLICY)


def test_an_interrupted_run_does_not_hide_that_the_policy_changed(place, first):
    plan, _ = read_plan(place / "out", read_run(place / "out"))
    with (
        chdir(place / "course"),
        pytest.raises(KeyboardInterrupt),
        GradingRun.open(place / "out", plan, open_library(place / "course")),
    ):
        raise KeyboardInterrupt
    assert is_interrupted(place / "out")
    assert "final totals (1): bob 4.50 → 4.00" in with_policy(place, STRICT)
    with_policy(place, POLICY)


def test_a_policy_that_selects_fewer_functions_is_named_too(place, first):
    (place / "course/grader.toml").write_text(f'exercises = ["descend"]\n{POLICY}', "utf-8")
    said = unwrapped(grade(place, "--replace").stdout)
    assert "bob 4.50 → 1.80" in said and "final totals (3)" in said
    with_policy(place, POLICY)
    assert grades(place)["bob"]["score"] == "4.50"


def test_an_override_of_a_late_submission_says_what_becomes_of_the_penalty(place, first):
    done = run(place, "override", "bob", "mean_square", "--score", "2", "--results", "../out")
    said = unwrapped(done.stdout)
    assert "if you set the score of one function" in said and "grader override bob --score" in said
    assert "No late penalty is subtracted from a total" in run(
        place, "override", "bob", "--score", "4", "--results", "../out"
    ).stdout.replace("\n", " ")
    assert "penalty" not in run(place, "override", "ada", "--score", "4", "--results", "../out").stdout
    for row in (("bob", "mean_square"), ("bob",), ("ada",)):
        assert run(place, "override", *row, "--remove", "--results", "../out").returncode == 0


def test_a_total_set_by_hand_ends_the_review_of_a_missing_time(place, first):
    run(place, "override", "cy", "--score", "3.6", "--results", "../out", "--apply")
    assert (grades(place)["cy"]["score"], grades(place)["cy"]["status"]) == ("3.60", "graded")
    run(place, "override", "cy", "--remove", "--results", "../out", "--apply")
    assert grades(place)["cy"]["status"] == "needs review"


def test_the_details_of_an_export_do_not_say_that_a_refused_grade_was_exported(place, first):
    students = [Student(str(n), name, {}, f"{name}@example.edu", name) for n, name in enumerate(FILES, 1)]
    (place / "worksheet.csv").write_text(moodle_worksheet(students), "utf-8-sig")
    export = ("export", "../out", "--to", "moodle", "--from", "../worksheet.csv", "--into", "../up/upload.csv")
    assert run(place, *export).returncode == 0
    details = place / "up/upload-details.txt"
    assert "exported with the current score; please review: no time" in details.read_text("utf-8")
    run(place, "override", "cy", "mean_square", "--score", "9", "--bonus", "--results", "../out", "--apply")
    assert run(place, *export).returncode == 1
    text = details.read_text("utf-8")
    assert "Moodle refuses a grade above the maximum" in text and "score not written; please review: no time" in text
    assert "exported with the current score" not in text
    run(place, "override", "cy", "mean_square", "--remove", "--results", "../out", "--apply")


def test_an_unknown_journal_is_refused_before_anything_is_written(place, first):
    def files():
        return {path.name: path.read_bytes() for path in (place / "out").iterdir() if path.suffix in (".csv", ".jsonl")}

    def set_schema(number):
        with closing(sqlite3.connect(place / "out/journal.sqlite")) as db:
            (before,) = db.execute("PRAGMA user_version").fetchone()
            db.execute(f"PRAGMA user_version={number}")
        return before

    before, own = files(), set_schema(99)
    try:
        for more in ((), ("--apply",)):
            done = run(place, "override", "ada", "--score", "1", "--results", "../out", *more)
            assert done.returncode == 2 and "another version of the grader" in unwrapped(done.stdout), done.stdout
            assert files() == before
    finally:
        set_schema(own)


def test_a_course_that_is_gone_is_refused_before_the_override_is_written(place, first):
    before = (place / "out/overrides.csv").read_bytes()
    (place / "course/exercises").rename(place / "course/away")
    try:
        done = run(place, "override", "ada", "--score", "1", "--results", "../out", "--apply")
    finally:
        (place / "course/away").rename(place / "course/exercises")
    assert done.returncode == 2, done.stdout
    assert (place / "out/overrides.csv").read_bytes() == before


def test_times_of_a_roster_without_a_zone_are_in_the_zone_of_the_policy(tmp_path):
    """No computer has this zone: with its own zone, every other computer would find the submission late."""
    copy_course(tmp_path / "course")
    policy = 'time_zone = "Pacific/Kiritimati"\ndeadlines = { course = 2026-10-01T12:00:00 }\n'
    policy += "late = { percent_per_day = 10 }\n"
    roster = "student,submitted\nada,2026-10-01 11:59\nbob,2026-10-01 12:01\n"
    write_files(tmp_path, {"course/grader.toml": policy, "roster.csv": roster})
    write_files(tmp_path / "class", {f"{student}/ex1_small.py": SOLUTION for student in ("ada", "bob")})
    options = ("--roster", "../roster.csv", "--out", "../out", "--sandbox", "none", "--jobs", "1")
    done = grader_in_process("grade", "../class", *options, cwd=tmp_path / "course")
    assert done.returncode == 0, done.stdout
    with (tmp_path / "out/grades.csv").open(encoding="utf-8") as table:
        assert {row["student"]: row["status"] for row in csv.DictReader(table)} == {
            "ada": "graded",
            "bob": "graded; late",
        }
