"""Run the corpus of hostile submissions as programs, as one user, one program for each level."""

import contextlib
import os
import subprocess
from collections.abc import Iterator, Sequence

from tests.tools import ROOT

EVERYTHING = bool(os.environ.get("CI"))
"""Whether the corpus runs at both levels and as both users; it takes minutes."""


@contextlib.contextmanager
def corpora(command: Sequence[str], levels: Sequence[str]) -> Iterator[dict[str, subprocess.Popen[str]]]:
    """Run the corpus at all levels at the same time: half of its time it waits for a limit, and uses no processor."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    programs = {level: subprocess.Popen([*command, "-m", "tests.corpus", level], cwd=ROOT, **pipes) for level in levels}
    try:
        yield programs
    finally:
        for program in programs.values():
            program.terminate()
            program.wait()


def require_no_problem(program: subprocess.Popen[str]) -> None:
    """Wait for a corpus; its output is the message of a failure."""
    output, _ = program.communicate()
    assert program.returncode == 0, output
    assert "0 with problems" in output
