"""The documented example grades a folder from Python, without the command line."""

import re

import grader
from tests.tools import ROOT, SOLUTION, WRONG_SUM, command, copy_course, write_files

INSTRUCTOR = ROOT / "docs/guides/instructor.md"


def in_the_document():
    section = INSTRUCTOR.read_text("utf-8").partition("## From Python")[2]
    return re.search(r"```python\n(.*?)```", section, re.DOTALL)[1]


def test_the_example_grades_a_folder_and_prints_scores(tmp_path, pool):
    code = in_the_document().replace('sandbox="core"', f'sandbox="{pool.level.value}"')
    code = code.replace("compute_mse_loss", "mean_square")
    copy_course(tmp_path / "course")
    write_files(tmp_path / "class", {"ada/ex1_small.py": SOLUTION, "bob/ex1_small.py": WRONG_SUM})
    done = command("-c", code, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    shown = ["1 graded, 0 unchanged", "2 graded, 0 unchanged", "ada 3.0", "bob 2.0"]
    assert set(shown) <= {line.strip() for line in done.stdout.splitlines()}, done.stdout
    again = command("-c", code, cwd=tmp_path)
    assert "2 graded, 2 unchanged" in again.stdout
    assert '"finished": "20' in (tmp_path / "results" / "run.json").read_text("utf-8")


def test_every_public_name_can_be_imported_from_grader():
    assert all(getattr(grader, name) for name in grader.__all__)
