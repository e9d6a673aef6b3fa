"""`Given`: the seed decides all inputs, a changed input is reported, and observations say what they should."""

import warnings

import numpy as np
import pytest
import torch

from grader.experiments.given import Given


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
    assert Given(0, "f::g").tensor("x", 3).tolist() == pytest.approx(
        np.random.Generator(np.random.PCG64([0, 0xE08A3D07])).standard_normal(3).tolist(), rel=0
    )


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
    pytest.importorskip("sklearn")
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
