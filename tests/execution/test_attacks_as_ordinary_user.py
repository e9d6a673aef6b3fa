"""Run the hostile submissions of `test_attacks` as an ordinary user.

They have their own file so that two processes of pytest can run both files at once. They are the longest tests.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from grader.execution.host.sandbox_levels import package_folders
from tests.execution.corpus_run import EVERYTHING, corpora, require_no_problem
from tests.tools import ROOT, unavailable

LEVELS = ["full", "core"]
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        not EVERYTHING or os.name != "posix" or os.geteuid() != 0,
        reason="needs root, to become an ordinary user; runs in CI",
    ),
]

ORDINARY = 54321
"""A user id that nobody has."""


def as_ordinary_user(python: str) -> list[str]:
    """Return the command that runs Python as a user without any rights."""
    ids = ["--reuid", str(ORDINARY), "--regid", str(ORDINARY), "--clear-groups"]
    path = os.pathsep.join([str(ROOT), *package_folders()])
    return ["setpriv", *ids, "env", "HOME=/nonexistent", f"PYTHONPATH={path}", "PYTHONDONTWRITEBYTECODE=1", python]


def python_for_everybody() -> str | None:
    """Return a Python of this version that an ordinary user may run; root's own may be below /root."""
    for python in (sys.executable, f"/usr/bin/python{sysconfig.get_python_version()}"):
        attempt = [*as_ordinary_user(python), "-c", "import torch, msgspec, grader"]
        if Path(python).exists() and subprocess.run(attempt, capture_output=True, check=False).returncode == 0:
            return python
    return None


@pytest.fixture(scope="module")
def programs():
    assert shutil.which("setpriv"), "install util-linux"
    python = python_for_everybody()
    if python is None:
        unavailable("no Python here that an ordinary user may run with these packages")
    with corpora(as_ordinary_user(python), LEVELS) as programs:
        yield programs


@pytest.mark.parametrize("level", LEVELS)
def test_no_attack_reaches_its_goal_for_an_ordinary_user(programs, level):
    require_no_problem(programs[level])
