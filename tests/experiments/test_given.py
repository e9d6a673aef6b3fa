"""`Given`: the seed decides all inputs, a changed input is reported, and observations say what they should."""

import math
import warnings

import hypothesis
import numpy as np
import pytest
import torch
from hypothesis import strategies as st

from grader.experiments.declaration import PUBLIC_SEED
from grader.experiments.given import EXACT_NORMAL, EXACT_STEPS, MAX_EXACT, Given
from tests.tools import import_or_skip

EXACT_X = [[-0.75, -2.5, -0.5], [2.0, -1.25, -1.5]]
EXACT_P = [-1.75, -3.0]


@pytest.fixture
def given():
    return Given(1, "f::check")


def draw(given):
    return [
        given.tensor("a", 2, 3),
        given.tensor("b", 2, low=5.0, high=6.0),
        given.integers("c", 0, 10, 4),
        given.array("d", 3),
        given.number(0.0, 1.0),
        given.whole(0, 1000),
        torch.rand(2, generator=given.generator()),
        *given.mlp(2, 3, 1).parameters(),
        *(p.grad for p in given.parameters((2,), (3, 1))),
    ]


def same(left, right):
    return all(
        np.array_equal(torch.as_tensor(a).detach(), torch.as_tensor(b).detach())
        for a, b in zip(left, right, strict=True)
    )


def test_the_same_seed_and_check_give_the_same_numbers(given):
    torch.manual_seed(5)
    first = draw(given)
    torch.manual_seed(6)
    assert same(first, draw(Given(1, "f::check")))


@pytest.mark.parametrize(("seed", "name"), [(2, "f::check"), (1, "f::other"), (1, "g::check")])
def test_another_seed_or_check_gives_other_numbers(given, seed, name):
    assert not torch.equal(given.tensor("a", 3), Given(seed, name).tensor("a", 3))


def test_the_numbers_are_those_of_pcg64_and_stay_so_forever():
    assert Given(1, "f::g").tensor("x", 3).tolist() == pytest.approx(
        np.random.Generator(np.random.PCG64([1, 0xE08A3D07])).standard_normal(3).tolist(), rel=0
    )


def test_the_exact_numbers_of_the_public_seed_stay_the_same_forever():
    given = Given(PUBLIC_SEED, "f::g")
    assert given.tensor("x", 2, 3).tolist() == EXACT_X
    assert given.number(0.02, 0.1) == 0.0625
    assert given.parameters((2,))[0].tolist() == EXACT_P


bounds = st.tuples(st.floats(-1e3, 1e3), st.floats(0.01, 1e3)).map(lambda pair: (pair[0], pair[0] + pair[1]))
shapes = st.lists(st.integers(1, 6), max_size=3).filter(lambda shape: math.prod(shape) <= MAX_EXACT)


def multiples(low, high, step):
    """The nonzero multiples of a step in [low, high)."""
    found = np.arange(math.ceil(low / step), math.ceil(high / step)) * step
    return found[found != 0]


@hypothesis.given(bounds, shapes, st.integers(0, 99))
def test_a_small_draw_at_the_public_seed_is_exact(bounds, shape, check):
    low, high = bounds
    given, count = Given(PUBLIC_SEED, f"f::{check}"), math.prod(shape)
    drawn = given.tensor("x", *shape, low=low, high=high).flatten().numpy()
    sizes = {step: np.unique(np.abs(multiples(low, high, step))) for step in EXACT_STEPS}
    step = next((step for step in EXACT_STEPS if len(sizes[step]) >= count), EXACT_STEPS[-1])
    if not len(sizes[step]):
        assert given.inexact == [f"x in [{low:g}, {high:g})"]
        return
    assert given.inexact == []
    assert np.all((drawn >= low) & (drawn < high) & (drawn != 0))
    assert np.all(drawn % step == 0)
    if len(sizes[step]) >= count:
        assert len(set(np.abs(drawn))) == count


@hypothesis.given(shapes, st.integers(0, 99))
def test_small_normal_draws_at_the_public_seed_are_multiples_of_a_quarter_or_an_eighth(shape, check):
    given, count = Given(PUBLIC_SEED, f"f::{check}"), math.prod(shape)
    (parameter,) = given.parameters(tuple(shape))
    for drawn in (given.tensor("x", *shape), given.array("a", *shape), parameter.detach(), parameter.grad):
        numbers = np.asarray(drawn).flatten()
        assert np.all(numbers % (0.25 if count <= 12 else 0.125) == 0)
        assert np.all((np.abs(numbers) > 0) & (np.abs(numbers) <= EXACT_NORMAL))
        assert len(set(np.abs(numbers))) == count


@hypothesis.given(bounds, shapes, st.integers(1, 99))
def test_at_another_seed_the_numbers_are_generic(bounds, shape, seed):
    low, high = bounds
    given, rng = Given(seed, "f::g"), np.random.Generator(np.random.PCG64([seed, 0xE08A3D07]))
    assert np.array_equal(given.tensor("x", *shape, low=low, high=high), rng.uniform(low, high, shape))
    assert np.array_equal(given.array("a", *shape), rng.standard_normal(shape))
    assert given.number(low, high) == rng.uniform(low, high)
    assert given.inexact == []


def test_larger_draws_nets_and_narrow_ranges_are_generic_at_the_public_seed():
    given = Given(PUBLIC_SEED, "f::g")
    large, narrow = given.tensor("large", 5, 5), given.tensor("narrow", 3, low=1e-8, high=4e-8)
    for numbers in (large, narrow, given.mlp(2, 2)[0].weight.detach()):
        assert torch.any(numbers % EXACT_STEPS[-1] != 0)
    assert given.inexact == ["narrow in [1e-08, 4e-08)"]


def test_draws_of_one_experiment_share_no_number_while_there_are_enough():
    given = Given(PUBLIC_SEED, "f::g")
    x, y = given.tensor("x", 5), given.tensor("y", 7)
    assert len({*x.abs().tolist(), *y.abs().tolist()}) == 12
    assert given.tensor("z", 12).shape == (12,)


def test_inputs_have_the_requested_dtype_range_and_shape(given):
    x = given.tensor("x", 100, low=2.0, high=3.0, dtype=torch.float32, requires_grad=True)
    assert (x.dtype, x.requires_grad, x.is_leaf) == (torch.float32, True, True)
    assert x.min() >= 2.0 and x.max() < 3.0
    assert given.tensor("y").dtype == torch.float64
    assert given.tensor("y").shape == ()
    n = given.integers("n", 3, 5, 50)
    assert (n.dtype, set(n.tolist())) == (torch.int64, {3, 4})
    assert all(p.dtype == torch.float64 for p in given.mlp(2, 2).parameters())
    assert given.lenet()(given.tensor("image", 1, 1, 32, 32)).shape == (1, 10)


def test_parameters_have_random_gradients_unless_grads_is_false(given):
    (with_grad,), (without,) = given.parameters((2, 2)), given.parameters((2, 2), grads=False)
    assert with_grad.grad is not None and not torch.equal(with_grad.grad, with_grad)
    assert without.grad is None


def test_digits_are_disjoint_and_scaled(given):
    import_or_skip("sklearn")
    x, y, more_x, more_y = given.digits(30, 20)
    assert (x.shape, y.shape, more_x.shape, more_y.shape) == ((30, 64), (30,), (20, 64), (20,))
    assert x.min() >= 0.0 and x.max() <= 1.0
    assert not {tuple(row) for row in x.tolist()} & {tuple(row) for row in more_x.tolist()}


def test_untouched_inputs_are_not_reported_as_changed(given):
    draw(given)
    assert given.watches
    assert given.changed() == ()


CHANGES = {
    "its values": (lambda x: x.add_(1.0), "x: its values changed"),
    "one value": (lambda x: x.__setitem__((0, 1), 9.0), "x: its values changed"),
    "its shape": (lambda x: x.resize_(3, 2), "x: its shape changed"),
    "requires_grad": (lambda x: x.requires_grad_(), "x: requires_grad changed"),
    "its dtype": (lambda x: setattr(x, "data", x.data.float()), "x: its dtype changed"),
}


@pytest.mark.parametrize(("change", "message"), CHANGES.values(), ids=CHANGES.keys())
def test_a_changed_argument_is_reported(given, change, message):
    x, y = given.tensor("x", 2, 3), given.tensor("y", 2)
    change(x)
    assert given.changed() == (message,)
    assert y.shape == (2,)


def test_a_leaf_that_became_a_result_is_reported(given):
    x = given.tensor("x", 2, requires_grad=True)
    with torch.no_grad():
        x.requires_grad_(False)
    x.mul_(torch.ones(2, dtype=torch.float64, requires_grad=True))
    assert given.changed() != ()


def test_an_input_that_may_change_is_not_reported(given):
    given.tensor("x", 2, may_change=True).zero_()
    assert not given.watches
    assert given.changed() == ()


def test_changed_integers_arrays_views_and_parameters_are_reported(given):
    n, a, net = given.integers("n", 0, 9, 3), given.array("a", 3), given.mlp(2, 1, keep=True)
    view = given.keep("view", given.tensor("base", 2, 3, may_change=True).T)
    n[0] += 1
    a[0] += 1
    view[0, 0] += 1
    with torch.no_grad():
        net[0].bias.zero_()
    assert [message.partition(":")[0] for message in given.changed()] == ["n", "a", "0.bias", "view"]


def raiser(error):
    def call():
        raise error

    return call


class _OwnError(ValueError):
    pass


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (raiser(ValueError("x")), "ValueError"),
        (raiser(_OwnError("x")), "ValueError"),
        (raiser(TypeError("x")), "TypeError"),
        (lambda: 1, "no error"),
    ],
)
def test_error_returns_the_class_of_the_exception(call, kind):
    assert Given.error(call) == kind


@pytest.mark.parametrize("error", [NotImplementedError("f"), KeyboardInterrupt(), SystemExit()])
def test_error_does_not_catch_a_stub_or_the_end_of_the_process(error):
    with pytest.raises(type(error)):
        Given.error(raiser(error))


def test_only_user_warnings_are_collected():
    with Given.warnings_seen() as seen:
        warnings.warn("first", UserWarning, stacklevel=1)
        warnings.warn("first", UserWarning, stacklevel=1)
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    assert seen == ["first", "first"]


def test_gradients_are_those_of_each_leaf(given):
    x, y = given.tensor("x", 3, requires_grad=True), given.tensor("y", requires_grad=True)
    found = given.gradients((x**2).sum() * 1.0, x=x, y=y)
    assert torch.allclose(found["x.grad"], 2 * x.detach())
    assert found["y.grad"] is None


def test_a_result_of_many_entries_is_summed_first(given):
    x = given.tensor("x", 3, requires_grad=True)
    assert torch.equal(given.gradients(3 * x, x=x)["x.grad"], torch.full((3,), 3.0, dtype=torch.float64))


@pytest.mark.parametrize(
    ("result", "word"), [(1.0, "float is not a tensor"), (None, "NoneType"), (torch.ones(2), "no graph")]
)
def test_a_result_without_a_graph_is_observed_as_such(given, result, word):
    assert word in given.gradients(result, x=given.tensor("x", 2, requires_grad=True))["x.grad"]


def test_flags_distinguish_plain_tensors_leaves_and_results():
    leaf = torch.ones(2, requires_grad=True)
    flags = [Given.flags(thing) for thing in (torch.ones(2), leaf, leaf * 2, 1.0)]
    assert flags == ["plain", "leaf that requires grad", "result with a graph", "float, no tensor"]
