"""`grader new` writes an exercise that works, with texts that say what to write, and overwrites no file."""

import pytest

from tests.tools import copy_course, grader_command, grader_in_process, pytest_command


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return copy_course(tmp_path_factory.mktemp("new") / "course")


@pytest.fixture(scope="module")
def written(course):
    return grader_command("new", "ex2_squares", "square", "square_again", cwd=course)


def test_in_a_new_exercise_only_texts_are_left_to_write(course, written):
    assert written.returncode == 0, written.stdout
    files = [path for path in course.rglob("*ex2_squares*") if path.is_file()]
    assert len(files) == 7 and not any("\n\n\n\n" in path.read_text("utf-8") for path in files)
    sync = grader_in_process("sync", "--jobs", "1", cwd=course)
    assert "written: exercises/ex2_squares.py" in sync.stdout
    doctor = grader_in_process("doctor", "--only", "ex2_squares", "--jobs", "1", "--no-mutants", cwd=course)
    assert doctor.returncode == 1, doctor.stdout
    assert "4 checks, 2 mistakes, 2 alternative solutions" in doctor.stdout
    findings = [line for line in doctor.stdout.splitlines() if ": " in line and not line.startswith(" ")]
    assert findings and all("text that `grader new` wrote is left" in finding for finding in findings)
    pytest = pytest_command("exercises", "-k", "square_again", cwd=course)
    assert "1 not started" in pytest.stdout


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["ex1_small", "square"], "Exercise ex1_small exists already"),
        (["ex3_more", "mean_square"], "mean_square is already in ex1_small"),
        (["ex3-more", "square"], "is not a valid name"),
        (["ex3_more", "class"], "is not a valid name"),
        (["ex3_more"], "Missing argument"),
    ],
)
def test_a_name_that_cannot_be_used_is_reported_and_nothing_is_written(course, written, arguments, word):
    before = sorted(course.rglob("*"))
    done = grader_in_process("new", *arguments, cwd=course)
    assert done.returncode == 2
    assert word in done.stdout
    assert sorted(course.rglob("*")) == before
