"""Grading again runs only what depends on the change; `grader compare` lists gains and losses."""

import sqlite3

import pytest

from tests.tools import SOLUTION, WRONG_SUM, copy_course, edit, grader_in_process, write_files

pytestmark = pytest.mark.long

OTHER = '''"""Another exercise.

中文 (zh)
---------
另一个练习。
"""


def double(x):
    """Return twice x.

    中文 (zh)
    ---------
    返回 x 的两倍。
    """
    ### BEGIN SOLUTION
    return x + x
    ### END SOLUTION
'''
PUBLIC = "exercises/test_ex1_small.py"
OTHER_CHECKS = '''
from grader import Given, exercise, experiment

exercise(en="Other", zh="另一个", points={"double": 1})


@ experiment(zh="每个元素加倍。")
def twice(double, given: Given):
    """Every entry is doubled."""
    return {"twice": double(given.tensor("x", 3))}
'''
"""Source of an experiment. The space after @ keeps pytest's plugin from collecting this test file as experiments."""
CLASS = {"ada": SOLUTION, "bob": WRONG_SUM, "cy": SOLUTION.replace("rate * 2", "rate * 3")}
SMALL, ALL = {"mean_square", "descend"}, {"mean_square", "descend", "double"}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The folder of a class, its course of two exercises, and a first run. Each test changes the folder further."""
    folder = tmp_path_factory.mktemp("regrade")
    course = copy_course(folder / "course")
    write_files(course, {"solutions/ex2_other.py": OTHER, "exercises/ex2_other.py": OTHER.replace("x + x", "None")})
    write_files(course, {"exercises/test_ex2_other.py": OTHER_CHECKS})
    for student, answer in CLASS.items():
        write_files(folder / "class" / student, {"ex1_small.py": answer, "ex2_other.py": OTHER})
    regrade(folder)
    return folder


def regrade(folder, out="out"):
    """Grade the class again; return what this run graded, by student, and the output."""
    options = ["--course", folder / "course", "--sandbox", "none", "--jobs", "1", "--seed", "5"]
    done = grader_in_process("grade", folder / "class", "--out", folder / out, *options, cwd=folder)
    assert done.returncode == 0, done.stdout
    with sqlite3.connect(folder / out / "journal.sqlite") as db:
        rows = db.execute(
            "SELECT student, function FROM verdicts WHERE run = (SELECT run FROM runs ORDER BY rowid DESC LIMIT 1)"
        ).fetchall()
    found = {}
    for student, function in rows:
        found.setdefault(student, set()).add(function)
    return found, done.stdout


def test_unchanged_submissions_are_not_graded_again(graded):
    assert regrade(graded)[0] == {}


def test_a_changed_submission_regrades_that_student(graded):
    edit(graded / "class/cy/ex2_other.py", "x + x", "x * 2")
    assert regrade(graded)[0] == {"cy": ALL}


def test_a_new_student_is_graded_alone(graded):
    write_files(graded / "class/dan", {"ex1_small.py": SOLUTION, "ex2_other.py": OTHER})
    assert regrade(graded)[0] == {"dan": ALL}


@pytest.mark.parametrize(
    ("file", "old", "new", "functions"),
    [
        ("exercises/test_ex2_other.py", 'given.tensor("x", 3)', 'given.tensor("x", 4)', {"double"}),
        ("solutions/ex2_other.py", "x + x", "2 * x", {"double"}),
        ("tests/hidden/test_ex1_small.py", "descend(x, 0.25, 30)", "descend(x, 0.25, 31)", SMALL),
    ],
)
def test_a_changed_course_regrades_the_exercise_that_depends_on_it(graded, file, old, new, functions):
    edit(graded / "course" / file, old, new)
    found, _ = regrade(graded)
    assert set(found) >= set(CLASS)
    assert found == dict.fromkeys(found, functions)


@pytest.mark.parametrize(
    ("added", "again"),
    [
        ("# a remark", {}),
        ("[descend.thrice]\nen = 'How often?'\nzh = '几次？'\nold = 'rate * 2'\nnew = 'rate * 3'", {"cy": {"descend"}}),
    ],
    ids=["a remark", "a mistake"],
)
def test_a_new_mistake_regrades_its_function_for_the_students_who_failed_it(graded, added, again):
    file = graded / "course" / "solutions/mistakes/ex1_small.toml"
    file.write_text(f"{file.read_text('utf-8')}\n{added}\n", "utf-8")
    regraded, output = regrade(graded)
    assert regraded == again
    assert ("descend__thrice" in output) == bool(again)


def test_another_hint_of_a_mistake_is_shown_and_regrades_nothing(graded):
    edit(graded / "course" / "solutions/mistakes/ex1_small.toml", "'How often?'", "'How many times?'")
    regraded, output = regrade(graded)
    assert regraded == {}
    assert "How many times?" in output


def test_compare_shows_who_gains_and_who_loses_after_a_changed_check(graded):
    regrade(graded, "before")
    hidden, public = (graded / "course" / file for file in ("tests/hidden/test_ex1_small.py", PUBLIC))
    edit(hidden, '"one entry": mean_square(x)}', '"two entries": mean_square(given.tensor("y", 2))}')
    edit(public, 'given.tensor("x", 4), 0.1, 1)', 'given.tensor("x", 4), 0.1, 0)')
    regrade(graded, "after")
    done = grader_in_process("compare", graded / "before", graded / "after", cwd=graded)
    assert done.returncode == 0, done.stdout
    shown = [line.split() for line in done.stdout.splitlines()]
    assert ["bob", "mean_square", "2.00", "0.00", "-empty_raises"] in shown
    assert ["cy", "descend", "0.00", "1.00", "+one_step"] in shown
    assert not {"ada", "dan"} & {line[0] for line in shown if line}
    assert "gained points 1 (+1.00), lost points 1 (−2.00), same score 0" in done.stdout
