"""Helpers of the tests: paths, copies, and commands run as a user runs them."""

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
"""Environment variable that turns what is missing on a machine from a skipped test into a failed one."""

WRONG_SUM = SOLUTION.replace(".mean()", ".sum()")
STUB_THEN_WRONG = STUB.read_text("utf-8").replace('    raise NotImplementedError("descend")', "    return x + rate")
"""The first function not started, the second one wrong."""
ENDLESS = SOLUTION.replace("steps -= 1", "pass")


def unavailable(reason):
    """Skip the test that needs what this machine lacks, or fail it where everything is required."""
    if os.environ.get(REQUIRED):
        pytest.fail(f"{reason} ({REQUIRED} is set)", pytrace=False)
    pytest.skip(reason, allow_module_level=True)


def import_or_skip(module):
    """Import the module that a test or a file of tests needs; without it, skip or fail them."""
    try:
        return importlib.import_module(module)
    except ImportError:
        unavailable(f"no {module} here: pip install -e '.[dev]'")


def copy_course(target):
    """Copy the miniature course."""
    return Path(shutil.copytree(COURSE, target, ignore=GENERATED))


def hand_out(target, answer=None):
    """Write the hand-out of the miniature course for a student, with an answer in place of the stub."""
    shutil.copytree(COURSE / "exercises", target / "exercises", ignore=GENERATED)
    if answer is not None:
        write_files(target, {"exercises/ex1_small.py": answer})
    return target


def edit(file, old, new):
    """Replace text that occurs once in a file."""
    text = file.read_text("utf-8")
    assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times in {file.name}"
    file.write_text(text.replace(old, new), "utf-8")


def final_result(student, records, review="", metadata=SubmissionMetadata(), **more):  # noqa: B008  (it is frozen)
    """Return the final result of a student without a policy; `review` is a reason why a person must look."""
    final = compute_final_score(records, metadata, Policy(), {})
    final = structs.replace(final, flags=[review] if review else [], **more)
    return FinalResult(student, tuple(records), final, metadata)


def grades_csv(students, functions, with_policy=False):
    """Return grades.csv for these students."""
    table = GradeRows(functions, with_policy)
    return table.header() + "".join(map(table.row, students))


def bare_python(place, *more):
    """Return the Python of a new virtual environment with all packages of this environment except the grader.

    `more` are folders whose entries are installed, too, such as an unpacked wheel. Everything is linked, not copied.
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
    """Write {path: bytes or text} below a folder."""
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def environment(**more):
    """Return environment variables for English output in wide lines, without variables of the running pytest."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "AUTOGRADED", "COV_"))}
    return inherited | {"AUTOGRADED_LANG": "en", "COLUMNS": "160", "PYTHONIOENCODING": "utf-8"} | more


def command(*arguments, cwd, timeout=100, **more):
    """Run a Python command line (such as "-m", "pytest") with standard input closed; stdout holds stderr too."""
    return run_line([sys.executable, *map(str, arguments)], cwd=cwd, timeout=timeout, **more)


def run_line(line, *, cwd, timeout=100, **more):
    """Run a command line as `command` does."""
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
    """Run pytest as a student does, in a fork that has imported torch."""
    return run_line(forked(PYTEST, "-p", "no:cacheprovider", *arguments), cwd=cwd, **more)


def grader_command(*arguments, cwd, **more):
    """Run the command `grader` in a process of its own, a fork that has imported torch."""
    return run_line(forked(GRADER, *arguments), cwd=cwd, **more)


def grader_in_process(*arguments, cwd, **more):
    """Run `grader` through its entry point in this process, and return the exit code and the output.

    No process starts. Use it in tests of a command's output and of the files that it writes. Use `grader_command`
    in tests of interruption and of child processes, for several commands at a time, and for a call without the name of
    a command, which changes the app (`register`); use `command` in tests of imports.
    """
    line, output = ["grader", *map(str, arguments)], io.StringIO()
    with (
        chdir(cwd),
        patch.dict(os.environ, environment(**more), clear=True),
        patch.object(sys, "argv", line),
        zygotes_in_forks(),
        patch.object(sys, "stdin", io.StringIO()),  # at its end, as /dev/null is
        redirect_stdout(output),
        redirect_stderr(output),
        pytest.raises(SystemExit) as ended,
    ):
        copy_context().run(main)  # in a copy of the context: the next call may have another language
    return subprocess.CompletedProcess(line, ended.value.code, output.getvalue())


def forked_programs(folder):
    """Return a folder with the programs `grader` and `pytest`, which run in forks of a process that imported torch."""
    for name, program in {"grader": GRADER, "pytest": PYTEST}.items():
        write_files(folder, {name: f'#!/bin/sh\nexec {shlex.join(forked(program))} "$@"\n'})
        (folder / name).chmod(0o755)
    return folder


def unwrapped(text: str) -> str:
    """Return the text as it was before it was wrapped and aligned: in one line, with single blanks."""
    return " ".join(text.split())
