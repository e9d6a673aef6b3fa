"""A hostile submission changes no verdict on its neighbors. `make neighbors` tries it with a hundred, ten times."""

import pytest

from tests.neighbors.neighborhood import WORST, busy_machine, grade_neighborhood, lost_points

pytestmark = pytest.mark.long


def test_honest_submissions_among_the_worst_get_full_marks(sandbox):
    with busy_machine(loops=2):
        honest = grade_neighborhood("auto", workers=2, worst=len(WORST), honest=3, time_limit=0.5)
    assert len(honest) == 3
    assert lost_points(honest) == []
