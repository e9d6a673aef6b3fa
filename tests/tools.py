"""Helpers for tests: paths, copies of courses, and functions that run commands as a user does."""

import importlib
import io
import os
import shlex
import shutil
import subprocess
import sys
import venv
from contextlib import chdir, redirect_stderr, redirect_stdout
from contextvars import copy_context
from importlib.util import find_spec
from pathlib import Path
from unittest.mock import patch

import pytest
from msgspec import structs

from grader.cli.main import main
from grader.grading.policy.final_score import compute_final_score
from grader.grading.policy.policy import Policy
from grader.grading.results.final_result import FinalResult
from grader.grading.results.result_files import GradeRows
from grader.submissions.submission import SubmissionMetadata
from tests.fork_server.starting import forked, zygotes_in_forks

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
COURSE, PROBES = TESTS / "miniature_course", TESTS / "probes.py"
GRADER, PYTEST = "grader=grader.cli.main:main", "pytest=pytest:main"
STUB = COURSE / "exercises" / "ex1_small.py"
SOLUTION = (COURSE / "solutions" / "ex1_small.py").read_text("utf-8")
GENERATED = shutil.ignore_patterns("__pycache__", ".pytest_cache", ".ruff_cache")

REQUIRED = "AUTOGRADED_REQUIRE_ALL"
"""Environment variable. If it is set, a test that needs something missing on this machine fails; else it is skipped."""

WRONG_SUM = SOLUTION.replace(".mean()", ".sum()")
STUB_THEN_WRONG = STUB.read_text("utf-8").replace('    raise NotImplementedError("descend")', "    return x + rate")
"""A source in which the first function is not started, and the second function is wrong."""
ENDLESS = SOLUTION.replace("steps -= 1", "pass")


def unavailable(reason):
    """Skip the current test because this machine lacks something; fail the test if REQUIRED is set."""
    if os.environ.get(REQUIRED):
        pytest.fail(f"{reason} ({REQUIRED} is set)", pytrace=False)
    pytest.skip(reason, allow_module_level=True)


def import_or_skip(module):
    """Import and return a module. If it is not installed, skip the test or the file of tests; fail under REQUIRED."""
    try:
        return importlib.import_module(module)
    except ImportError:
        unavailable(f"no {module} here: pip install -e '.[dev]'")


def copy_course(target):
    """Copy the miniature course to `target`, without generated files; return the path of the copy."""
    return Path(shutil.copytree(COURSE, target, ignore=GENERATED))


def hand_out(target, answer=None):
    """Write the exercises of the miniature course into a student's folder, with `answer` in place of the stub."""
    shutil.copytree(COURSE / "exercises", target / "exercises", ignore=GENERATED)
    if answer is not None:
        write_files(target, {"exercises/ex1_small.py": answer})
    return target


def edit(file, old, new):
    """Replace a text in a file. It must occur exactly once."""
    text = file.read_text("utf-8")
    assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times in {file.name}"
    file.write_text(text.replace(old, new), "utf-8")


def final_result(student, records, review="", metadata=SubmissionMetadata(), **more):  # noqa: B008  (it is frozen)
    """Return the final result of a student under no policy. `review` is the reason why it needs review, if it does."""
    final = compute_final_score(records, metadata, Policy(), {})
    final = structs.replace(final, flags=[review] if review else [], **more)
    return FinalResult(student, tuple(records), final, metadata)


def grades_csv(students, functions, with_policy=False):
    """Return the text of grades.csv for these final results."""
    table = GradeRows(functions, with_policy)
    return table.header() + "".join(map(table.row, students))


def bare_python(place, *more):
    """Return the Python of a new virtual environment with all packages of this environment except the grader.

    `more` are folders with further packages, such as an unpacked wheel. The environment has links to all packages.
    """
    venv.create(place, symlinks=True)
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    packages = next(place.glob("lib/python*/site-packages"))
    installed = Path(find_spec("torch").origin).parents[1]
    entries = [entry for entry in installed.iterdir() if "autograded" not in entry.name]
    for entry in [*entries, *(entry for folder in more for entry in folder.iterdir())]:
        (packages / entry.name).symlink_to(entry)
    return python


def write_files(folder, files):
    """Write files below a folder, and return the folder. `files` maps paths in the folder to bytes or texts."""
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def environment(**more):
    """Return environment variables for English output in wide lines, without variables of the running pytest."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "AUTOGRADED", "COV_"))}
    return inherited | {"AUTOGRADED_LANG": "en", "COLUMNS": "160", "PYTHONIOENCODING": "utf-8"} | more


def command(*arguments, cwd, timeout=100, **more):
    """Run Python with these arguments, such as "-m", "pytest"; return the completed process.

    Standard input is empty, and `stdout` of the result also holds the standard error.
    """
    return run_line([sys.executable, *map(str, arguments)], cwd=cwd, timeout=timeout, **more)


def run_line(line, *, cwd, timeout=100, **more):
    """Run a command line; return the completed process.

    Standard input is empty, and `stdout` of the result also holds the standard error. `more` are environment variables.
    """
    return subprocess.run(
        line,
        cwd=cwd,
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=timeout,
        check=False,
    )


def pytest_command(*arguments, cwd, **more):
    """Run pytest as a student does, in a fork of a process that has imported torch."""
    return run_line(forked(PYTEST, "-p", "no:cacheprovider", *arguments), cwd=cwd, **more)


def grader_command(*arguments, cwd, **more):
    """Run the command `grader` in a separate process, a fork of a process that has imported torch."""
    return run_line(forked(GRADER, *arguments), cwd=cwd, **more)


def grader_in_process(*arguments, cwd, **more):
    """Run `grader` through its entry point in this process, and return the exit code and the output.

    Use this in tests of the output of a command and of the files that it writes. Use `grader_command` in tests of
    interruption and of child processes, and to run several commands at a time. It is also needed for a call without
    the name of a command, which changes the app of this process (`register`). Use `command` in tests of imports.
    """
    line, output = ["grader", *map(str, arguments)], io.StringIO()
    with (
        chdir(cwd),
        patch.dict(os.environ, environment(**more), clear=True),
        patch.object(sys, "argv", line),
        zygotes_in_forks(),
        patch.object(sys, "stdin", io.StringIO()),  # empty, like /dev/null
        redirect_stdout(output),
        redirect_stderr(output),
        pytest.raises(SystemExit) as ended,
    ):
        copy_context().run(main)  # in a copy of the context, so that the language of this call does not stay set
    return subprocess.CompletedProcess(line, ended.value.code, output.getvalue())


def forked_programs(folder, python=sys.executable):
    """Return a folder with the programs `grader` and `pytest`, which run in forks of a process that imported torch.

    `python` is the interpreter of the environment whose packages they use.
    """
    for name, program in {"grader": GRADER, "pytest": PYTEST}.items():
        write_files(folder, {name: f'#!/bin/sh\nexec {shlex.join(forked(program, python=python))} "$@"\n'})
        (folder / name).chmod(0o755)
    return folder


def unwrapped(text: str) -> str:
    """Return a text in one line with single blanks, to compare it independently of wrapping and alignment."""
    return " ".join(text.split())
