"""The wheel, installed without the project: what it holds, what a learner does with it, and an author's new course."""

import re
import shutil
import textwrap
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from grader.course.library import open_library
from tests.tools import ROOT, bare_python, command, edit, run_line

pytestmark = pytest.mark.long

NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "demo", "*.egg-info", "attacks")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The unpacked wheel of a copy of the project, solutions and hidden checks included."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT, folder / "source", ignore=NOT_COPIED)
    assert (folder / "source/solutions").is_dir() and (folder / "source/tests/hidden").is_dir()
    options = ("--no-deps", "--no-build-isolation", "--disable-pip-version-check", "--no-index")
    done = command("-m", "pip", "wheel", "-q", *options, "-w", folder / "made", folder / "source", cwd=folder)
    assert done.returncode == 0, done.stdout
    (made,) = (folder / "made").glob("*.whl")
    with zipfile.ZipFile(made) as archive:
        archive.extractall(folder / "installed")
    return folder / "installed"


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


LEFT = re.compile(r"^(\S+) ?.*: text that `grader new` wrote is left: (.*)$", re.MULTILINE)


class Author:
    """Somebody who has the wheel alone, and runs `grader` in an empty folder."""

    def __init__(self, place, wheel):
        self.course, self.python = place / "my_course", bare_python(place / "bare", wheel)
        self.course.mkdir()

    def run(self, *arguments):
        """Run the author's Python, whose output holds everything that it printed."""
        return run_line([self.python, "-m", *arguments], cwd=self.course)

    def grader(self, *arguments):
        """Run a command that must succeed, and return what it printed."""
        done = self.run("grader.cli", *arguments)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def replace_texts(self, said):
        """Replace each text that the doctor names, in the file that it names, and return how many there were."""
        found = [(file, text) for file, quoted in LEFT.findall(said) for text in re.findall(r'"(.*?)"(?:, |$)', quoted)]
        for file, text in found:
            edit(self.course / file, text, "The third power of each element.")
        return len(found)


def test_an_author_who_has_the_wheel_alone_starts_a_course_grows_and_proves_it(wheel, tmp_path):
    author = Author(tmp_path, wheel)
    said = (
        author.run("grader.cli", "--version").stdout
        + run_line([author.python, "-c", "import grader; print(grader.__file__)"], cwd=author.course).stdout
    )
    assert str(tmp_path) in said and str(ROOT) not in said  # not the tree of this project
    assert "written: README.md" in author.grader("init")
    author.grader("new", "ex2_cube", "cube")
    options = ("--jobs", "1", "--seeds", "2", "--no-mutants")
    doctor = author.run("grader.cli", "doctor", *options)
    assert doctor.returncode == 1
    assert author.replace_texts(doctor.stdout) == 15 and "ex1_square" not in doctor.stdout
    edit(author.course / "solutions/ex2_cube.py", "return x * x", "return x * x * x")
    edit(author.course / "solutions/mistakes/ex2_cube.toml", 'old = "x * x"', 'old = "x * x * x"')
    edit(author.course / "solutions/alternatives/ex2_cube_powers.py", "x.pow(2)", "x.pow(3)")
    assert "8 generated files, 0 fresh" in author.grader("sync", "--jobs", "1")
    with ThreadPoolExecutor(2) as threads:
        proof = threads.submit(author.grader, "doctor", *options)
        checks = threads.submit(author.run, "pytest", "exercises", "-p", "no:cacheprovider")
        release = threads.submit(author.grader, "release", tmp_path / "handout")
    assert "4 checks, 2 mistakes, 2 alternative solutions" in proof.result()
    assert checks.result().returncode == 1 and "2 not started" in checks.result().stdout
    assert "written: exercises/ex2_cube.py" in release.result()
    assert list((tmp_path / "handout" / "wheels").glob("*.whl"))
