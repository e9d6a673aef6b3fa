"""Hidden experiments of exercise 4: conditions and loops."""

import torch
from torch import Tensor, nn

from grader import Given, experiment


def quotient(first, second):
    """Divide one loss by another, so that a constant factor cancels out; return a text if they are no numbers."""
    try:
        return float(first) / float(second)
    except (TypeError, ValueError, RuntimeError, ZeroDivisionError):
        return f"no quotient: {type(first).__name__} and {type(second).__name__}"


def direction(gradient):
    """Divide a gradient by its norm, so that a constant factor cancels out; any other value is returned unchanged."""
    return gradient / gradient.norm() if isinstance(gradient, Tensor) else gradient


@experiment(zh="d = 0 的元素不产生梯度，每一种 kind 都如此；其余元素不受影响。")
def no_slope_without_difference(piecewise_loss, given: Given):
    """Where d is 0 the gradient is 0, for every kind; the other elements are not affected."""
    target = given.tensor("target", 7)
    shift = given.tensor("shift", 7, low=0.8, high=1.2) * torch.tensor([0.0, 2.5, 0.0, -2.5, 0.25, 0.0, -0.25])
    output = given.keep("output", (target + shift).requires_grad_())
    observed = {}
    for kind, delta in [("l1", 1.0), ("huber", 1.5), ("smooth_l1", 0.5), ("smooth_l1", 0.0)]:
        loss = piecewise_loss(output, target, kind, delta)
        (slope,) = given.gradients(loss, output=output).values()
        observed[f"{kind}, delta {delta}: output.grad divided by its norm"] = direction(slope)
        output.grad = None
        observed[f"{kind}, delta {delta}, all equal"] = piecewise_loss(target, target, kind, delta)
    return observed


@experiment(zh="所有 |d| 都在 delta 以内，或者都超过 delta 时，损失也正确。")
def all_on_one_side(piecewise_loss, given: Given):
    """The loss is right when all |d| are within delta, and when all are beyond."""
    target = given.tensor("target", 2, 4)
    signs = torch.tensor([[1, 1, 1, -1], [1, 1, 1, 1]])
    inside = given.keep("inside", (target + signs * given.tensor("near", 2, 4, low=0.2, high=0.4)).requires_grad_())
    beyond = given.keep("beyond", (target + signs * given.tensor("far", 2, 4, low=0.75, high=0.95)).requires_grad_())
    of_inside, of_beyond = piecewise_loss(inside, target, "huber", 0.5), piecewise_loss(beyond, target, "huber", 0.5)
    return {
        "inside": of_inside,
        "beyond": of_beyond,
        **given.gradients(of_inside, inside=inside),
        **given.gradients(of_beyond, beyond=beyond),
        "smooth_l1 inside": piecewise_loss(inside.detach(), target, "smooth_l1", 0.5),
        "smooth_l1 beyond": piecewise_loss(beyond.detach(), target, "smooth_l1", 0.5),
    }


@experiment(zh="huber 的 delta ≤ 0，或 smooth_l1 的 delta < 0 时，抛出 ValueError；l1 接受任何 delta。")
def limits_of_delta(piecewise_loss, given: Given):
    """ValueError is raised for huber with delta <= 0 and for smooth_l1 with delta < 0; l1 accepts any delta."""
    target, sizes = given.tensor("target", 5), torch.tensor([2.0, -1.0, 1.5, 2.5, -0.5], dtype=torch.float64)
    output = given.keep("output", target + sizes * given.tensor("stretch", 5, low=0.8, high=1.2))
    of_halves = piecewise_loss(output / 2, target, "l1")
    return {
        "huber, delta 0": given.error(lambda: piecewise_loss(output, target, "huber", 0.0)),
        "huber, delta -1": given.error(lambda: piecewise_loss(output, target, delta=-1.0)),
        "smooth_l1, delta -0.001": given.error(lambda: piecewise_loss(output, target, "smooth_l1", -0.001)),
        "huber, delta 0.001 / of the halves": quotient(piecewise_loss(output, target, "huber", 0.001), of_halves),
        "smooth_l1, delta 0.001 / same": quotient(piecewise_loss(output, target, "smooth_l1", 0.001), of_halves),
        "l1, delta 0 / of the halves": quotient(piecewise_loss(output, target, "l1", 0.0), of_halves),
        "l1, delta -1 / of the halves": quotient(piecewise_loss(output, target, "l1", -1.0), of_halves),
    }


@experiment(zh="任意维数都对全部元素求平均；float32 的结果仍是 float32。", rtol=1e-5, atol=1e-6)
def any_rank_in_single_precision(piecewise_loss, given: Given):
    """At any rank the mean runs over all elements, and float32 stays float32."""
    output = given.tensor("output", 2, 3, 5, low=-3.0, high=3.0, dtype=torch.float32, requires_grad=True)
    target = given.tensor("target", 2, 3, 5, dtype=torch.float32)
    loss = piecewise_loss(output, target, "smooth_l1", 0.5)
    return {"loss": loss, **given.gradients(loss, output=output), "l1": piecewise_loss(output, target, "l1")}


@experiment(zh="任意形状都可以：零维、三维，以及没有元素的 (0,)。", rtol=1e-5)
def any_shape(newton_sqrt, given: Given):
    """Any shape works: zero-dim, 3-D, and (0,) without elements."""
    single, cube = (
        given.tensor("single", low=20.0, high=50.0, requires_grad=True),
        given.tensor("cube", 2, 1, 2, low=1.0, high=9.0),
    )
    of_single = newton_sqrt(single)
    return {
        "zero-dim": of_single,
        **given.gradients(of_single, single=single),
        "3-D": newton_sqrt(cube),
        "empty": newton_sqrt(torch.zeros(0, dtype=torch.float64)),
    }


@experiment(zh="变化量与元素自身的大小相比：像 1e-24 这样小的数也有同样多的有效数字。", rtol=1e-5, atol=1e-30)
def change_relative_to_size(newton_sqrt, given: Given):
    """The change of an element is compared with its own size: 1e-24 gets as many right digits as other numbers."""
    scales = torch.tensor([1e-24, 1.0, 1e6], dtype=torch.float64)
    a = given.keep("a", (given.tensor("base", 3, low=0.5, high=2.0) * scales).requires_grad_())
    root = newton_sqrt(a)
    alone = {
        "only a tiny number": newton_sqrt(a.detach()[:1]),
        "only a huge number": newton_sqrt(a.detach()[:1] * 1e48),
    }
    return {"root": root, **given.gradients(root, a=a), **alone}


@experiment(zh="起始值碰巧就是根时，结果仍依赖 a，梯度仍是 1/(2√a)。", rtol=1e-5)
def start_that_fits(newton_sqrt, given: Given):
    """Even if the start is already the root, the result depends on a, and the gradient is 1 / (2 sqrt(a))."""
    ones = given.keep("ones", torch.ones(2, dtype=torch.float64, requires_grad=True))
    four = given.keep("four", torch.full((), 4.0, dtype=torch.float64, requires_grad=True))
    other = given.tensor("other", 2, low=2.0, high=3.0, requires_grad=True)
    roots = [newton_sqrt(ones), newton_sqrt(four), newton_sqrt(other)]
    observed = {}
    for root, (name, a) in zip(roots, {"ones": ones, "four": four, "other": other}.items(), strict=True):
        observed |= {name: root, **given.gradients(root, **{name: a})}
    return observed


@experiment(zh="tol = 0 也许永远达不到：最迟在 max_iter 轮后，循环结束并返回当时的根。")
def loop_is_bounded(newton_sqrt, given: Given):
    """With tol 0, which may never be met, the loop ends after max_iter rounds at the latest, and returns the root."""
    a = given.tensor("a", 4, low=0.5, high=100.0, requires_grad=True)
    root = newton_sqrt(a, tol=0.0, max_iter=30)
    return {"root": root, **given.gradients(root, a=a)}


@experiment(zh="a 由别的张量算出时，梯度穿过平方根继续往回传。")
def link_in_a_chain(newton_sqrt, given: Given):
    """If a is the result of a computation, the gradient goes on through the root to the tensor that a came from."""
    base, weights = given.tensor("base", 4, requires_grad=True), given.tensor("weights", 4)
    offsets = torch.tensor([30.0, 300.0, 3e3, 3e4], dtype=torch.float64)
    loss = (newton_sqrt(base * base + offsets, 1e-12, 50) * weights).sum()
    return {"loss": loss, **given.gradients(loss, base=base)}


@experiment(zh="float32 的输入得到 float32 的根和梯度。", rtol=1e-5, atol=1e-6)
def single_precision(newton_sqrt, given: Given):
    """A float32 tensor gives float32 roots and gradients."""
    scales = torch.tensor([0.01, 1.0, 1e4])
    a = given.keep("a", (given.tensor("base", 3, low=0.5, high=2.0, dtype=torch.float32) * scales).requires_grad_())
    root = newton_sqrt(a, tol=1e-6)
    return {"root": root, **given.gradients(root, a=a)}


def keeping_layer(given: Given, size: int, factor: float) -> nn.Linear:
    """Return a linear layer that multiplies the norm of its input by about `factor`."""
    layer = given.fill(nn.Linear(size, size), scale=0.002)
    with torch.no_grad():
        layer.weight += factor * torch.eye(size, dtype=torch.float64).roll(1, 0)
    given.keep("layer.weight", layer.weight)
    given.keep("layer.bias", layer.bias)
    return layer


@experiment(zh="范数恰好等于 threshold 时不再替换：条件是“大于”。")
def exactly_at_the_threshold(repeat_until_small, given: Given):
    """If the norm equals the threshold, no further replacement is made."""
    layer = given.fill(nn.Linear(2, 2), keep=True)
    scale = 2.0 ** given.whole(0, 4)
    x = given.keep("x", torch.tensor([3.0, -4.0], dtype=torch.float64) * scale)
    h, steps = repeat_until_small(layer, x, 5.0 * scale, 4)
    below, below_steps = repeat_until_small(layer, x, 4.999999 * scale, 1)
    large, large_steps = repeat_until_small(layer, x * 64, 1.5, 4)  # after one tanh the norm is below sqrt(2)
    return {
        "h": h,
        "steps": steps,
        "threshold just below": below,
        "steps just below": below_steps,
        "large x": large,
        "steps of large x": large_steps,
    }


@experiment(zh="max_steps = 0 时一次也不替换，无论 x 多大；max_steps = 1 时至多一次。")
def none_or_one_allowed(repeat_until_small, given: Given):
    """With max_steps 0 nothing is replaced, however large x is; with 1 it happens at most once."""
    layer = given.fill(nn.Linear(3, 3), keep=True)
    x = given.tensor("x", 3, low=5.0, high=9.0, requires_grad=True)
    none, none_steps = repeat_until_small(layer, x, 0.01, 0)
    one, one_steps = repeat_until_small(layer, x, 0.01, 1)
    return {
        "h of 0": none,
        "steps of 0": none_steps,
        "h of 1": one,
        "steps of 1": one_steps,
        **given.gradients(one, x=x, weight=layer.weight),
    }


@experiment(zh="对一个批次，范数取自全部元素，而不是逐行或取最大的一个。")
def one_norm_for_the_batch(repeat_until_small, given: Given):
    """For a batch, the norm is that of all entries together, not of each row or of the largest entry."""
    layer = keeping_layer(given, 4, 0.95)
    sizes = torch.tensor([[1.6, 0, 0, 0], [1.6, 0, 0, 0], [0, 0.9, 0, 0], [0, 0, 1.6, 0]], dtype=torch.float64)
    x = given.keep("x", given.tensor("noise", 4, 4) * 0.002 + sizes)
    h, steps = repeat_until_small(layer, x, 1.01, 12)
    gradients = given.gradients(h, weight=layer.weight, bias=layer.bias)
    return {"h": h, "steps": steps, **gradients}


@experiment(zh="layer 可以是任何模块，每次都整个调用；再次调用函数时从新的 x 开始。")
def any_module(repeat_until_small, given: Given):
    """The layer may be any module, and is called as a whole each time; a second call starts from its own x."""
    layer = given.fill(nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 3), nn.Softplus()), keep=True)
    x = given.tensor("x", 3, low=0.5, high=2.0, requires_grad=True)
    first, first_steps = repeat_until_small(layer, x, 0.0, 4)
    second, second_steps = repeat_until_small(layer, x * 2, 0.0, 2)
    gradients = given.gradients(second, x=x, inner=layer[0].weight, outer=layer[2].bias)
    return {"first": first, "first steps": first_steps, "second": second, "second steps": second_steps, **gradients}
