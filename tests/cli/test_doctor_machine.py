"""`grader doctor --machine` says first which sandbox level grading takes here, and lists all levels on request."""

import sys

import pytest

from tests.tools import grader_in_process

pytestmark = pytest.mark.long


def test_the_verdict_comes_first_and_the_other_levels_only_on_request(tmp_path):
    short = grader_in_process("doctor", "--machine", cwd=tmp_path)
    verdict = short.stdout.splitlines()[0]
    assert verdict.startswith("--sandbox auto picks: ")
    assert short.returncode == (verdict.rpartition(" ")[2] not in ("full", "core"))
    assert "landlock" not in short.stdout and "grader doctor --machine --details" in short.stdout
    long = grader_in_process("doctor", "--machine", "--details", cwd=tmp_path)
    assert long.returncode == short.returncode
    assert long.stdout.splitlines()[0] == verdict
    assert {"full", "core", "weak"} <= {line.split()[0] for line in long.stdout.splitlines() if line}


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_on_other_systems_the_answer_is_that_the_sandbox_needs_linux(system, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "platform", system)
    done = grader_in_process("doctor", "--machine", cwd=tmp_path)
    assert done.returncode == 1
    assert "Linux" in done.stdout and "Traceback" not in done.stdout
