"""Comparison of observations: equal values, and the description of the first difference."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.core.comparison import (
    SMALL_ARRAY,
    Tolerance,
    find_differences,
    first_difference,
    format_value,
    tolerance_ratios,
    values_equal,
)
from grader.core.values import Array, Opaque

TOLERANCE = Tolerance()
NAN, INF = math.nan, math.inf


def array(*numbers, dtype="float64"):
    return Array.of(np.array(numbers, dtype=dtype))


EQUAL = [
    (1.0, 1.0),
    (1.0, 1.0 + 5e-8),
    (0.0, 5e-10),
    (NAN, NAN),
    (INF, INF),
    (True, True),
    (3, 3),
    ("a", "a"),
    (None, None),
    ((1, 2.0), (1, 2.0 + 1e-8)),
    ({"a": 1.0}, {"a": 1.0}),
    (array(1.0, NAN, -INF), array(1.0, NAN, -INF)),
    (array(1, 2, dtype="int64"), array(1, 2, dtype="int64")),
    (Array.of(np.zeros((0, 3))), Array.of(np.zeros((0, 3)))),
]
DIFFERENT = [
    (1.0, 1.0 + 5e-7),
    (0.0, 1e-8),
    (NAN, 1.0),
    (1.0, NAN),
    (INF, -INF),
    (INF, 1e308),
    (1.0, INF),
    (True, 1),
    (1, True),
    (False, 0.0),
    (1, 1.0),
    (1.0, 1),
    (None, False),
    ("1", 1),
    (2**62, 2**62 + 1),
    ((1, 2), (2, 1)),
    ((), None),
    ({"a": 1}, {"b": 1}),
    (array(1.0), 1.0),
    (array(1.0), array(1.0, dtype="float32")),
    (array(1, dtype="int64"), array(1.0)),
    (array(1, dtype="bool"), array(1, dtype="int64")),
    (array(NAN, 1.0), array(1.0, NAN)),
    (array(INF), array(-INF)),
    (array(2**62, dtype="int64"), array(2**62 + 1, dtype="int64")),
    (Opaque("a set"), Opaque("a set")),
    (Opaque("a set"), "a set"),
]


@pytest.mark.parametrize(("yours", "expected"), EQUAL, ids=map(str, range(len(EQUAL))))
def test_equal_values_have_no_difference(yours, expected):
    assert first_difference(yours, expected, TOLERANCE) is None


@pytest.mark.parametrize(("yours", "expected"), DIFFERENT, ids=map(str, range(len(DIFFERENT))))
def test_different_values_differ_by_more_than_the_tolerance(yours, expected):
    found = first_difference(yours, expected, TOLERANCE, ("x",))
    assert found is not None
    assert found.ratio > 1
    assert found.yours and found.expected


def test_the_first_differing_entry_is_named_with_its_index_and_the_count():
    yours, expected = np.zeros((2, 3)), np.zeros((2, 3))
    yours[1, 0], yours[1, 2] = 0.5, 2.0
    found = first_difference(Array.of(yours), Array.of(expected), TOLERANCE, ("x",))
    assert (found.where, found.yours, found.expected) == ("x[1, 0]", "0.5", "0")
    assert (found.count, found.total) == (2, 6)
    assert found.ratio == pytest.approx(2e9)


def test_numbers_that_look_alike_are_shown_with_enough_digits():
    found = first_difference(1.0 + 5e-7, 1.0, TOLERANCE, ("x",))
    assert (found.yours, found.expected) == ("1.0000005", "1")


@pytest.mark.parametrize("yours", [(1.0, 0), (True, 0.0), (1, 0), (1.0, False)], ids=str)
def test_a_sequence_of_equal_numbers_of_another_type_differs(yours):
    assert yours == (1.0, 0.0), "as Python compares them"
    assert first_difference(yours, (1.0, 0.0), TOLERANCE, ("list",)) is not None
    assert not values_equal(yours, (1.0, 0.0), TOLERANCE)


def test_the_first_differing_item_of_a_sequence_is_named():
    found = first_difference((1, (2, 3)), (1, (2, 4)), TOLERANCE, ("shapes",))
    assert (found.where, found.yours, found.expected) == ("shapes[1][1]", "3", "4")


def test_a_sequence_of_another_length_says_both_lengths():
    found = first_difference((1, 2, 3), (1, 2), TOLERANCE, ("x",))
    assert found.where == "len(x)"
    assert found.yours.startswith("3") and found.expected.startswith("2")


def test_shape_is_compared_before_dtype_and_dtype_before_numbers():
    assert first_difference(array(1.0, 2.0, dtype="float32"), array(1.0), TOLERANCE, ("x",)).where == "shape of x"
    assert first_difference(array(1.0, dtype="float32"), array(2.0), TOLERANCE, ("x",)).where == "dtype of x"


def test_a_wide_tolerance_accepts_a_difference_that_a_narrow_one_refuses():
    assert first_difference(1.01, 1.0, TOLERANCE) is not None
    assert first_difference(1.01, 1.0, Tolerance(rtol=0.1)) is None
    assert first_difference(array(1.01), array(1.0), Tolerance(rtol=0.1)) is None


def test_every_name_that_differs_is_reported_in_the_order_of_the_solution():
    found = find_differences({"b": 1.0, "new": 1}, {"a": 1.0, "b": 2.0}, TOLERANCE)
    assert [(d.name, d.yours, d.expected) for d in found] == [
        ("a", "nothing", "1"),
        ("b", "1", "2"),
        ("new", "1", "nothing"),
    ]


@pytest.mark.parametrize(
    ("yours", "passes"), [(0.0, True), (0.5, True), (0.6, False), (-INF, True), (INF, False), (NAN, False)]
)
def test_at_most_is_a_limit_and_replaces_the_reference(yours, passes):
    found = find_differences({"gap": yours}, {"gap": 0.25}, Tolerance(at_most={"gap": 0.5}))
    assert (not found) is passes
    assert passes or found[0].expected == "at most 0.5"


@pytest.mark.parametrize("yours", [0, True, "0", None, Opaque("a set"), array(0.0)])
def test_at_most_accepts_floats_only(yours):
    assert find_differences({"gap": yours}, {"gap": 0.25}, Tolerance(at_most={"gap": 0.5}))


def test_at_most_does_not_loosen_the_other_observations():
    assert find_differences({"gap": 0.1, "x": 1.0}, {"gap": 0.2, "x": 2.0}, Tolerance(at_most={"gap": 0.5}))


def test_an_empty_shape_is_a_difference_and_a_forged_one_is_no_array():
    empty = Array("float64", (2**20, 0), b"")
    assert first_difference(empty, array(1.0), TOLERANCE, ("x",)).where == "shape of x"
    assert format_value(empty)
    with pytest.raises(ValueError, match="too large"):
        Array("float64", (2**70, 0), b"")


@pytest.mark.parametrize("place", [("state",), ("state", "p")])
def test_the_keys_of_an_empty_dict_and_an_empty_text_can_be_seen(place):
    found = first_difference({}, {"lr": 0.1, "step": 1}, TOLERANCE, place)
    assert (found.yours, found.expected) == ("{}", "lr, step")
    assert first_difference({"lr": 0.1}, {}, TOLERANCE, place).expected == "{}"
    assert first_difference("", "sgd", TOLERANCE, place).yours == "''"


@pytest.mark.parametrize(
    "value",
    ["x" * 10_000, tuple(range(10_000)), {str(i): i for i in range(1000)}, Opaque("a " + "x" * 10_000)],
    ids=["text", "sequence", "mapping", "opaque"],
)
def test_a_long_value_is_shown_short(value):
    assert len(format_value(value)) <= 100


def test_a_difference_of_many_keys_is_shown_short():
    found = first_difference({f"key {i}": 1 for i in range(10_000)}, {"a": 1}, TOLERANCE, ("x",))
    assert len(found.yours) <= 100


numbers = st.sampled_from([0.0, 1.0, 1.0 + 5e-8, 1.0 + 1.5e-7, 5e-10, -1e300, NAN, INF, -INF])
pairs = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=SMALL_ARRAY // 4)


@given(pairs)
def test_small_arrays_are_compared_by_the_same_rule_as_large_ones(pairs):
    yours, expected = (np.array(side) for side in zip(*pairs, strict=True))
    right = bool((tolerance_ratios(yours, expected, TOLERANCE) <= 1).all())
    assert (first_difference(Array.of(yours), Array.of(expected), TOLERANCE) is None) == right


values = st.recursive(
    st.one_of(numbers, st.booleans(), st.integers(0, 1), st.sampled_from(["a", "b"]), st.none(), st.just(Opaque("x")))
    | st.lists(numbers, max_size=3).map(lambda items: array(*items)),
    lambda inner: st.lists(inner, max_size=2).map(tuple) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)


@given(values, values)
def test_values_are_equal_if_and_only_if_there_is_no_difference(one, other):
    assert values_equal(one, other, TOLERANCE) == (first_difference(one, other, TOLERANCE) is None)


def test_a_tolerance_of_zero_accepts_only_the_same_numbers():
    exact = Tolerance(rtol=0.0, atol=0.0)
    assert (exact.ratio(0.5, 0.5), exact.ratio(0.5, 0.25), exact.ratio(0.0, 0.0)) == (0.0, INF, 0.0)
    many = [0.5] * (SMALL_ARRAY + 1)
    for right in (0.5, array(0.5, 0.0), array(*many)):
        assert first_difference(right, right, exact) is None and values_equal(right, right, exact)
    assert first_difference(array(0.5, 1e-300), array(0.5, 0.0), exact).ratio == INF
    difference = first_difference(array(*many, 0.0), array(*many, 1e-300), exact)
    assert (difference.ratio, difference.count) == (INF, 1)
