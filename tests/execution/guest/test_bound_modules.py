"""The sandbox binds exactly the modules that a child imports."""

import json

import pytest

from grader.core.package_paths import PACKAGE
from grader.course.library import open_library
from grader.execution.guest.default_limits import MEMORY_LIMIT, TIME_LIMIT
from grader.execution.guest.job import CheckRequest, Job
from grader.execution.host.pool import make_sandboxed_pool
from grader.execution.host.sandbox_levels import IN_SANDBOX
from tests.tools import ROOT

MARK = "modules of ours: "
REPORT_MODULES = """
import json, sys
_answer, _reported = {function}, []
def {function}(*arguments, **named):
    result = _answer(*arguments, **named)
    loaded = sorted(name for name in sys.modules if name.partition(".")[0] == "grader")
    if loaded != _reported:
        _reported[:] = loaded
        print({mark!r} + json.dumps(loaded))
    return result
"""
"""Code that is appended to the last file: the call of its function in the last check comes after all imports."""

ON_DEMAND = {
    "core/console_text.py",
    "core/files/__init__.py",
    "core/files/atomic_files.py",
    "core/files/file_locks.py",
    "core/files/regular_files.py",
    "core/errors.py",
    "core/hashing.py",
    "core/language.py",
    "core/outcome_text.py",
    "core/package_paths.py",
    "core/visible_text.py",
    "declare/__init__.py",
    "declare/nets.py",
}
"""Modules that the sandbox binds although no submission here imports them: only the grader's own process does, or a
course with the deprecated path of the nets, or (`namespaces`) a zygote that joins a sandbox."""


@pytest.fixture(scope="module")
def loaded():
    """The names of the modules in the process of a submission after all checks of the course."""
    library = open_library(ROOT)
    course = library.course
    functions = [function for exercise in course.exercises for function in exercise.points]
    files = {exercise.name: (ROOT / "solutions" / f"{exercise.name}.py").read_text() for exercise in course.exercises}
    files[course.exercises[-1].name] += REPORT_MODULES.format(function=functions[-1], mark=MARK)
    requests = tuple(CheckRequest(f, check.id, 0) for f in functions for check in course.exercise_of[f].checks_of(f))
    job = Job(
        tuple((f"{name}.py", text.encode()) for name, text in files.items()), library.module_of, requests, TIME_LIMIT
    )
    with make_sandboxed_pool(library.experiment_files, 1, "auto", MEMORY_LIMIT, TIME_LIMIT) as pool:
        result = pool.submit(job).result(timeout=100)
    assert len(result.outcomes) == len(requests) > 250
    lines = [line for line in result.output.splitlines() if line.startswith(MARK)]
    return json.loads(lines[-1].removeprefix(MARK))


def bound():
    """Return the modules that the sandbox binds, as paths below the package."""
    files = {path.relative_to(PACKAGE).as_posix() for part in IN_SANDBOX for path in (PACKAGE / part).rglob("*.py")}
    above = {"/".join([*part.split("/")[:depth], "__init__.py"]) for part in IN_SANDBOX for depth in (0, 1)}
    return files | above


def test_a_child_has_loaded_what_the_sandbox_binds(loaded):
    paths = {PACKAGE.joinpath(*name.split(".")[1:]) for name in loaded}
    files = {path / "__init__.py" if path.is_dir() else path.with_suffix(".py") for path in paths}
    assert {file.relative_to(PACKAGE).as_posix() for file in files} == bound() - ON_DEMAND
