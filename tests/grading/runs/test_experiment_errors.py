"""A run that cannot load an experiment file ends with its file and line, not with the error of a worker process."""

import pytest

from grader.course.library import open_library
from grader.grading.runs.experiment_errors import find_error_line
from tests.tools import SOLUTION, edit, grader_in_process, write_files

PUBLIC, HIDDEN = "exercises/test_ex1_small.py", "tests/hidden/test_ex1_small.py"
IMPORT = "from grader import Given"


@pytest.mark.parametrize("sandbox", ["none", "auto"])  # without a level, the error is that no sandbox starts
def test_grade_names_the_line_of_an_experiment_file_that_cannot_be_loaded(course, tmp_path, sandbox):
    edit(course / PUBLIC, IMPORT, f"import nump\n{IMPORT}")
    write_files(tmp_path / "class", {"ann/ex1_small.py": SOLUTION})
    options = ("--course", course, "--out", tmp_path / "out", "--sandbox", sandbox, "--jobs", "1")
    done = grader_in_process("grade", tmp_path / "class", *options, cwd=tmp_path)
    assert done.returncode == 2
    assert f"error: {PUBLIC}:" in done.stdout and "the file cannot be loaded: ModuleNotFoundError" in done.stdout
    assert "in: import nump\n    What to do: correct this line\n" in done.stdout
    assert "WorkerStartError" not in done.stdout and "sandbox level" not in done.stdout


def test_the_line_of_a_solution_that_prints_and_exits_is_found_without_output_or_exit(course, capsys):
    with (course / "solutions/ex1_small.py").open("a", encoding="utf-8") as file:
        file.write("\nimport sys\nprint('ready')\nsys.exit(3)\n")
    library = open_library(course)
    files = library.exercise_files["ex1_small"]
    line = find_error_line(course, files, files.exercise.checks[0], 7)
    assert (line.file.name, line.code, line.error) == ("ex1_small.py", "sys.exit(3)", "SystemExit: 3")
    assert capsys.readouterr().out == ""


def test_a_file_that_exits_when_it_is_loaded_is_named_as_well(course):
    edit(course / HIDDEN, IMPORT, f"import sys\nsys.exit(3)\n{IMPORT}")
    done = grader_in_process("sync", "--jobs", "1", cwd=course)
    assert done.returncode == 2 and f"error: {HIDDEN}:" in done.stdout
    assert "the file cannot be loaded: SystemExit: 3, in: sys.exit(3)" in done.stdout
