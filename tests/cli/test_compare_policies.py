"""`grader compare RESULTS --policy FILE` shows what another policy would change, and writes nothing."""

import csv

import pytest

from tests.tools import SOLUTION, WRONG_SUM, copy_course, grader_in_process, unwrapped, write_files

pytestmark = pytest.mark.long

ROSTER = "student,name,email\nada,Ada Love,\nbob,Bob Kant,\ncy,Cy Young,\n"
POLICY = "points = { mean_square = 6, descend = 4 }\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A class of three, graded without a policy; the total of cy was set by a person."""
    place = tmp_path_factory.mktemp("policies")
    copy_course(place / "course")
    answers = {"ada": SOLUTION, "bob": WRONG_SUM, "cy": WRONG_SUM}
    write_files(place, {f"class/{student}/ex1_small.py": answer for student, answer in answers.items()})
    write_files(place, {"roster.csv": ROSTER, "new.toml": POLICY, "out/overrides.csv": "student,score\ncy,1\n"})
    options = ("--course", "course", "--sandbox", "none", "--jobs", "1", "--roster", "roster.csv", "--seed", "5")
    done = grader_in_process("grade", "class", "--out", "out", *options, cwd=place)
    assert done.returncode == 0, done.stdout
    return place


def compare(place, *arguments):
    return grader_in_process("compare", *arguments, cwd=place)


def content(place):
    return {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}


def test_totals_are_listed_with_names_the_largest_change_first_and_nothing_is_written(place):
    before = content(place)
    done = compare(place, "out", "--policy", "new.toml")
    assert done.returncode == 0, done.stdout
    rows = [line.split() for line in done.stdout.splitlines()]
    assert rows[2] == ["ada", "Ada", "Love", "5.00", "10.00", "+5.00"]
    assert rows[3] == ["bob", "Bob", "Kant", "4.00", "8.00", "+4.00"]
    assert "maximum points: 5 before, 10 after" in done.stdout
    assert "final totals: 2 changed, 1 unchanged" in done.stdout
    assert content(place) == before


def test_csv_has_every_student(place):
    done = compare(place, "out", "--policy", "new.toml", "--csv")
    assert list(csv.reader(done.stdout.splitlines())) == [
        ["student", "name", "before", "after", "change"],
        ["ada", "Ada Love", "5.00", "10.00", "5.00"],
        ["bob", "Bob Kant", "4.00", "8.00", "4.00"],
        ["cy", "Cy Young", "1.00", "1.00", "0.00"],
    ]


def test_the_same_policy_changes_nothing(place):
    write_files(place, {"same.toml": ""})
    assert "final totals: 0 changed, 3 unchanged" in compare(place, "out", "--policy", "same.toml").stdout


def test_compare_reports_a_policy_that_needs_more_than_the_journal_holds(place):
    write_files(place, {"best.toml": 'attempts = "best"\n'})
    done = compare(place, "out", "--policy", "best.toml")
    assert "This run graded only the latest attempts" in done.stdout
    write_files(place, {"one.toml": 'exercises = ["descend"]\n'})
    done = compare(place, "out", "--policy", "one.toml")
    assert "maximum points: 5 before, 2 after" in done.stdout


def test_two_folders_show_final_totals_as_well(place):
    write_files(place, {"out2/overrides.csv": "student,score\nbob,5\ncy,1\n"})
    options = ("--course", "course", "--sandbox", "none", "--jobs", "1", "--roster", "roster.csv", "--seed", "5")
    assert grader_in_process("grade", "class", "--out", "out2", *options, cwd=place).returncode == 0
    shown = unwrapped(compare(place, "out", "out2").stdout)
    assert "bob Bob Kant 4.00 5.00 +1.00" in shown
    assert (
        "final totals: 1 changed, 2 unchanged results changed: gained points 0 (+0.00), lost points 0 (−0.00)" in shown
    )


def test_a_second_folder_and_a_policy_exclude_each_other(place):
    assert compare(place, "out").returncode == 2
    assert compare(place, "out", "out", "--policy", "new.toml").returncode == 2
    assert compare(place, "class", "--policy", "new.toml").returncode == 2


def test_a_policy_that_names_only_functions_that_were_not_graded_is_refused_in_one_sentence(place):
    options = ("--course", "course", "--sandbox", "none", "--jobs", "1", "--seed", "5", "--only", "mean_square")
    done = grader_in_process("grade", "class", "--out", "narrow", *options, cwd=place)
    assert done.returncode == 0, done.stdout
    write_files(place, {"other.toml": 'exercises = ["descend"]\n'})
    done = compare(place, "narrow", "--policy", "other.toml")
    assert done.returncode == 2, done.stdout
    assert "the last run graded none of the functions that this policy names" in unwrapped(done.stdout)
