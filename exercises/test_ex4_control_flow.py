"""Public experiments of exercise 4: conditions and loops."""

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from grader import Given, exercise, experiment

exercise(
    en="Conditions and loops",
    zh="条件语句与循环语句",
    points={"piecewise_loss": 3, "newton_sqrt": 3, "repeat_until_small": 3},
)


def dtype_of(result):
    """Return the dtype of a result as a text; "None" if the result has no dtype."""
    return str(getattr(result, "dtype", None))


def quotient(first, second):
    """Divide one loss by another, so that a constant factor cancels out; return a text if they are no numbers."""
    try:
        return float(first) / float(second)
    except (TypeError, ValueError, RuntimeError, ZeroDivisionError):
        return f"no quotient: {type(first).__name__} and {type(second).__name__}"


@experiment(zh="不写 kind 和 delta 时，损失是 delta = 1 的 huber：每个元素按自己的 |d| 选公式。")
def each_element_decides(piecewise_loss, given: Given):
    """By default the loss is huber with delta = 1: each element chooses its formula by its own |d|."""
    output = given.tensor("output", 4, 5, low=-4.0, high=4.0, requires_grad=True)
    loss = piecewise_loss(output, given.tensor("target", 4, 5))
    sizes = torch.tensor([[0.25, -0.5, 0.75], [-0.25, 2.0, 0.5]], dtype=torch.float64)
    target = given.tensor("near target", 2, 3)
    near = given.keep("near", target + sizes * given.tensor("stretch", 2, 3, low=0.8, high=1.2))
    return {"loss": loss, **given.gradients(loss, output=output), "one large |d|": piecewise_loss(near, target)}


@experiment(zh="delta 不等于 1 时，huber 与 smooth_l1 的结果不同；l1 与 delta 无关。")
def kinds_at_other_deltas(piecewise_loss, given: Given):
    """With delta other than 1, huber and smooth_l1 follow different formulas; l1 does not depend on delta."""
    target, sizes = given.tensor("target", 3, 6), torch.linspace(-3.5, 3.5, 18, dtype=torch.float64).reshape(3, 6)
    output = given.keep("output", target + sizes * given.tensor("stretch", 3, 6, low=0.8, high=1.2))
    return {
        "delta 0.5 alone": piecewise_loss(output, target, delta=0.5),
        "huber, delta 2.5": piecewise_loss(output, target, "huber", 2.5),
        "smooth_l1, delta 2.5": piecewise_loss(output, target, "smooth_l1", 2.5),
        "huber, delta 0.25": piecewise_loss(output, target, kind="huber", delta=0.25),
        "smooth_l1, delta 0.25": piecewise_loss(output, target, kind="smooth_l1", delta=0.25),
        "l1, delta 2.5": piecewise_loss(output, target, "l1", 2.5),
        "l1": piecewise_loss(output, target, kind="l1"),
    }


@experiment(zh="delta = 0 的 smooth_l1 就是 l1，损失与梯度都有限。")
def smooth_l1_without_delta(piecewise_loss, given: Given):
    """With delta 0, smooth_l1 is l1: the loss and its gradient are finite and right."""
    output = given.tensor("output", 5, requires_grad=True)
    loss = piecewise_loss(output, given.tensor("target", 5), kind="smooth_l1", delta=0.0)
    return {"loss": loss, **given.gradients(loss, output=output)}


@experiment(zh="d = 0 处的梯度为 0，其余元素不受影响；任意维数都可以；float32 的结果仍是 float32。")
def zero_differences(piecewise_loss, given: Given):
    """Where d is 0, the gradient is 0; tensors of any rank are accepted; a float32 loss is float32."""
    target = given.tensor("target", 5, 1)
    shift = given.tensor("shift", 5, 1, low=0.8, high=1.2) * torch.tensor([[0.0], [2.5], [-2.5], [0.25], [0.0]])
    output = given.keep("output", (target + shift).requires_grad_())
    loss = piecewise_loss(output, target, "l1")
    single, equal = given.tensor("single"), piecewise_loss(target, target, "huber", 0.75)
    return {
        "loss": loss,
        **given.gradients(loss, output=output),
        "smooth_l1": piecewise_loss(output, target, "smooth_l1", 1.5),
        "all equal": equal,
        "zero-dim": piecewise_loss(single, single + 4, "huber", 0.75),
        "dtype of float32": dtype_of(piecewise_loss(output.float(), target.float())),
    }


@experiment(zh="huber 的 delta ≤ 0，或 smooth_l1 的 delta < 0 时，抛出 ValueError；l1 接受任何 delta。")
def delta_must_fit(piecewise_loss, given: Given):
    """ValueError is raised for huber with delta <= 0 and for smooth_l1 with delta < 0; l1 accepts any delta."""
    output, target = given.tensor("output", 3), given.tensor("target", 3)
    of_halves = piecewise_loss(output / 2, target, "l1")
    return {
        "huber, delta 0": given.error(lambda: piecewise_loss(output, target, "huber", 0.0)),
        "huber, delta -0.5": given.error(lambda: piecewise_loss(output, target, delta=-0.5)),
        "smooth_l1, delta -0.25": given.error(lambda: piecewise_loss(output, target, "smooth_l1", -0.25)),
        "l1, delta 0 / of the halves": quotient(piecewise_loss(output, target, "l1", 0.0), of_halves),
        "l1, delta -0.5 / of the halves": quotient(piecewise_loss(output, target, "l1", -0.5), of_halves),
    }


@experiment(zh="形状不同（即使能广播）或 kind 未知时抛出 ValueError。")
def shapes_and_kinds_are_checked(piecewise_loss, given: Given):
    """Different shapes, even those that could be broadcast, and unknown kinds raise ValueError."""
    flat, column = given.tensor("flat", 4), given.tensor("column", 4, 1)
    of_halves = piecewise_loss(flat, flat / 2, "l1")
    return {
        "(4,) with (4, 1)": given.error(lambda: piecewise_loss(flat, column)),
        "(4, 1) with (1, 1), l1": given.error(lambda: piecewise_loss(column, column[:1], "l1")),
        "(4,) with (2, 2), smooth_l1": given.error(lambda: piecewise_loss(flat, flat.reshape(2, 2), "smooth_l1", 0.5)),
        "(4,) with (4, 1), smooth_l1, delta 0": given.error(lambda: piecewise_loss(flat, column, "smooth_l1", 0.0)),
        "'l2'": given.error(lambda: piecewise_loss(flat, flat, "l2")),
        "'Huber'": given.error(lambda: piecewise_loss(flat, flat, kind="Huber")),
        "equal shapes, quotient": quotient(piecewise_loss(column, column.flip(0), "l1"), of_halves),
    }


@experiment(zh="结果是逐元素的平方根，a 的梯度是 1/(2√a)，都有十位有效数字。", rtol=1e-11, atol=1e-12)
def root_and_gradient(newton_sqrt, given: Given):
    """The result is the square root of every element, and a.grad is 1 / (2 sqrt(a)), both to ten digits."""
    scales = torch.tensor([[25.0, 60.0, 12.0, 0.1], [1000.0, 1500.0, 2200.0, 3300.0]], dtype=torch.float64)
    a = given.keep("a", (given.tensor("base", 2, 4, low=0.9, high=1.1) * scales).requires_grad_())
    root = newton_sqrt(a)
    return {"root": root, **given.gradients(root, a=a)}


@experiment(zh="同一个张量里既有很大的数也有很小的数时，循环要等到每个元素都收敛。", rtol=1e-5)
def large_and_small_together(newton_sqrt, given: Given):
    """With large and small numbers in one tensor, the loop goes on until every element has converged."""
    scales = torch.tensor([1e4, 1e8, 1e-6, 1.0, 1.0], dtype=torch.float64)
    a = given.keep("a", (given.tensor("base", 5, low=0.5, high=2.0) * scales).requires_grad_())
    root = newton_sqrt(a)
    settled = ((root * root / a - 1).abs() < 1e-3).tolist()
    return {"root": root, "root * root is about a": settled, **given.gradients(root, a=a)}


@experiment(zh="变化量与元素自身的大小相比：很小的数也有同样多的有效数字。", rtol=1e-5, atol=1e-30)
def relative_to_its_size(newton_sqrt, given: Given):
    """The change of an element is compared with its own size: tiny numbers get as many right digits as large ones."""
    scales = torch.tensor([1e4, 1e-22, 1.0], dtype=torch.float64)
    a = given.keep("a", (given.tensor("base", 3, low=0.5, high=2.0) * scales).requires_grad_())
    root = newton_sqrt(a)
    tiny, huge = newton_sqrt(a.detach()[1:2]), newton_sqrt(a.detach()[1:2] * 1e44)
    return {"root": root, **given.gradients(root, a=a), "only a tiny number": tiny, "only a huge number": huge}


@experiment(zh="tol = 0 也许永远达不到：最迟在 max_iter 轮后，循环结束并返回当时的根。")
def ends_after_max_iter(newton_sqrt, given: Given):
    """With tol 0, which may never be met, the loop ends after max_iter rounds at the latest, and returns the root."""
    a = given.tensor("a", 5, low=0.5, high=90.0, requires_grad=True)
    root = newton_sqrt(a, tol=0.0, max_iter=25)
    return {"root": root, **given.gradients(root, a=a)}


class DivisionCounter(TorchDispatchMode):
    """Counts divisions by a tensor while it is active: each round of Newton's iteration needs one division."""

    def __init__(self) -> None:
        super().__init__()
        self.divisions = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """Run an operation of torch, and count it if it divides by a tensor."""
        name = func.overloadpacket.__name__.rstrip("_")
        self.divisions += name == "reciprocal" or (name == "div" and isinstance(args[1], torch.Tensor))
        return func(*args, **(kwargs or {}))

    def at_most(self, limit: int) -> str:
        """Say whether there were more than `limit` divisions: the exact number depends on the start, which is free."""
        return f"at most {limit}" if self.divisions <= limit else f"more than {limit}"


@experiment(zh="满足 tol 时循环就结束：tol 很大时，只做很少几次除法。", weight=2, rtol=1e-2)
def ends_when_tol_is_met(newton_sqrt, given: Given):
    """The loop ends when tol is met: with a large tol, it divides by x a few times only."""
    a = given.tensor("a", 1, low=8.0, high=12.0)
    with DivisionCounter() as counter:
        root = newton_sqrt(a, tol=1e-2, max_iter=100)
    return {"divisions": counter.at_most(40), "root": root}


@experiment(zh="循环至多跑 max_iter 轮：max_iter = 3 时，只做很少几次除法。", weight=2, rtol=1e-5)
def no_round_after_max_iter(newton_sqrt, given: Given):
    """The loop makes at most max_iter rounds: with max_iter 3, it divides by x a few times only."""
    a = given.tensor("a", 1, low=8.0, high=12.0)
    far = given.keep("far", a * 1e12)  # far from a start such as 1 or a
    with DivisionCounter() as counter:
        newton_sqrt(far, tol=1e-15, max_iter=3)
    return {"divisions": counter.at_most(20), "root of a, 100 rounds": newton_sqrt(a)}


@experiment(
    zh="任意形状都可以，零维和 (0,) 也行；起始值碰巧就是根时，梯度也正确；float32 的结果仍是 float32。", rtol=1e-5
)
def any_shape_and_start(newton_sqrt, given: Given):
    """Any shape works, also () and (0,); the gradient is right even if the start is the root; float32 stays float32."""
    single = given.tensor("single", low=2.0, high=50.0)
    ones = given.keep("ones", torch.ones(3, dtype=torch.float64, requires_grad=True))
    of_ones = newton_sqrt(ones)
    base = given.tensor("base", 3, requires_grad=True)
    chain = newton_sqrt(base * base + 30.0)
    return {
        "zero-dim": newton_sqrt(single),
        "empty": newton_sqrt(torch.zeros(0, dtype=torch.float64)),
        "ones": of_ones,
        **given.gradients(of_ones, ones=ones),
        "of base * base + 30": chain,
        **given.gradients(chain, base=base),
        "dtype of float32": dtype_of(newton_sqrt(single.float(), tol=1e-6)),
    }


@experiment(zh="只要有一个元素 ≤ 0，就抛出 ValueError；很小的正数可以接受。", rtol=1e-5)
def only_positive_numbers(newton_sqrt, given: Given):
    """If one element is 0 or negative, ValueError is raised; small positive elements are accepted."""
    good = given.tensor("good", 3, low=0.01, high=0.02)
    zero, negative = good * torch.tensor([1.0, 0.0, 1.0]), good * torch.tensor([1.0, 1.0, -1.0])
    return {
        "one zero": given.error(lambda: newton_sqrt(zero)),
        "one negative": given.error(lambda: newton_sqrt(negative)),
        "all negative": given.error(lambda: newton_sqrt(-good)),
        "zero-dim zero": given.error(lambda: newton_sqrt(zero[1])),
        "all positive": newton_sqrt(good),
    }


def shrinking_layer(given: Given, size: int, factor: float) -> nn.Linear:
    """Return a linear layer that moves the entries around and multiplies them by about `factor`."""
    layer = given.fill(nn.Linear(size, size), scale=0.003)
    with torch.no_grad():
        layer.weight += factor * torch.eye(size, dtype=torch.float64).roll(1, 0)
    given.keep("layer.weight", layer.weight)
    given.keep("layer.bias", layer.bias)
    return layer


@experiment(zh="只要 h 的欧氏范数大于 threshold 就继续替换；梯度是 layer 各次使用之和，并一直传回 x。")
def until_the_norm_is_small(repeat_until_small, given: Given):
    """h is replaced while its Euclidean norm is above the threshold; the gradients sum up all uses and reach x."""
    layer = shrinking_layer(given, 4, 0.75)
    x = given.keep("x", (-given.tensor("base", 4, low=0.48, high=0.52)).requires_grad_())
    h, steps = repeat_until_small(layer, x, 0.1, 20)
    gradients = given.gradients(h, x=x, weight=layer.weight, bias=layer.bias)
    uneven = x.detach() * torch.tensor([1.8, 0.1, 0.1, 0.1], dtype=torch.float64)
    return {
        "h": h,
        "steps": steps,
        **gradients,
        "steps with a large entry": repeat_until_small(layer, uneven, 0.12, 20)[1],
        "steps with a small x": repeat_until_small(layer, 0.1 * uneven, 0.12, 20)[1],
        "steps, 1 allowed": repeat_until_small(layer, x.detach(), 0.1, 1)[1],
    }


@experiment(zh="layer 返回的张量不被改写：像 Sigmoid 那样反向时要用到自己输出的 layer，也得到正确的梯度。")
def output_of_the_layer_is_kept(repeat_until_small, given: Given):
    """The tensor that the layer returns is not overwritten: Sigmoid, which needs it for backward, gets its gradient."""
    layer = given.fill(nn.Sequential(nn.Linear(3, 3), nn.Sigmoid()), keep=True)
    x = given.tensor("x", 3, low=1.0, high=2.5, requires_grad=True)
    h, steps = repeat_until_small(layer, x, 0.0, 3)
    return {"h": h, "steps": steps, **given.gradients(h, x=x, weight=layer[0].weight)}


@experiment(zh="替换 max_steps 次后循环结束，即使 h 仍然太大。")
def at_most_max_steps(repeat_until_small, given: Given):
    """After max_steps replacements the loop ends, even if h is still too large."""
    layer = given.fill(nn.Linear(3, 3))
    with torch.no_grad():
        layer.weight.abs_()  # all entries of h stay positive
        layer.bias.abs_()
    given.keep("layer.weight", layer.weight)
    given.keep("layer.bias", layer.bias)
    x = given.tensor("x", 2, 3, low=0.25, high=2.0, requires_grad=True)
    h, steps = repeat_until_small(layer, x, threshold=0.0, max_steps=3)
    gradients = given.gradients(h, x=x, weight=layer.weight, bias=layer.bias)
    return {"h": h, "steps": steps, **gradients}


@experiment(zh="x 的范数一开始就不大于 threshold 时，一次也不替换：返回 x 的值和 0。")
def small_from_the_start(repeat_until_small, given: Given):
    """If the norm of x is not greater than the threshold, nothing is replaced: the result is x with 0 steps."""
    layer = given.fill(nn.Linear(3, 3), keep=True)
    x = given.tensor("x", 3, low=0.16, high=0.19, requires_grad=True)
    h, steps = repeat_until_small(layer, x, 0.35, 10)
    return {
        "h": h,
        "steps": steps,
        **given.gradients(h, x=x),
        "steps of 0.3 x": repeat_until_small(layer, 0.3 * x.detach(), 0.35, 10)[1],
        "steps, 0 allowed": repeat_until_small(layer, x.detach(), 0.35, 0)[1],
    }


@experiment(zh="范数恰好等于 threshold 时不再替换；max_steps = 0 时一次也不替换，无论 x 多大。")
def exactly_enough(repeat_until_small, given: Given):
    """A norm equal to the threshold is small enough; with max_steps = 0 nothing is replaced, however large x is."""
    layer = given.fill(nn.Linear(3, 3), keep=True)
    scale, sizes = 2.0 ** given.whole(0, 4), (5.0, 3.85, 3.0, 1.5, 0.5, 0.25)
    x = given.keep("x", torch.tensor([-2.0, 6.0, -3.0], dtype=torch.float64) * scale)  # its norm is 7 * scale
    equal, above = repeat_until_small(layer, x, 7 * scale, 5), repeat_until_small(layer, x, 6.99 * scale, 1)
    large, none = repeat_until_small(layer, x * 64, 1.8, 5), repeat_until_small(layer, x, 0.0, 0)
    return {
        "h when equal": equal[0],
        "h just above": above[0],
        "steps just above": above[1],
        "steps of a large x": large[1],  # after one tanh the norm is below 1.8
        "steps, 1 allowed": [repeat_until_small(layer, x, size * scale, 1)[1] for size in sizes],
        "steps of a small x when equal": repeat_until_small(layer, x / 128, 7 * scale / 128, 1)[1],
        "h, 0 allowed": none[0],
        "steps, 2 allowed": repeat_until_small(layer, x, 0.0, 2)[1],
    }


@experiment(zh="对一个批次，范数取自全部元素；layer 可以是任何模块，每次都整个调用。")
def whole_batch_and_any_module(repeat_until_small, given: Given):
    """For a batch, the norm is that of all entries together; the layer may be any module, and is called as a whole."""
    layer = nn.Sequential(shrinking_layer(given, 4, 0.97), nn.Identity())
    with torch.no_grad():
        layer[0].bias *= 0.1
    sizes = torch.tensor([[1.6, 0, 0, 0], [1.6, 0, 0, 0], [0, 0.9, 0, 0], [0, 0, 1.6, 0], [0, 0.1, 0, 0]]).double()
    x = given.keep("x", given.tensor("noise", 5, 4) * 0.002 + sizes)
    h, steps = repeat_until_small(layer, x, 1.065, 12)
    row = torch.tensor([[1.2, -0.6, 0.9, 0.3]], dtype=torch.float64)
    return {
        "h": h,
        "steps": steps,
        **given.gradients(h, weight=layer[0].weight),
        "steps of one row": repeat_until_small(layer, row, 0.71, 12)[1],
        "steps of one row, 1 allowed": [repeat_until_small(layer, row, size, 1)[1] for size in (0.78, 0.66, 0.4, 0.2)],
        "steps of a small row": repeat_until_small(layer, 0.4 * row, 0.71, 12)[1],
    }
