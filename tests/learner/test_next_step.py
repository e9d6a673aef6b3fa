"""The rule by which `progress`, `watch`, pytest and `check` choose a learner's next step, on statuses of checks."""

import pytest

from grader.learner.next_step import rank_check, rank_function

STUB = ["not_attempted", "not_attempted"]
HALF = ["not_attempted", "passed"]
WRONG = ["passed", "failed"]
DELETED = ["missing", "missing"]
OTHER_TORCH = ["grader_fault", "passed"]
DONE = ["passed", "passed"]


@pytest.mark.parametrize("first, second", [(HALF, STUB), (WRONG, STUB), (DELETED, STUB), (STUB, OTHER_TORCH)])
def test_a_begun_function_is_next_before_a_stub_and_both_before_a_finished_function(first, second):
    assert rank_function(first) < rank_function(second) < rank_function(DONE)


def test_among_begun_functions_the_order_of_the_course_decides():
    assert rank_function(HALF) == rank_function(WRONG) == rank_function(["timed_out", "not_attempted"])


def test_a_check_that_fails_comes_before_one_without_an_answer():
    statuses = ["passed", "grader_fault", "not_attempted", "raised"]
    assert sorted(statuses, key=rank_check) == statuses[::-1]
