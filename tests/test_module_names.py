"""Modules and paths named in strings exist: no linter and no type checker follows such a name.

The test looks for dotted names and paths that begin with the name of the package: in strings and comments of Python
files, and anywhere in other files. In documents it also looks for names in backticks without the package's name, such
as `grading.runs.batch`.
"""

import ast
import io
import re
import tokenize
import tomllib
from functools import cache

import pytest

import grader
from grader.core.package_paths import HANDOUT, PACKAGE
from grader.execution.guest.student_code.display_stubs import DISPLAY_PACKAGES
from grader.execution.host.sandbox_levels import IN_SANDBOX
from tests.tools import ROOT

DOTTED = re.compile(r"(?<![\w./-])grader(?:\.(?!__)[A-Za-z_]\w*)+(?::[A-Za-z_]\w*)?")
PATH = re.compile(r"(?<![\w.-])grader/[\w./*-]*[\w/*]")
PARTS = "|".join(sorted(folder.name for folder in PACKAGE.iterdir() if (folder / "__init__.py").is_file()))
SHORT = re.compile(rf"`({PARTS})([./][\w./]*\w/?)(?:\(.*?\))?`")

IN_RECIPES = {"grader.submissions.layouts.blackboard", "grader/submissions/layouts/blackboard.py"}
"""Names of modules that somebody who follows a recipe of CONTRIBUTING.md writes."""

FOR_PROGRAMS = {"GradingRun", "Plan", "read_submissions"}
"""Names for programs that grade a class; the sandbox does not bind them."""

FILES = {"grader.toml", "grader.mo", "grader.po", "grader.pot"}
"""Names of files that begin with the name of the package, but are no modules."""

FILE_NAMES = ("json", "toml", "zip")
"""Endings of files whose names begin like a package, such as submissions.zip."""

FOLDERS = ("docs", "exercises", "grader", "solutions", "tests", ".ci")
GENERATED_FOLDERS = {"__pycache__", "_build", "generated"}
"""Folders with files that `make docs` and Python write."""
SUFFIXES = (".py", ".md", ".toml", ".po", ".html", ".ipynb", ".sh", ".txt", ".yaml", "")


def searched():
    """Return every hand-written file that may name a part of the package."""
    below = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    found = [path for path in [*ROOT.iterdir(), *below] if path.is_file() and path.suffix in SUFFIXES]
    written = [path for path in sorted(found) if not GENERATED_FOLDERS & {*path.relative_to(ROOT).parts}]
    return [path for path in written if not path.name.startswith(".")]


def texts_of(path):
    """Return the strings and comments of a Python file; of another file its text."""
    text = path.read_bytes().decode("utf-8", "replace")
    if path.suffix != ".py":
        return [text]
    try:
        strings = [node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)]
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        comments = [token.string for token in tokens if token.type == tokenize.COMMENT]
    except (SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError):  # attacks on the parser
        return [text]
    return [*filter(lambda value: isinstance(value, str), strings), *comments]


@cache
def bound_in(file):
    """Return the names that a module binds."""
    names = set(grader.__all__) if file == PACKAGE / "__init__.py" else set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case ast.ImportFrom(names=aliases) | ast.Import(names=aliases):
                names |= {alias.asname or alias.name for alias in aliases}
    return names


def is_there(dotted):
    """True if a module, package or name in it exists."""
    folder, parts = PACKAGE, dotted.replace(":", ".").split(".")[1:]
    while parts and (folder / parts[0]).is_dir():
        folder, parts = folder / parts[0], parts[1:]
    if parts and (folder / f"{parts[0]}.py").is_file():
        file, parts = folder / f"{parts[0]}.py", parts[1:]
    else:
        file = folder / "__init__.py"
    return not parts or (file.is_file() and bound_in(file).issuperset(parts))


def path_is_there(path):
    """True if a file or folder exists at this path, which may be a pattern."""
    carried = f"{path}/".startswith(f"{PACKAGE.name}/{HANDOUT.name}/")  # a folder that only a wheel contains
    return carried or any(ROOT.glob(path.rstrip("/").replace("**.", "**/*.")))  # Babel writes **.py for **/*.py


def test_every_full_name_in_a_text_names_an_existing_module():
    files, found, missing = searched(), 0, []
    for file in files:
        for text in texts_of(file):
            dotted = [name for name in DOTTED.findall(text) if name not in {*FILES, *IN_RECIPES}]
            paths = [path for path in PATH.findall(text) if path not in IN_RECIPES]
            found += len(dotted) + len(paths)
            missing += [(file.relative_to(ROOT).as_posix(), name) for name in dotted if not is_there(name)]
            missing += [(file.relative_to(ROOT).as_posix(), path) for path in paths if not path_is_there(path)]
    assert len(files) > 400 and found > 200
    assert not missing


def test_every_short_name_in_the_documents_names_an_existing_module():
    found, missing = 0, []
    for file in (file for file in searched() if file.suffix == ".md"):
        for part, rest in SHORT.findall(file.read_text("utf-8")):
            name = f"{part}{rest}"
            if rest.rpartition(".")[2] in FILE_NAMES:
                continue
            found += 1
            there = path_is_there(f"{PACKAGE.name}/{name}") if "/" in name else is_there(f"{PACKAGE.name}.{name}")
            missing += [] if there else [(file.relative_to(ROOT).as_posix(), name)]
    assert found > 10
    assert not missing


def test_every_public_name_can_be_imported():
    assert {name for name in grader.__all__ if not hasattr(grader, name)} == set()


@pytest.mark.parametrize("name", sorted({*grader._HOMES} - FOR_PROGRAMS))
def test_a_public_name_can_be_imported_in_the_sandbox(name):
    """The sandbox binds the module of the name, or a stub replaces the module."""
    home = grader._HOMES[name]
    bound = tuple(f"grader.{part.replace('/', '.')}." for part in IN_SANDBOX)
    assert home.startswith(bound) or home.startswith(tuple(f"{package}." for package in DISPLAY_PACKAGES))


@pytest.mark.parametrize("part", IN_SANDBOX)
def test_what_the_sandbox_binds_is_a_package(part):
    assert (PACKAGE / part / "__init__.py").is_file()


def test_every_pattern_of_package_data_finds_files():
    tables = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
    found = tables["setuptools"]["package-data"]
    assert found
    empty = [
        (package, pattern)
        for package, patterns in found.items()
        for pattern in patterns
        if not any(PACKAGE.parent.joinpath(*package.split(".")).glob(pattern))
    ]
    assert not empty


def test_a_name_that_does_not_exist_is_noticed():
    """Check the test: it notices modules, attributes, paths and patterns that do not exist."""
    there = [
        "grader.core.errors",
        "grader.core.errors.UsageError",
        "grader.cli.main:main",
        "grader.check",
        "grader.cli",
    ]
    assert [name for name in there if not is_there(name)] == []
    name = PACKAGE.name  # put together, so that the search does not find these names in this file
    wrong = (
        f"{name}.core.nothing",
        f"{name}.core.errors.Nothing",
        f"{name}.core.errors.UsageError.nothing",
        f"{name}.nothing.errors",
        f"{name}.cli.app:nothing",
    )
    assert not any(map(is_there, wrong))
    assert path_is_there("grader/cli/**.py") and path_is_there("grader/core/errors.py")
    assert not path_is_there(f"{name}/nothing/**.py") and not path_is_there(f"{name}/core/nothing.py")
