"""The documented examples grade a folder from Python, without the command line."""

import inspect
import re
import textwrap

import pytest

import grader
from grader.grading.runs import grading_run
from tests.tools import ROOT, SOLUTION, WRONG_SUM, command, copy_course, write_files

INSTRUCTOR = ROOT / "docs" / "instructor.md"


def in_the_document():
    section = INSTRUCTOR.read_text("utf-8").partition("## From Python")[2]
    return re.search(r"```python\n(.*?)```", section, re.DOTALL)[1]


def in_the_docstring():
    lines = inspect.getdoc(grading_run).partition("from Python:\n")[2].partition("\nTheory of operation")[0]
    return textwrap.dedent(lines)


EXAMPLES = {
    "document": (in_the_document, ["1 graded, 0 unchanged", "2 graded, 0 unchanged", "ada 3.0", "bob 2.0"]),
    "docstring": (in_the_docstring, ["1", "2", "ada mean_square 3.0", "bob mean_square 2.0", "ada descend 2.0"]),
}


@pytest.mark.parametrize("place", EXAMPLES)
def test_the_example_grades_a_folder_and_prints_scores(tmp_path, pool, place):
    example, shown = EXAMPLES[place]
    code = (
        example().replace('sandbox="core"', f'sandbox="{pool.level.value}"').replace("compute_mse_loss", "mean_square")
    )
    copy_course(tmp_path / "course")
    write_files(tmp_path / "class", {"ada/ex1_small.py": SOLUTION, "bob/ex1_small.py": WRONG_SUM})
    done = command("-c", code, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert set(shown) <= set(lines), done.stdout
    again = command("-c", code, cwd=tmp_path)
    assert ("2 graded, 2 unchanged" in again.stdout) == (place == "document"), again.stdout
    assert '"finished": "20' in (tmp_path / "results" / "run.json").read_text("utf-8")


def test_every_public_name_is_there():
    assert all(getattr(grader, name) for name in grader.__all__)
