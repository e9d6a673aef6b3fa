"""The sandbox binds the modules that a child needs, and no other."""

import json

import pytest

from grader.core.package_paths import PACKAGE
from grader.course.library import open_library
from grader.execution.guest.frames import TIME_LIMIT, Job, Task
from grader.execution.host.pool import MEMORY_LIMIT, walled_pool
from grader.execution.host.sandbox_levels import IN_SANDBOX
from tests.tools import ROOT

MARK = "modules of ours: "
TELL = """
import json, sys
_answer = {function}
def {function}(*arguments, **named):
    result = _answer(*arguments, **named)
    print({mark!r} + json.dumps(sorted(name for name in sys.modules if name.partition(".")[0] == "grader")))
    return result
"""
"""Stands at the end of the last file: its last call, in the last check, comes after everything was loaded."""

ON_DEMAND = {"core/code_hash.py", "core/points.py"}
"""What the trusted process needs of a package that is bound whole."""


@pytest.fixture(scope="module")
def loaded():
    """The modules in the process of a submission that has run the checks of the whole course."""
    library = open_library(ROOT)
    course = library.course
    functions = [function for exercise in course.exercises for function in exercise.points]
    files = {exercise.name: (ROOT / "solutions" / f"{exercise.name}.py").read_text() for exercise in course.exercises}
    files[course.exercises[-1].name] += TELL.format(function=functions[-1], mark=MARK)
    tasks = tuple(Task(f, check.id, 0) for f in functions for check in course.exercise_of[f].checks_of(f))
    job = Job(
        tuple((f"{name}.py", text.encode()) for name, text in files.items()), library.module_of, tasks, TIME_LIMIT
    )
    with walled_pool(library.experiment_files, 1, "auto", MEMORY_LIMIT, TIME_LIMIT) as pool:
        result = pool.submit(job).result(timeout=100)
    assert len(result.outcomes) == len(tasks) > 250
    lines = [line for line in result.output.splitlines() if line.startswith(MARK)]
    return json.loads(lines[-1].removeprefix(MARK))


def bound():
    """The modules that the sandbox binds, as paths below the package."""
    files = {path.relative_to(PACKAGE).as_posix() for part in IN_SANDBOX for path in (PACKAGE / part).rglob("*.py")}
    above = {"/".join([*part.split("/")[:depth], "__init__.py"]) for part in IN_SANDBOX for depth in (0, 1)}
    return files | above


def test_a_child_has_loaded_what_the_sandbox_binds(loaded):
    paths = {PACKAGE.joinpath(*name.split(".")[1:]) for name in loaded}
    files = {path / "__init__.py" if path.is_dir() else path.with_suffix(".py") for path in paths}
    assert {file.relative_to(PACKAGE).as_posix() for file in files} == bound() - ON_DEMAND
