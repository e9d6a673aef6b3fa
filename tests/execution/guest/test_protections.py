"""The resource limits of a child respect a lower limit that the user, or the batch system of a cluster, has set."""

import subprocess
import sys

import pytest

from tests.tools import ROOT

pytest.importorskip("resource")

PROGRAM = """
import resource
from grader.execution.guest.limits.protections import MIB, Protections, address_space
hard = 4096 * MIB
resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
resource.setrlimit(resource.RLIMIT_CPU, (7, 7))
assert 0 < address_space() < hard
protections = Protections(frozenset({"limits"}), memory=8192, cpu=20)
protections.prepare(readable=(), writable=())
protections.restrict_calls()
assert resource.getrlimit(resource.RLIMIT_AS) == (hard, hard)
assert resource.getrlimit(resource.RLIMIT_CPU) == (7, 7)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the sandbox needs Linux")
def test_the_limits_of_a_child_never_exceed_a_hard_limit_of_the_user():
    run = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
