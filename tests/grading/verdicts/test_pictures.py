"""Pictures of verdicts: drawn only if they explain more than words, and stored as small plain data."""

import math

import msgspec
import numpy as np
import pytest

from grader.core.comparison import Tolerance
from grader.core.outcomes import NotAttempted, Observed
from grader.core.text import Text
from grader.core.values import Array
from grader.course.goldens import read_golden
from grader.experiments.declaration import Check
from grader.grading.verdicts.heat_map import MAX_COLUMNS, MAX_ROWS, HeatMap
from grader.grading.verdicts.pictures import MAX_NODES, Chain, Curve, Picture, make_picture
from grader.grading.verdicts.verdict import decide
from tests.tools import TESTS

GOLDENS = sorted((TESTS.parent / "exercises" / "golden").glob("*.json"))


def picture(yours, expected, node_names=False, **tolerance):
    check = Check("step", "check", Text(en="claim", zh="主张"), False, 1, Tolerance(**tolerance), node_names)
    yours, expected = ({k: plain(v) for k, v in side.items()} for side in (yours, expected))
    return make_picture(decide(check, Observed(yours), Observed(expected)), Observed(expected))


def plain(value):
    if isinstance(value, tuple):
        return tuple(map(plain, value))
    return Array.of(value) if isinstance(value, np.ndarray) else value


def test_a_chain_of_nodes_shows_the_first_wrong_one():
    found = picture({"names": ("A", "B", "X")}, {"names": ("A", "B", "C", "D")}, node_names=True)
    assert found == Chain("names", ("A", "B", "X"), ("A", "B", "C", "D"), first_wrong=2, lengths=(3, 4))


def test_a_long_chain_is_shown_from_shortly_before_the_first_wrong_node():
    names = tuple(f"N{i}" for i in range(500))
    found = picture({"names": (*names[:300], "X", *names[301:])}, {"names": names}, node_names=True)
    assert (found.first_wrong, found.start, found.lengths) == (300, 298, (500, 500))
    assert found.expected == names[298 : 298 + MAX_NODES] and found.yours[2] == "X"


def test_a_chain_that_ends_too_early_differs_where_it_ends():
    found = picture({"names": ("A",)}, {"names": ("A", "B")}, node_names=True)
    assert (found.first_wrong, found.yours) == (1, ("A",))


def test_only_lists_of_node_names_are_drawn_as_a_chain():
    assert picture({"names": ("A", "B")}, {"names": ("A", "C")}) is None
    assert picture({"names": "(no list: str)"}, {"names": ("A", "C")}, node_names=True) is None
    assert picture({"names": ()}, {"names": ("A", "C")}, node_names=True) is None


def test_a_hostile_name_is_cut_and_shows_every_character():
    found = picture({"names": ("\u202eA\n" * 1000,)}, {"names": ("A",)}, node_names=True)
    assert len(found.yours[0]) == 60
    assert found.yours[0].startswith("�A�")


def test_a_value_after_several_steps_is_a_curve_of_the_entry_that_is_furthest_off():
    right = {f"p after step {n}": np.array([1.0, 2.0]) * n for n in (1, 2, 10)}
    mine = {name: values + np.array([0.1, -1.0]) * (index > 0) for index, (name, values) in enumerate(right.items())}
    assert picture(mine, right) == Curve("p[1]", (1, 2, 10), (2.0, 3.0, 19.0), (2.0, 4.0, 20.0), first_wrong=1)


def test_a_curve_leaves_out_nan_and_inf_and_sorts_the_steps():
    right = {f"step {n}": float(n) for n in (10, 9, 1)}
    found = picture({"step 10": math.nan, "step 9": math.inf, "step 1": 1.0}, right)
    assert found == Curve("step", (1, 9, 10), (1.0, None, None), (1.0, 9.0, 10.0), first_wrong=1)


def test_two_curves_that_no_eye_can_tell_apart_are_not_drawn():
    right = {f"step {n}": float(n) for n in range(20)}
    assert picture({name: value + 1e-3 for name, value in right.items()}, right) is None


def test_a_list_of_losses_is_a_curve_even_when_it_ends_early():
    found = picture({"history": (3.0, 2.0)}, {"history": (3.0, 2.0, 1.0)})
    assert found == Curve("history", (0, 1, 2), (3.0, 2.0), (3.0, 2.0, 1.0), first_wrong=2, listed=True)


def test_a_tensor_that_is_partly_right_is_a_map():
    right = np.array([[1.0, 2.0], [3.0, 4.0]])
    found = picture({"grad": right + np.array([[0.0, 5.0], [-2.0, math.nan]])}, {"grad": right})
    assert found.levels == ((0, 100), (-40, None))
    assert (found.wrong, found.total, found.shape) == (3, 4, (2, 2))
    assert (found.yours[0], found.expected[0]) == (("1", "7"), ("1", "2"))


def test_a_tensor_that_is_wrong_everywhere_is_no_map():
    right = np.arange(1.0, 9.0)
    assert picture({"grad": right * 2.5}, {"grad": right}) is None
    assert picture({"grad": right + right**2}, {"grad": right}) is None
    assert picture({"grad": right * 0}, {"grad": right}) is None


def test_a_tensor_inside_a_list_is_found_with_its_place():
    right = np.array([1.0, 2.0])
    found = picture({"grads": (right, right + np.array([0.0, 1.0]))}, {"grads": (right, right)})
    assert isinstance(found, HeatMap)
    assert found.where == "grads[1]"


def test_a_large_tensor_is_drawn_in_blocks_each_as_wrong_as_its_worst_entry():
    right = np.zeros((100, 200))
    mine = right.copy()
    mine[99, 199], mine[0, 0] = 3.0, -1e-3
    found = picture({"grad": mine}, {"grad": right})
    assert len(found.levels) <= MAX_ROWS and len(found.levels[0]) <= MAX_COLUMNS
    assert (found.levels[0][0], found.levels[-1][-1], found.block) == (-1, 100, (5, 8))
    assert sum(level != 0 for row in found.levels for level in row) == 2


def test_a_long_vector_goes_on_in_the_next_line():
    right = np.zeros(40)
    found = picture({"grad": right + np.eye(40)[39]}, {"grad": right})
    assert [len(row) for row in found.levels] == [28, 12]
    assert found.levels[1][11] == 100


@pytest.mark.parametrize(
    ("yours", "expected"),
    [
        ({"x": 1.0}, {"x": 2.0}),
        ({"x": np.array([1.0, 2.0])}, {"x": np.array([[1.0, 2.5]])}),
        ({"x": np.array([1, 2])}, {"x": np.array([1, 3])}),
        ({"x": np.array([1.0, 2.0])}, {"x": np.array([1.0, 2.0])}),
        ({}, {"x": np.array([1.0, 2.0])}),
        ({"x": np.array(1.0)}, {"x": np.array(2.0)}),
    ],
)
def test_a_difference_that_words_explain_as_well_is_not_drawn(yours, expected):
    assert picture(yours, expected) is None


def test_only_an_observation_is_drawn():
    check = Check("step", "check", Text(en="claim", zh="主张"), False, 1, Tolerance(), False)
    reference = Observed({"x": plain(np.array([1.0, 2.0]))})
    assert make_picture(decide(check, NotAttempted(), reference), reference) is None


def test_numbers_near_the_limit_of_float64_raise_no_error():
    right = np.array([1e308, -1e308, 5e-324, 0.0])
    assert picture({"x": right[[1, 0, 2, 3]]}, {"x": right}).levels == ((-100, 100, 0, 0),)
    steps = {f"step {n}": value for n, value in enumerate((1e308, -1e308, 0.0))}
    assert picture({**steps, "step 2": 1e308}, steps).yours == (1e308, -1e308, 1e308)


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: path.stem)
def test_pictures_of_all_known_mistakes_are_small_and_come_back_the_same_from_a_journal(path):
    golden, seen = read_golden(path), 0
    for function, mistakes in golden.mistakes.items():
        for outcomes in mistakes.values():
            for check_id, outcome in outcomes.items():
                check = Check(function, check_id, Text(en=""), False, 1, Tolerance(), path.stem == "ex3_graph")
                reference = golden.references[check_id]
                if found := make_picture(decide(check, outcome, reference), reference):
                    data = msgspec.json.encode(found)
                    assert len(data) < 3000
                    assert msgspec.json.decode(data, type=Picture) == found
                    seen += 1
    assert seen > 0
