"""Item analysis: statistics agree with textbooks, and they distinguish a faulty check from a hard one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from grader.reports.pages.check_statistics import compute_statistics, correlation, suspect_reason, upper_lower


def test_the_correlation_is_the_point_biserial_one_for_what_is_passed_or_not():
    rng = np.random.default_rng(1)
    rest = rng.normal(size=40)
    passed = (rest + rng.normal(size=40) > 0).astype(float)
    assert correlation(passed, rest) == pytest.approx(stats.pointbiserialr(passed, rest).statistic)


def test_a_function_is_not_correlated_with_itself():
    rng = np.random.default_rng(2)
    shares = rng.random((60, 2))
    first, second = compute_statistics(shares, np.array([100.0, 1.0]))
    expected = np.corrcoef(shares[:, 0], shares[:, 1])[0, 1]
    assert first.item_rest == pytest.approx(expected) and second.item_rest == pytest.approx(expected)


def test_upper_minus_lower_compares_the_best_and_the_worst_27_percent():
    rest = np.arange(100.0)
    assert upper_lower((rest >= 50).astype(float), rest) == 1.0
    assert upper_lower((rest < 50).astype(float), rest) == -1.0
    assert upper_lower((rest >= 86).astype(float), rest) == pytest.approx(14 / 27)


@given(arrays.arrays(float, 30, elements=st.integers(0, 3)), st.randoms(use_true_random=False))
def test_the_order_of_students_with_equal_scores_does_not_matter(rest, random):
    scores = np.linspace(0, 1, 30)
    order = random.sample(range(30), 30)
    assert upper_lower(scores, rest) == pytest.approx(upper_lower(scores[order], rest[order]))


def test_too_few_students_or_equal_scores_give_no_statistic():
    few = compute_statistics(np.array([[1.0, 0.0]] * 9), np.ones(2))[0]
    assert (few.difficulty, few.item_rest, few.upper_lower) == (1.0, None, None)
    alike = compute_statistics(np.full((50, 2), 0.5), np.ones(2))[0]
    assert (alike.difficulty, alike.item_rest, alike.upper_lower) == (0.5, None, None)
    assert compute_statistics(np.empty((0, 1)), np.ones(1))[0].difficulty is None


def test_a_student_without_a_total_counts_for_no_statistic():
    rng = np.random.default_rng(3)
    shares = rng.random((50, 3))
    with_fault = np.vstack([shares, [[1.0, np.nan, 0.0]] * 20])
    before, after = compute_statistics(shares, np.ones(3)), compute_statistics(with_fault, np.ones(3))
    assert before == after


@pytest.mark.parametrize(
    ("passed", "why"),
    [
        (np.zeros(5, bool), "all_fail"),
        (np.zeros(4, bool), ""),
        (np.arange(40) < 10, "backwards"),
        (np.arange(40) >= 38, ""),
        (np.arange(40) % 2 == 0, ""),
    ],
    ids=["all fail", "too few to say", "the worst pass", "hard, and the best pass", "no matter who"],
)
def test_a_faulty_check_is_distinguished_from_a_hard_one(passed, why):
    assert suspect_reason(passed, np.arange(float(len(passed))))[0] == why
