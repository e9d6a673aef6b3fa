"""The tutorials, followed block by block with the wheel alone: each reader starts in an empty folder.

A block with a file name is written to that file; in `exercises`, a function replaces the function of the same name.
"""

import ast
import os
import shlex
from pathlib import Path

import pytest

from tests.document_blocks import blocks, commands_of, plain
from tests.tools import ROOT, bare_python, forked_programs, run_line, write_files

pytestmark = pytest.mark.long

EXIT_CODES = {
    "student": {"grader check manual_sgd_step": [1, 1, 0]},  # not started, wrong, right
    "instructor": {},
    "author": {"grader doctor": [0, 1, 0], "grader check square": [1]},
}
"""Exit codes of the commands of each tutorial, in their order; all other commands end with 0."""

INSTALLED = ("python -m venv", "source ", "pip install")
"""Commands that begin like this are not run: they make the environment, and the fixture `programs` has made it already.

`make release-check` runs them.
"""


@pytest.fixture(scope="module")
def programs(wheel, tmp_path_factory):
    """A folder with `grader` and `pytest` of an environment that has the wheel and no other file of the project."""
    place = tmp_path_factory.mktemp("environment")
    return forked_programs(place / "bin", bare_python(place / "bare", wheel))


def run(line, folder, programs):
    """Run a command as a reader does; return its exit code and all that it printed."""
    path = os.pathsep.join([str(programs), os.environ["PATH"]])
    done = run_line(["bash", "-c", line], cwd=folder, timeout=200, COLUMNS="80", PATH=path)
    return done.returncode, done.stdout


def write(file, text):
    """Write a block to its file. In `exercises`, a block that is one function replaces the function of that name."""
    if file.parent.name == "exercises" and text.startswith("def "):
        lines = file.read_text("utf-8").splitlines(keepends=True)
        (name,) = (node.name for node in ast.parse(text).body)
        (old,) = (node for node in ast.parse("".join(lines)).body if getattr(node, "name", "") == name)
        lines[old.lineno - 1 : old.end_lineno] = text
        text = "".join(lines)
    write_files(file.parent, {file.name: text})


def follow(tutorial, folder, programs):
    """Follow a tutorial: run its commands, write its files, and compare what it shows with what was printed before."""
    codes = {command: list(expected) for command, expected in EXIT_CODES[tutorial].items()}
    printed = set()
    for language, file, text in blocks(f"docs/tutorials/{tutorial}.md"):
        if file:
            write(folder / file, text)
        elif language == "console":
            for line in commands_of(text):
                if not line.startswith(INSTALLED):
                    code, said = run(line, folder, programs)
                    assert code == (codes[line].pop(0) if line in codes else 0), f"{line}\n{said}"
                    assert "Traceback" not in said
                    printed |= {plain(one) for one in said.splitlines()}
        else:
            assert language == "text"
            missing = [line for line in text.splitlines() if plain(line) not in printed]
            assert not missing, (missing, said)
    assert not any(codes.values()), codes


def test_a_student_follows_the_tutorial_in_a_hand_out(programs, tmp_path):
    options = f"--course {shlex.quote(str(ROOT))} --only ex7_manual_optim"
    assert run(f"grader release handout {options}", tmp_path, programs)[0] == 0
    follow("student", tmp_path / "handout", programs)
    script = (tmp_path / "handout/sgd.py").read_text("utf-8")
    assert script.startswith("# manual_sgd_step::one_step_of_a_net\n")


def test_an_instructor_follows_the_tutorial_in_an_empty_folder(programs, tmp_path):
    follow("instructor", tmp_path, programs)
    assert "Emmy Noether,,,1.00," in (tmp_path / "results/grades.csv").read_text("utf-8")
    assert (tmp_path / "results/index.html").is_file()


def test_an_author_follows_the_tutorial_in_an_empty_folder(programs, tmp_path):
    follow("author", tmp_path, programs)
    assert (tmp_path / "solutions/ex2_cube.py").is_file()


def test_every_tutorial_is_followed():
    assert {path.stem for path in Path(ROOT, "docs/tutorials").glob("*.md")} == EXIT_CODES.keys()
