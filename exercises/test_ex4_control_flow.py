"""Public experiments of exercise 4: conditions and loops."""

import torch
from torch import nn

from grader import Given, exercise, experiment

exercise(
    en="Conditions and loops",
    zh="条件语句与循环语句",
    points={"piecewise_loss": 3, "newton_sqrt": 3, "repeat_until_small": 3},
)


@experiment(zh="不写 kind 和 delta 时是 delta = 1 的 huber：每个元素按自己的 |d| 选公式，再对全部元素求平均。")
def each_element_decides(piecewise_loss, given: Given):
    """Without options it is huber with delta 1: each element picks its formula by its own |d|, and all are averaged."""
    output = given.tensor("output", 4, 5, low=-4.0, high=4.0, requires_grad=True)
    loss = piecewise_loss(output, given.tensor("target", 4, 5))
    return {"loss": loss, **given.gradients(loss, output=output)}


@experiment(zh="delta 不等于 1 时，huber 与 smooth_l1 不同；l1 不理会 delta。")
def kinds_at_other_deltas(piecewise_loss, given: Given):
    """With delta other than 1, huber and smooth_l1 differ; l1 takes no notice of delta."""
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


@experiment(zh="形状不同（即使能广播）或 kind 未知时抛出 ValueError。")
def shapes_and_kinds_are_checked(piecewise_loss, given: Given):
    """Different shapes, even those that could be broadcast, and unknown kinds raise ValueError."""
    flat, column = given.tensor("flat", 4), given.tensor("column", 4, 1)
    return {
        "(4,) with (4, 1)": given.error(lambda: piecewise_loss(flat, column)),
        "(4, 1) with (1, 1), l1": given.error(lambda: piecewise_loss(column, column[:1], "l1")),
        "(4,) with (2, 2), smooth_l1": given.error(lambda: piecewise_loss(flat, flat.reshape(2, 2), "smooth_l1", 0.5)),
        "(4,) with (4, 1), smooth_l1, delta 0": given.error(lambda: piecewise_loss(flat, column, "smooth_l1", 0.0)),
        "'l2'": given.error(lambda: piecewise_loss(flat, flat, "l2")),
        "'Huber'": given.error(lambda: piecewise_loss(flat, flat, kind="Huber")),
        "equal shapes": piecewise_loss(column, column.flip(0), "l1"),
    }


@experiment(zh="结果是逐元素的平方根，传回 a 的梯度是 1/(2√a)，都精确到很多位。", rtol=1e-11, atol=1e-12)
def root_and_gradient(newton_sqrt, given: Given):
    """The result is the square root of every element, and a gets the gradient 1 / (2 sqrt(a)), both to many digits."""
    scales = torch.tensor([[1.0, 5.0, 25.0, 0.1], [1000.0, 1500.0, 2200.0, 3300.0]], dtype=torch.float64)
    a = given.keep("a", (given.tensor("base", 2, 4, low=0.9, high=1.1) * scales).requires_grad_())
    root = newton_sqrt(a)
    return {"root": root, **given.gradients(root, a=a)}


@experiment(zh="同一个张量里既有很大的数也有很小的数时，循环要等到每个元素都收敛。", rtol=1e-5)
def large_and_small_together(newton_sqrt, given: Given):
    """With large and small numbers in one tensor, the loop goes on until every element has settled."""
    scales = torch.tensor([1.0, 1e8, 1e-6, 1e4, 1.0], dtype=torch.float64)
    a = given.keep("a", (given.tensor("base", 5, low=0.5, high=2.0) * scales).requires_grad_())
    root = newton_sqrt(a)
    settled = ((root * root / a - 1).abs() < 1e-3).tolist()
    return {"root": root, "root * root is about a": settled, **given.gradients(root, a=a)}


@experiment(zh="只要有一个元素 ≤ 0，就抛出 ValueError；很小的正数没有问题。", rtol=1e-5)
def only_positive_numbers(newton_sqrt, given: Given):
    """A single element that is 0 or negative raises ValueError; small positive ones are fine."""
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
    """A linear layer that moves the entries about and makes them smaller, by `factor` and a little noise."""
    layer = given.fill(nn.Linear(size, size), scale=0.01)
    with torch.no_grad():
        layer.weight += factor * torch.eye(size, dtype=torch.float64).roll(1, 0)
    given.keep("layer.weight", layer.weight)
    given.keep("layer.bias", layer.bias)
    return layer


@experiment(zh="只要 h 的欧氏范数大于 threshold 就继续替换；梯度是 layer 各次使用之和，并一直传回 x。")
def until_the_norm_is_small(repeat_until_small, given: Given):
    """h is replaced while its Euclidean norm is above the threshold; the gradients sum up all uses and reach x."""
    layer = shrinking_layer(given, 4, 0.6)
    x = given.keep("x", (-given.tensor("base", 4, low=0.45, high=0.55)).requires_grad_())
    h, steps = repeat_until_small(layer, x, 0.268, 20)
    gradients = given.gradients(h, x=x, weight=layer.weight, bias=layer.bias)
    return {"h": h, "steps": steps, **gradients}


@experiment(zh="达到 max_steps 次替换后就停止，即使 h 仍然太大。")
def at_most_max_steps(repeat_until_small, given: Given):
    """After max_steps replacements it ends, even if h is still too large."""
    layer = given.fill(nn.Linear(3, 3), keep=True)
    x = given.tensor("x", 2, 3, requires_grad=True)
    h, steps = repeat_until_small(layer, x, threshold=0.0, max_steps=3)
    gradients = given.gradients(h, x=x, weight=layer.weight, bias=layer.bias)
    return {"h": h, "steps": steps, **gradients}


@experiment(zh="x 一开始就足够小时，一次也不替换：返回 x 的值和 0。")
def small_from_the_start(repeat_until_small, given: Given):
    """If x is small enough from the start, nothing is replaced: its values come back, with 0 steps."""
    layer = given.fill(nn.Linear(3, 3), keep=True)
    x = given.tensor("x", 3, low=0.16, high=0.19, requires_grad=True)
    h, steps = repeat_until_small(layer, x, 0.35, 10)
    return {"h": h, "steps": steps, **given.gradients(h, x=x)}
