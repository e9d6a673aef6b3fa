"""The wheel, installed without the project: what it holds, and `check(f)` in a learner's own program."""

import re
import textwrap

import pytest

from grader import __version__
from grader.course.library import open_library
from tests.tools import ROOT, command

pytestmark = pytest.mark.long


def files(wheel):
    return {path.relative_to(wheel).as_posix(): path for path in wheel.rglob("*") if path.is_file()}


def test_the_wheel_holds_the_package_the_public_experiments_and_the_goldens(wheel):
    names = files(wheel)
    for path in (ROOT / "exercises").glob("test_*.py"):
        assert names[f"grader/handout/exercises/{path.name}"].read_bytes() == path.read_bytes()
        golden = f"exercises/golden/{path.stem.removeprefix('test_')}.json"
        assert names[f"grader/handout/{golden}"].read_bytes() == (ROOT / golden).read_bytes()
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "grader").rglob("*.py")}
    templates = {path.relative_to(ROOT).as_posix() for path in (ROOT / "grader").rglob("templates/*")}
    assert modules and templates and modules | templates <= set(names)


def test_the_wheel_holds_no_solution_no_mistake_and_no_hidden_check(wheel):
    """The test searches names and content for bodies of solutions, code of mistakes and names of hidden experiments."""
    names = files(wheel)
    assert {name.partition("/")[0] for name in names} - {"grader"} <= {
        name.partition("/")[0] for name in names if ".dist-info/" in name
    }
    course = [name for name in names if name.startswith("grader/handout/")]
    assert all(re.fullmatch(r"grader/handout/exercises/(test_\w+\.py|golden/\w+\.json)", name) for name in course)
    text = "\n".join(path.read_text("utf-8") for name, path in names.items() if not name.endswith(".mo"))
    library, revealed = open_library(ROOT), []
    for exercise in library.exercise_files.values():
        bodies = re.findall(r"### BEGIN SOLUTION\n(.*?)\n *### END SOLUTION", exercise.solution, re.DOTALL)
        assert len(bodies) >= len(exercise.exercise.points)
        long_bodies = [body for body in bodies if len(body) > 40]  # "import math" reveals nothing
        revealed += [body for body in long_bodies if textwrap.dedent(body) in text or body in text]
    mistakes = [path for path in (ROOT / "solutions/mistakes").iterdir() if path.read_text("utf-8") in text]
    hidden = [check.name for check in checks(library) if check.hidden and f"def {check.name}({check.function}," in text]
    assert (revealed, mistakes, hidden) == ([], [], [])


def checks(library):
    return [check for exercise in library.course.exercises for check in exercise.checks]


PROGRAM = """
import sys
sys.path.insert(0, {wheel!r})
import grader
assert grader.__file__.startswith({wheel!r}), grader.__file__
def manual_sgd_step(params, lr):
    for p in params:
        p.data += lr * p.grad
grader.check(manual_sgd_step)
"""


def test_check_works_from_the_wheel_without_a_clone(wheel, tmp_path):
    done = command("-c", PROGRAM.format(wheel=str(wheel)), cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("manual_sgd_step  0.00 / ")
    assert "The gradient points uphill" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_every_file_names_the_same_release():
    patterns = {
        "pyproject.toml": r'^version = "(.+)"$',
        "CITATION.cff": r"^version: (.+)$",
        "docs/cluster/kubernetes.yaml": r"autograded:(\d\S*)",
        "docs/guides/cluster.md": r"autograded:(\d\S*)",
        "CHANGELOG.md": r"\A(?s:.*?)^## \[(\d\S*)\]",
    }
    found = {
        path: set(re.findall(text, (ROOT / path).read_text("utf-8"), re.MULTILINE)) for path, text in patterns.items()
    }
    assert found == {path: {__version__} for path in patterns}
