"""Wrong answers have the same fingerprint exactly if they fail the same checks in the same way."""

import numpy as np
import pytest

from grader.core.comparison import Tolerance
from grader.core.outcomes import Missing, NotAttempted, Observed, Raised, SourceLine, TimedOut
from grader.core.text import Text
from grader.core.values import Array, Opaque
from grader.experiments.declaration import Check
from grader.grading.verdicts.verdict import decide
from grader.grading.verdicts.wrong_answer_fingerprint import fingerprint

RANDOM = np.random.default_rng(3)
REFERENCE = {"x": Array.of(RANDOM.normal(size=(40, 5))), "kind": "leaf", "loss": 0.5}
WRONG = RANDOM.normal(size=(40, 5))


def check(name="first", **tolerance):
    return Check("f", name, Text(en="A claim."), False, 1, Tolerance(**tolerance), False)


def of(*outcomes, reference=REFERENCE, **tolerance):
    """Return the fingerprint of a function, from the outcome of each of its checks."""
    checks = [check(name, **tolerance) for name in ("first", "second", "third")]
    return fingerprint([decide(c, o, Observed(reference)) for c, o in zip(checks, outcomes, strict=False)])


def observed(**wrong):
    return Observed(REFERENCE | wrong)


RIGHT = Observed(REFERENCE)


@pytest.mark.parametrize("scale", [1e-300, 1e-3, 1.0, 1e6, 1e300])
def test_rounding_errors_do_not_split_a_group(scale):
    wrong = WRONG * scale
    prints = {
        of(observed(x=Array.of(wrong * (1 + RANDOM.uniform(-1e-15, 1e-15, wrong.shape)))), atol=0.0) for _ in range(200)
    }
    assert len(prints) == 1 and prints != {""}


@pytest.mark.parametrize("number", [1.0, -1.0, 2.0, 0.25, 1 / 1024, 3.0, 10.0, 0.1, 1e9])
def test_simple_numbers_do_not_lie_at_the_edge_of_a_cell(number):
    near = [number, *(float(np.nextafter(number, to)) for to in (-np.inf, np.inf)), number * (1 - 1e-14)]
    assert len({of(observed(loss=n)) for n in near}) == 1
    assert len({of(observed(x=Array.of(np.full((40, 5), n)))) for n in near}) == 1


def test_a_zero_with_rounding_errors_is_a_zero():
    assert of(observed(loss=0.0)) == of(observed(loss=1e-17)) == of(observed(loss=-1e-17)) != of(observed(loss=1e-3))


@pytest.mark.parametrize(
    "other",
    [WRONG * 2, -WRONG, WRONG.T, WRONG[::-1], WRONG + 1e-3, WRONG.astype("float32"), WRONG[:1]],
    ids=["twice", "sign", "shape", "order", "shift", "dtype", "rows"],
)
def test_other_wrong_numbers_make_another_fingerprint(other):
    assert of(observed(x=Array.of(other))) != of(observed(x=Array.of(WRONG)))


def test_one_other_entry_makes_another_fingerprint_and_nan_differs_from_infinity():
    prints = set()
    for entry in (0.0, 1.0, np.nan, np.inf, -np.inf):
        wrong = WRONG.copy()
        wrong[7, 2] = entry
        prints.add(of(observed(x=Array.of(wrong))))
    assert len(prints) == 5


def test_right_observations_do_not_change_the_fingerprint():
    assert of(observed(loss=1.0), RIGHT) == of(observed(loss=1.0)) != of(RIGHT, observed(loss=1.0))
    assert of(observed(loss=1.0), observed(loss=1.0)) != of(observed(loss=1.0))


def test_an_exception_counts_with_its_message_and_without_its_place_and_addresses():
    first = Raised("TypeError", "<object at 0x7f01> is no tensor", SourceLine(3, "x"))
    second = Raised("TypeError", "<object at 0x7fffff02> is no tensor", SourceLine(9, "yy"))
    assert of(first) == of(second) != ""
    assert of(first) != of(Raised("TypeError", "another")) != of(Raised("ValueError", "another"))
    assert of(observed(kind="a <f at 0x1>")) == of(observed(kind="a <f at 0x2>"))
    assert of(observed(kind=Opaque("a set"))) != of(observed(kind=Opaque("a generator"))) != of(observed(kind="a set"))


@pytest.mark.parametrize("value", [True, 10**40, None, (1.0, "a"), {"a": (1, 2)}, Array.of(np.array([1, 2]))], ids=str)
def test_every_kind_of_value_has_a_fingerprint(value):
    assert of(observed(loss=value)) not in ("", of(observed(loss=2.0)))


def test_rounding_errors_do_not_count_where_the_check_demands_more_than_they_allow():
    first, second, other = (of(observed(loss=n), rtol=0.0, atol=1e-12) for n in (1e9, 1e9 + 2e-7, 2e9))
    assert first == second != other


@pytest.mark.parametrize(
    "outcomes",
    [
        (RIGHT, RIGHT),
        (NotAttempted(), NotAttempted()),
        (Missing(), Missing()),
        (observed(loss=1.0), TimedOut(5.0)),
        (Raised("SyntaxError", "invalid syntax"),) * 2,
    ],
    ids=["right", "not started", "missing", "timed out", "syntax error"],
)
def test_an_answer_that_is_right_or_incomplete_has_no_fingerprint(outcomes):
    assert of(*outcomes) == ""


def test_many_single_values_are_compared_exactly_and_a_list_of_floats_counts_once():
    many = {str(number): number / 7 for number in range(3000)}
    nudged = many | {"1": many["1"] * (1 + 1e-15)}
    assert of(observed(loss=many)) == of(observed(loss=dict(many))) != of(observed(loss=nudged))
    numbers = tuple(number / 7 for number in range(1, 3000))
    assert of(observed(loss=numbers)) == of(observed(loss=tuple(n * (1 + 1e-15) for n in numbers)))
    assert of(observed(loss=numbers)) != of(observed(loss=numbers[::-1]))
