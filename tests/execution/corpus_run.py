"""Run the corpus of hostile submissions as a program, as one user at one level."""

import os
import subprocess

from tests.tools import ROOT

EVERYTHING = bool(os.environ.get("CI"))
"""Whether the corpus runs at both levels and as both users; it takes minutes."""


def run_corpus(command: list[str], level: str) -> None:
    """Run the corpus; its output is the message of a failure."""
    run = subprocess.run([*command, "-m", "tests.corpus", level], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "0 with problems" in run.stdout
