"""Follow the recipes of CONTRIBUTING.md block by block in a copy of the project.

A block with a file name is written to that file. A `diff` block edits its file: lines with a minus must be there once,
in this order; a block of lines with a plus alone is added at the end.
"""

import os
import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from tests.document_blocks import blocks_in, commands_of, plain, read
from tests.tools import ROOT, forked_programs, run_line, write_files

pytestmark = pytest.mark.long

NOT_COPIED = shutil.ignore_patterns(
    *(".*", "__pycache__", "build", "dist", "demo", "*.egg-info", "docs", "attacks", "record", "diagnosis", "golden"),
    *("ex[2-9]_*", "test_ex[2-9]_*"),
)
NOT_RUN = ("make lint",)
"""Commands that take long: CI runs them on the whole project."""

EXIT_CODES = {"add an exercise": [0, 0, 0], "add a check": [1, 0, 0], "add a reader for an LMS": [0]}
"""The exit codes of the commands of each recipe, in their order."""

TEXT = read("CONTRIBUTING.md")
RECIPES = dict(re.findall(r"^## Recipe: (.+?)\n(.*?)(?=^## )", TEXT, re.MULTILINE | re.DOTALL))


def edit(file, diff):
    """Apply a `diff` block to a file."""
    lines = diff.splitlines(keepends=True)
    old = "".join(line[1:] for line in lines if line[0] in "- ")
    new = "".join(line[1:] for line in lines if line[0] in "+ ")
    text = file.read_text("utf-8")
    assert not old or text.count(old) == 1, f"{file.name} does not have these lines once:\n{old}"
    file.write_text(text.replace(old, new) if old else text + new, "utf-8")


def follow(recipe, folder, programs):
    """Follow a recipe in a copy of the project: write and edit its files, run its commands, compare what it shows."""
    codes, printed = list(EXIT_CODES[recipe]), set()
    for language, file, text in blocks_in(RECIPES[recipe]):
        if language == "diff":
            edit(folder / file, text)
        elif file:
            write_files(folder, {file: text})
        elif language == "console":
            for line in commands_of(text):
                if line not in NOT_RUN:
                    path = os.pathsep.join([str(programs), os.environ["PATH"]])
                    done = run_line(["bash", "-c", line], cwd=folder, timeout=200, PATH=path)
                    assert done.returncode == codes.pop(0), f"{line}\n{done.stdout}"
                    printed |= {plain(one) for one in done.stdout.splitlines()}
        else:
            assert language == "text"
            assert not [line for line in text.splitlines() if plain(line) not in printed], printed
    assert not codes


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project with one exercise."""
    return Path(shutil.copytree(ROOT, tmp_path_factory.mktemp("copy") / "project", ignore=NOT_COPIED))


def test_an_exercise_is_added_and_then_a_check(project, tmp_path):
    programs = forked_programs(tmp_path)
    follow("add an exercise", project, programs)
    follow("add a check", project, programs)
    assert "integers_of_cube" in (project / "exercises/golden/ex10_cube.json").read_text("utf-8")
    assert "raise NotImplementedError" in (project / "exercises/ex10_cube.py").read_text("utf-8")


def test_a_reader_for_an_lms_is_added(project, tmp_path):
    """A new interpreter runs pytest in the folder of the copy, so that it imports the grader of the copy."""
    write_files(
        tmp_path, {"pytest": f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m pytest -p no:cacheprovider "$@"\n'}
    )
    (tmp_path / "pytest").chmod(0o755)
    follow("add a reader for an LMS", project, tmp_path)


def test_every_recipe_is_followed():
    assert RECIPES.keys() == EXIT_CODES.keys()
