"""A function's points are shared by weight, in hundredths."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.course.points import share


@given(st.integers(0, 1000), st.lists(st.integers(0, 50), min_size=1, max_size=20).filter(any))
def test_shares_in_hundredths_add_up_and_are_less_than_a_hundredth_off(points, weights):
    parts = share(points, weights)
    assert sum(parts) == points
    for part, weight in zip(parts, weights, strict=True):
        assert (part * 100).denominator == 1
        assert abs(part - Fraction(points * weight, sum(weights))) < Fraction(1, 100)


@given(st.integers(1, 100), st.lists(st.integers(1, 9), min_size=2, max_size=9))
def test_a_larger_weight_never_gets_fewer_points(points, weights):
    by_weight = sorted(zip(weights, share(points, weights), strict=True))
    assert all(small[1] <= big[1] for small, big in pairwise(by_weight) if small[0] < big[0])


def test_the_first_gets_the_odd_hundredth():
    assert [float(part) for part in share(1, [1, 1, 1])] == [0.34, 0.33, 0.33]


@pytest.mark.parametrize("weights", [[0], [0, 0], [2, -1], [-1]])
def test_weights_that_add_up_to_zero_are_refused(weights):
    with pytest.raises(ValueError, match="weights"):
        share(1, weights)
