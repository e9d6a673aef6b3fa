"""Fixture with the class that the tests of this folder grade. The session's workers run it once, for a recording."""

import pytest

from tests.faults.classroom import Classroom

STUDENTS = 7


@pytest.fixture(scope="session")
def classroom(tmp_path_factory, pool):
    """A class of STUDENTS + 2 students, which was recorded, and graded once without a fault."""
    return Classroom(tmp_path_factory.mktemp("classroom"), pool, STUDENTS)
