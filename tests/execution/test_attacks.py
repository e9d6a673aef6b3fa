"""Hostile submissions, with all canaries: nothing leaks, no result is forged, the next submission is unaffected.

On a developer's machine, the submissions run at the best level of the machine, as the user who runs the tests. In CI
they run at both levels, as root and as an ordinary user (`test_attacks_as_ordinary_user`).
"""

import sys

import pytest

from tests.execution.corpus_run import EVERYTHING, corpora, require_no_problem

LEVELS = ["full", "core"] if EVERYTHING else ["auto"]
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the sandbox needs Linux"),
]


@pytest.fixture(scope="module")
def programs():
    with corpora([sys.executable], LEVELS) as programs:
        yield programs


@pytest.mark.parametrize("level", LEVELS)
def test_no_attack_reaches_its_goal(programs, level):
    require_no_problem(programs[level])
