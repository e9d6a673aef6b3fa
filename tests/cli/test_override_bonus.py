"""`grader override --apply` counts at once; a score above the maximum needs --bonus, and each export says so."""

import csv

import pytest

from tests.tools import SOLUTION, WRONG_SUM, copy_course, grader_in_process, unwrapped, write_files

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("bonus")
    copy_course(place / "course")
    write_files(place / "class", {"ada/ex1_small.py": SOLUTION, "bob/ex1_small.py": WRONG_SUM})
    options = ("--course", "course", "--sandbox", "none", "--jobs", "1", "--seed", "5")
    done = grader_in_process("grade", "class", "--out", "out", *options, cwd=place)
    assert done.returncode == 0, done.stdout
    return place


def override(place, *arguments):
    return grader_in_process("override", *arguments, "--results", "out", cwd=place)


def grades(place):
    with (place / "out/grades.csv").open(encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def test_apply_writes_the_files_at_once_under_the_policy_of_the_run(place):
    done = override(place, "bob", "mean_square", "--score", "1.5")
    assert "grader regrade out" in done.stdout
    assert grades(place)["bob"]["score"] == "4.00"
    write_files(place, {"course/grader.toml": "points = { mean_square = 30 }\n"})
    (place / "class/ada/ex1_small.py").rename(place / "class/ada.away")
    done = override(place, "bob", "mean_square", "--score", "2.5", "--apply")
    assert done.returncode == 0, done.stdout
    assert "bob 4.00 4.50 +0.50" in unwrapped(done.stdout)
    assert "final totals: 1 changed, 1 unchanged" in done.stdout
    assert (grades(place)["bob"]["score"], grades(place)["ada"]["score"]) == ("4.50", "5.00")
    shown = grader_in_process("show", "bob", "--results", "out", cwd=place)
    assert shown.returncode == 0
    done = override(place, "bob", "mean_square", "--remove", "--apply")
    assert grades(place)["bob"]["score"] == "4.00", done.stdout


def test_a_score_above_the_maximum_needs_consent_that_stays_in_the_row(place):
    done = override(place, "ada", "--score", "6")
    assert done.returncode == 2 and "add --bonus" in done.stdout
    assert override(place, "ada", "--bonus", "--comment", "well done").returncode == 2
    done = override(place, "ada", "--score", "6", "--bonus", "--apply")
    assert done.returncode == 0, done.stdout
    assert grades(place)["ada"]["score"] == "6.00"
    with (place / "out/overrides.csv").open(encoding="utf-8-sig") as file:
        (row,) = csv.DictReader(file)
    assert (row["score"], row["bonus"]) == ("6.00", "yes")
    text = (place / "out/overrides.csv").read_text("utf-8-sig").replace("yes", "")
    write_files(place, {"out/overrides.csv": text})
    done = override(place, "bob", "--comment", "see me", "--apply")
    assert done.returncode == 1, "a row could not be applied"
    assert "overrides.csv:2: invalid score 6.00" in done.stdout and "yes in the column bonus" in unwrapped(done.stdout)
    assert grades(place)["ada"]["score"] == "5.00"


@pytest.mark.parametrize("score", ["inf", "nan", "1e400"])
def test_a_score_that_is_no_number_of_points_is_refused(place, score):
    before = (place / "out/overrides.csv").read_bytes()
    done = override(place, "ada", "--score", score, "--bonus")
    assert done.returncode == 2 and "--score" in done.stdout and "Traceback" not in done.stdout
    assert (place / "out/overrides.csv").read_bytes() == before


TREATMENTS = {
    "canvas": "Canvas counts the points above the maximum as extra points.",
    "gradescope": "Gradescope shows the whole score.",
    "github": "GitHub Classroom gets the points of the checks, without the bonus.",
    "prairielearn": "PrairieLearn accepts at most 100 %. The bonus is not exported.",
    "junit": "The file has the whole score.",
    "csv": "The file has the whole score.",
}


def test_each_export_says_what_it_does_with_a_bonus(place):
    assert override(place, "ada", "--score", "6", "--bonus", "--apply").returncode == 0
    for target, treatment in TREATMENTS.items():
        done = grader_in_process("export", "out", "--to", target, "--into", f"into-{target}", cwd=place)
        assert f"scores above the maximum (1): ada. {treatment}" in unwrapped(done.stdout), target


def test_a_bonus_of_a_function_concerns_only_targets_with_points_of_functions(place):
    assert override(place, "ada", "--remove", "--apply").returncode == 0
    assert override(place, "bob", "descend", "--score", "2.5", "--bonus", "--apply").returncode == 0
    assert grades(place)["bob"]["score"] == "4.50"
    for target in ("canvas", "csv"):
        done = grader_in_process("export", "out", "--to", target, "--into", f"more-{target}", cwd=place)
        assert ("above the maximum" in done.stdout) == (target == "csv")
