"""ARCHITECTURE.md describes the code: its packages, public modules, picture and tables."""

import ast
import re
import tomllib
from itertools import pairwise

import pytest

from grader.core.package_paths import PACKAGE
from tests.conftest import collect_ignore
from tests.tools import ROOT

LISTED = re.compile(r"Other(?:s| packages) may import:\s+([\w\s.,]+)\.")
MOST = 16
"""Modules in one folder at most; a reader finds nothing in a longer list."""

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
PROTECTED = {contract["allowed_importers"][0]: contract for contract in CONTRACTS if contract["type"] == "protected"}
MAP = (ROOT / "ARCHITECTURE.md").read_text("utf-8")


def modules_below(package):
    """Return the modules of a package at any depth, relative to it."""
    folder = PACKAGE.joinpath(*package.split(".")[1:])
    files = (path for path in folder.rglob("*.py") if path.name != "__init__.py")
    return {".".join(path.relative_to(folder).with_suffix("").parts) for path in files}


def public_modules(package):
    """Return the modules that the docstring of a package lists."""
    file = PACKAGE.joinpath(*package.split(".")[1:], "__init__.py")
    (names,) = LISTED.findall(ast.get_docstring(ast.parse(file.read_text("utf-8"))) or "")
    return set(re.split(r",\s*", names))


@pytest.mark.parametrize("package", sorted(PROTECTED))
def test_what_a_package_does_not_list_as_public_is_protected(package):
    protected = {name.removeprefix(f"{package}.") for name in PROTECTED[package]["protected_modules"]}
    assert public_modules(package) | protected == modules_below(package)
    assert not public_modules(package) & protected


def test_no_folder_of_modules_is_a_long_list():
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    assert {str(folder): n for folder in folders if (n := len(list(folder.glob("[!_]*.py")))) > MOST} == {}


def test_pytest_ignores_no_folder_of_tests_that_mirrors_a_package():
    packages = {path.parent.name for path in PACKAGE.rglob("__init__.py")}
    assert packages.isdisjoint(collect_ignore), "these tests would never run"


def test_every_package_says_what_it_is_for():
    docstrings = {path: ast.get_docstring(ast.parse(path.read_text("utf-8"))) for path in PACKAGE.rglob("__init__.py")}
    assert [path for path, docstring in docstrings.items() if not docstring] == []


def test_the_picture_and_the_table_show_the_packages_that_there_are():
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")} - {"execution", "declare"}
    packages |= {"execution.host", "execution.extraction", "execution.guest"}
    picture = MAP[MAP.index("```mermaid") :].partition("\n```\n")[0]
    assert set(re.findall(r"<b>([\w.]+)</b>", picture)) == packages
    table = MAP[MAP.index("| package |") :].partition("\n\n")[0]
    assert set(re.findall(r"^\| `([\w.]+)` \|", table, re.MULTILINE)) == packages


def test_the_picture_has_the_layers_that_are_checked():
    (layers,) = (contract["layers"] for contract in CONTRACTS if contract.get("containers") == ["grader"])
    arrows = [line.strip() for line in MAP.splitlines() if "-->" in line and "[" not in line]
    order = [name.strip() for line in arrows for part in line.split("-->") for name in part.split("&")]
    ranks = {name.strip(): rank for rank, layer in enumerate(layers) for name in layer.split("|")}
    ranks |= {
        "host": ranks["execution"],
        "extraction": ranks["execution"] + 0.3,
        "guest": ranks["execution"] + 0.5,
    }
    assert {name for name in ranks if name != "execution"} == set(order)
    for line in arrows:
        ranked = [{ranks[name.strip()] for name in part.split("&")} for part in line.split("-->")]
        assert all(max(above) < min(below) for above, below in pairwise(ranked)), line


def test_the_tables_of_dependencies_name_the_packages_of_every_extra():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    requirements = {"": project["dependencies"], **project["optional-dependencies"]}
    declared = {
        extra: {re.match(r"[\w-]+", text)[0] for text in texts} - {"autograded"}
        for extra, texts in requirements.items()
    }
    declared["dev"] -= {"setuptools"}  # the table has it with `author`
    first, second = MAP.split("## Dependencies")[1].split("| extra |")
    always = re.findall(r"^\| ([\w, -]+) \| (?!why)", first, re.MULTILINE)
    named, extra = {"": set(", ".join(always).split(", "))}, ""
    for name, packages in re.findall(r"^\| (?:`(\w+)` )?\| ([\w, -]+) \|", second, re.MULTILINE):
        extra = name or extra
        named.setdefault(extra, set()).update(packages.split(", "))
    assert named == declared
