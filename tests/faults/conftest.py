"""The class that the trials of this folder grade: recorded once from the session's workers."""

import pytest

from tests.faults.classroom import Classroom

STUDENTS = 7


@pytest.fixture(scope="session")
def classroom(tmp_path_factory, pool):
    """A class of nine, recorded and graded once without a fault."""
    return Classroom(tmp_path_factory.mktemp("classroom"), pool, STUDENTS)
