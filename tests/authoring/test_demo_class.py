"""`grader demo` makes a class with all that an instructor meets, and leaves out hostile code without a sandbox."""

import csv
from collections import Counter

import pytest

from grader.authoring.demo_class import make_demo_class
from tests.tools import COURSE, grader_in_process

HOSTILE = {"endless", "reads", "floods"}


def test_a_class_of_thirty_has_every_kind_of_student(library):
    students = list(make_demo_class(library, 30))
    kinds = Counter(student.kind for student in students)
    assert kinds["missing"] == kinds["unreadable"] == 1 and kinds["right"] > 1 and kinds["mistakes"] > 1
    assert kinds.keys() >= HOSTILE
    assert [student.kind for student in students if not student.files] == ["missing"]


def test_hostile_answers_are_replaced_by_right_ones(library):
    every = {student.name: student for student in make_demo_class(library, 30)}
    harmless = {student.name: student for student in make_demo_class(library, 30, hostile=False)}
    replaced = {name for name, student in every.items() if student.kind in HOSTILE}
    solutions = {files.file: files.solution.encode() for files in library.exercise_files.values()}
    assert replaced and all(harmless[name].files == solutions for name in replaced)
    assert all(harmless[name] == every[name] for name in every.keys() - replaced)


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The output of `demo` for a class without a sandbox, and the rows of its grades, by student."""
    place = tmp_path_factory.mktemp("demo")
    made = grader_in_process("demo", "class", "--students", "30", "--sandbox", "none", "--course", COURSE, cwd=place)
    files = ("--roster", "class-roster.csv", "--policy", "class-policy.toml", "--out", "results")
    done = grader_in_process("grade", "class", *files, "--sandbox", "none", "--course", COURSE, cwd=place)
    assert done.returncode == 1, done.stdout
    with (place / "results/grades.csv").open(encoding="utf-8") as table:
        return made.stdout, list(csv.DictReader(table))


def test_without_a_sandbox_the_command_says_that_it_leaves_hostile_submissions_out(graded):
    said, _ = graded
    assert "Hostile submissions are left out" in said and "Hostile, but harmless" not in said


def test_with_its_roster_and_policy_the_class_has_late_missing_and_unreadable_submissions(graded):
    _, rows = graded
    assert len(rows) == 30
    assert sum("late" in row["status"] for row in rows) == 3
    assert sum(row["status"].startswith("missing") for row in rows) == 1
    assert sum(row["status"].startswith("needs review") for row in rows) == 1
