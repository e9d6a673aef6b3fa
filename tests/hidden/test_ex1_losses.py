"""Hidden experiments of exercise 1: loss functions."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from grader import Given, experiment


def answer(given: Given, call: Callable[[], Any]) -> Any:
    """Return the result of a call, or the name of the exception that it raises."""
    returned: list[Any] = []
    kind = given.error(lambda: returned.append(call()))
    return returned[0] if returned else kind


def ratio(loss, other_loss):
    """Return the quotient of two losses, which shows that losses are computed; a constant factor cancels out."""
    if not isinstance(loss, Tensor | float) or not isinstance(other_loss, Tensor | float):
        return f"(no number: {type(loss).__name__})"
    first, second = (torch.as_tensor(value).detach().double() for value in (loss, other_loss))
    return first / second


def directions(gradients):
    """Divide each gradient by its norm, so that a constant factor of the loss makes no difference."""
    return {
        f"direction of {name}": value / value.norm() if isinstance(value, Tensor) else value
        for name, value in gradients.items()
    }


@experiment(zh="target 经过转置（内存不连续）时，按它的行和列读取，并且保持原样。", rtol=1e-3, atol=1e-4)
def transposed_target(compute_mse_loss, given: Given):
    """If the target was transposed, its rows and columns decide the order, and it stays as it was."""
    output = given.tensor("output", 3, 4, low=100.0, high=101.0, requires_grad=True)
    target = given.keep("target", given.tensor("base", 6, 2, low=100.0, high=101.0).T)
    loss = compute_mse_loss(output, target)
    return directions(given.gradients(loss, output=output))


@experiment(zh="元素个数不同时抛出 ValueError，即使形状能够广播。", rtol=1e-4, atol=1e-6)
def counts_must_agree(compute_mse_loss, given: Given):
    """If the numbers of elements differ, ValueError is raised, even if the shapes can be broadcast."""
    output, fitting, other = given.tensor("output", 3, 5), given.tensor("fitting", 3, 5), given.tensor("other", 3, 5)
    one_row, scalar, column = given.tensor("one row", 5), given.tensor("scalar"), given.tensor("column", 3, 1)
    return {
        "(3, 5) with (5,)": given.error(lambda: compute_mse_loss(output, one_row)),
        "(3, 5) with ()": given.error(lambda: compute_mse_loss(output, scalar)),
        "(3, 5) with (3, 1)": given.error(lambda: compute_mse_loss(output, column)),
        "(3, 5) with (16,)": given.error(lambda: compute_mse_loss(output, given.tensor("one more", 16))),
        "(3, 5) with (6, 5)": given.error(lambda: compute_mse_loss(output, given.tensor("twice", 6, 5))),
        "(3, 5) with (0,)": given.error(lambda: compute_mse_loss(output, one_row[:0])),
        "one loss / another": ratio(compute_mse_loss(output, fitting), compute_mse_loss(output, other)),
    }


@experiment(zh="output 和 target 是 float32 时损失也是 float32；一行与一列逐个元素比较。", rtol=1e-4, atol=1e-5)
def single_precision(compute_mse_loss, given: Given):
    """If output and target are float32, so is the loss; a row and a column are compared element by element."""
    output = given.tensor("output", 1, 6, dtype=torch.float32, requires_grad=True)
    target = given.tensor("target", 6, 1, dtype=torch.float32)
    with given.warnings_seen() as seen:
        loss = compute_mse_loss(output, target)
    return {"loss": loss, **given.gradients(loss, output=output), "warnings": seen}


@experiment(zh="target 可以是零维或三维；一个元素都没有时损失是 nan。")
def from_zero_to_three_dimensions(compute_mse_loss, given: Given):
    """The target may be zero-dim or 3-D, and the loss is nan if there are no elements."""
    single = given.tensor("single", 1, 1, requires_grad=True)
    of_single = compute_mse_loss(single, given.tensor("zero-dim target"))
    cube = given.tensor("cube target", 2, 3, 2)
    return {
        "zero-dim": of_single,
        **given.gradients(of_single, output=single),
        "3-D": compute_mse_loss(given.tensor("output", 4, 3), cube),
        "empty": compute_mse_loss(given.tensor("no rows", 0, 3), given.tensor("no target", 0)),
    }


@experiment(zh="未知的 reduction 抛出 ValueError，而不是猜一个。", rtol=1e-4, atol=1e-6)
def unknown_reduction(mse_by_hand, given: Given):
    """If the reduction is unknown, ValueError is raised instead of guessing."""
    output, target, other = given.tensor("output", 5, 3), given.tensor("target", 5, 3), given.tensor("other", 5, 3)
    return {
        "'average'": answer(given, lambda: mse_by_hand(output, target, reduction="average")),
        "'Mean'": answer(given, lambda: mse_by_hand(output, target, "Mean")),
        "'max'": answer(given, lambda: mse_by_hand(output, target, reduction="max")),
        "'mean '": answer(given, lambda: mse_by_hand(output, target, reduction="mean ")),
        "'batchmean'": answer(given, lambda: mse_by_hand(output, target, reduction="batchmean")),
        "''": answer(given, lambda: mse_by_hand(output, target, reduction="")),
        "one loss / another": ratio(mse_by_hand(output, target), mse_by_hand(output, other)),
    }


@experiment(zh="零维和三维的张量也可以，三种 reduction 都如此。")
def any_rank(mse_by_hand, given: Given):
    """Tensors may be zero-dim or 3-D, with each of the three reductions."""
    zero, cube = given.tensor("zero-dim", requires_grad=True), given.tensor("cube", 3, 1, 5, low=100.0, high=101.0)
    target, cube_target = given.tensor("zero-dim target"), given.tensor("cube target", 3, 1, 5, low=100.0, high=101.0)
    of_zero = mse_by_hand(zero, target, "mean")
    return {
        "zero-dim mean": of_zero,
        **given.gradients(of_zero, output=zero),
        "zero-dim sum": mse_by_hand(zero.detach(), target * 2, "sum"),
        "zero-dim none": mse_by_hand(zero.detach(), target * 3, "none"),
        "cube mean": mse_by_hand(cube, cube_target, "mean"),
        "cube sum": mse_by_hand(cube, cube_target, "sum"),
        "cube none": mse_by_hand(cube, cube_target, "none"),
    }


@experiment(zh="空张量的 'mean' 为 nan，'sum' 为 0，'none' 保持形状，与 nn.MSELoss 一样。", rtol=1e-4, atol=1e-6)
def nothing_to_average(mse_by_hand, given: Given):
    """If there are no elements, 'mean' gives nan, 'sum' 0, and 'none' keeps the shape, as in nn.MSELoss."""
    empty, output = given.tensor("empty", 0, 3), given.tensor("output", 5, 3)
    target, other = given.tensor("target", 5, 3), given.tensor("other", 5, 3)
    return {
        "empty mean": mse_by_hand(empty, empty.clone(), "mean"),
        "empty sum": mse_by_hand(empty, empty.clone(), "sum"),
        "empty none": mse_by_hand(empty, empty.clone(), "none"),
        "one loss / another": ratio(mse_by_hand(output, target, "sum"), mse_by_hand(output, other, "sum")),
    }


@experiment(zh="元素个数相同而形状不同，或形状不能广播时，同样抛出 ValueError。", rtol=1e-4, atol=1e-6)
def same_count_is_not_same_shape(mse_by_hand, given: Given):
    """If the shapes differ, ValueError is raised, whether or not the sizes agree or the shapes can be broadcast."""
    wide, flat = given.tensor("wide", 3, 5), given.tensor("flat", 15)
    loss, other_loss = mse_by_hand(wide, flat.reshape(3, 5), "sum"), mse_by_hand(wide, 1 - wide, "sum")
    return {
        "(3, 5) with (5, 3)": given.error(lambda: mse_by_hand(wide, flat.reshape(5, 3))),
        "(3, 5) with (15,)": given.error(lambda: mse_by_hand(wide, flat, "sum")),
        "(3, 5) with (1, 3, 5)": given.error(lambda: mse_by_hand(wide, flat.reshape(1, 3, 5), "none")),
        "(3, 5) with (3, 1)": given.error(lambda: mse_by_hand(wide, flat[:3].reshape(3, 1))),
        "(1,) with ()": given.error(lambda: mse_by_hand(flat[:1], flat[0])),
        "one loss / another": ratio(loss, other_loss),
    }


@experiment(zh="输入是 float32 时，损失和梯度也是 float32，三种 reduction 都如此。", rtol=1e-4, atol=1e-5)
def stays_single_precision(mse_by_hand, given: Given):
    """If output and target are float32, so are the loss and the gradient, with every reduction."""
    output = given.tensor("output", 5, 3, dtype=torch.float32, requires_grad=True)
    target = given.tensor("target", 5, 3, dtype=torch.float32)
    each = mse_by_hand(output, target, "none")
    return {
        "none": each,
        **given.gradients(each, output=output),
        "sum": mse_by_hand(target, output.detach(), "sum"),
        "mean": mse_by_hand(target, output.detach(), "mean"),
    }


@experiment(zh="各行相差上千时，损失和梯度仍然正确：每一行要单独平移。", rtol=1e-4, atol=1e-6)
def rows_far_apart(cross_entropy_from_logits, given: Given):
    """If the rows differ by thousands, the loss and its gradient are still right: each row needs its own shift."""
    offsets = torch.tensor([[0.0], [-7000.0], [9000.0]], dtype=torch.float64)
    logits = given.keep("logits", (given.tensor("base", 3, 4, low=-1.0) + offsets).requires_grad_())
    loss = cross_entropy_from_logits(logits, given.keep("target", torch.tensor([3, 0, 2])))
    finite = isinstance(loss, Tensor) and bool(loss.isfinite().all())
    return {"loss": loss, "finite": finite, **given.gradients(loss, logits=logits)}


@experiment(zh="一行 logits 都在 9000 或 -7000 附近时，损失只取决于行内的差。", rtol=1e-4, atol=1e-6)
def single_huge_row(cross_entropy_from_logits, given: Given):
    """If all logits of a row are near 9000 or near -7000, the loss depends on their differences only."""
    spread = torch.tensor([[2.5, 0.0, -1000.0]], dtype=torch.float64)
    high = given.keep("high", given.tensor("above", 1, 3, low=-1.0) + spread + 9000.0)
    low = given.keep("low", given.tensor("below", 1, 3, low=-1.0) + spread - 7000.0)
    target = given.keep("target", torch.tensor([0]))
    return {
        "near 9000": cross_entropy_from_logits(high, target),
        "near -7000": cross_entropy_from_logits(low, target),
    }


@experiment(zh="网络很有把握却答错时，损失准确到最后一位：不截断，也不丢精度。", rtol=1e-9)
def confident_mistakes(cross_entropy_from_logits, given: Given):
    """If the net is confident and wrong, the loss is right to the last digit: nothing is clipped or rounded."""
    base, eye = given.tensor("base", 3, 4), torch.eye(3, 4, dtype=torch.float64)
    logits = given.keep("logits", (base + 60.0 * eye + 9000.0).requires_grad_())
    loss = cross_entropy_from_logits(logits, given.keep("target", torch.tensor([1, 2, 0])))
    return {"loss": loss, **given.gradients(loss, logits=logits)}


@experiment(zh="logits 不是二维，或 target 不是一维时，抛出 ValueError，即使长度都对得上。", rtol=1e-4, atol=1e-6)
def two_and_one_dimensions(cross_entropy_from_logits, given: Given):
    """Unless logits is 2-D and target 1-D, ValueError is raised, even where the lengths agree."""
    logits, target = given.tensor("logits", 3, 3, low=-1.0), given.keep("target", torch.tensor([2, 0, 1]))
    cube, wide, other = given.tensor("cube", 3, 3, 3), given.tensor("wide", 3, 5), given.tensor("other", 3, 5)
    return {
        "(3,) with (3,)": given.error(lambda: cross_entropy_from_logits(logits[0], target)),
        "(3,) with ()": given.error(lambda: cross_entropy_from_logits(logits[0], target[0])),
        "(3, 3, 3) with (3,)": given.error(lambda: cross_entropy_from_logits(cube, target)),
        "(3, 3, 3) with (3, 3)": given.error(lambda: cross_entropy_from_logits(cube, target.expand(3, 3))),
        "(3, 3) with (3, 1)": given.error(lambda: cross_entropy_from_logits(logits, target.reshape(3, 1))),
        "(3, 3) with (1, 3)": given.error(lambda: cross_entropy_from_logits(logits, target.reshape(1, 3))),
        "(1, 3) with ()": given.error(lambda: cross_entropy_from_logits(logits[:1], target[0])),
        "one loss / another": ratio(cross_entropy_from_logits(wide, target), cross_entropy_from_logits(other, target)),
    }


@experiment(zh="可以只有一个样本或一个类别；float32 的 logits 得到 float32 的损失。", rtol=1e-4, atol=1e-5)
def small_and_single_precision(cross_entropy_from_logits, given: Given):
    """There may be one sample or one class only, and float32 logits give a float32 loss."""
    favorite = torch.tensor([[2.5, 0.0, 0.0, 0.0, 0.0]])
    base = given.tensor("base", 1, 5, low=-1.0, dtype=torch.float32)
    logits = given.keep("logits", (base + favorite).requires_grad_())
    loss = cross_entropy_from_logits(logits, given.integers("target", 1, 4, 1))
    one_class = cross_entropy_from_logits(given.tensor("one class", 3, 1), given.integers("only choice", 0, 1, 3))
    return {"loss": loss, **given.gradients(loss, logits=logits), "one class": one_class}


@experiment(zh="只有一部分 logits 恰好为 0 时，梯度的方向仍与 sigmoid(x) - t 一致。", rtol=1e-4, atol=1e-6)
def gradient_at_zero(bce_with_logits, given: Given):
    """If some logits are exactly 0, the gradient still has the direction of sigmoid(x) - t."""
    mask = torch.tensor([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]] * 2 + [[0.0, 1.0, 0.0]], dtype=torch.float64)
    logits = given.keep("logits", (given.tensor("base", 5, 3) * mask).requires_grad_())
    loss = bce_with_logits(logits, given.tensor("target", 5, 3, low=0.0))
    return directions(given.gradients(loss, logits=logits))


@experiment(zh="形状不同时抛出 ValueError，无论元素个数是否相同、能否广播。", rtol=1e-4, atol=1e-6)
def same_count_other_shape(bce_with_logits, given: Given):
    """If the shapes differ, ValueError is raised, whether or not the sizes agree or the shapes can be broadcast."""
    logits, target, other = given.tensor("logits", 3, 5), given.tensor("target", 15, low=0.0), given.tensor("o", 3, 5)
    fitting = target.reshape(3, 5)
    return {
        "(3, 5) with (15,)": given.error(lambda: bce_with_logits(logits, target)),
        "(3, 5) with (5, 3)": given.error(lambda: bce_with_logits(logits, target.reshape(5, 3))),
        "(3, 5) with (1, 3, 5)": given.error(lambda: bce_with_logits(logits, target.reshape(1, 3, 5))),
        "(3, 5) with (3, 1)": given.error(lambda: bce_with_logits(logits, target[:3].reshape(3, 1))),
        "(3, 5) with ()": given.error(lambda: bce_with_logits(logits, target[0])),
        "one loss / another": ratio(bce_with_logits(logits, fitting), bce_with_logits(other, fitting)),
    }


@experiment(zh="target 可以是硬标签，维数任意；float32 的 logits 得到 float32 的损失和梯度。", rtol=1e-4, atol=1e-5)
def hard_labels(bce_with_logits, given: Given):
    """Targets may be hard labels of any number of dimensions, and float32 logits give a float32 loss."""
    logits = given.tensor("logits", 3, 1, 5, dtype=torch.float32, requires_grad=True)
    target = given.keep("target", given.integers("labels", 0, 2, 3, 1, 5).float())
    loss = bce_with_logits(logits, target)
    alone = bce_with_logits(given.tensor("zero-dim"), torch.ones((), dtype=torch.float64))
    return {"loss": loss, **given.gradients(loss, logits=logits), "zero-dim": alone}


@experiment(zh="标签是 0 或 1 时，很有把握地答对，损失趋于 0；很有把握地答错，损失等于 |x|，不会是 nan。")
def confident_hard_labels(bce_with_logits, given: Given):
    """With hard labels, a confident right answer costs almost nothing and a confident wrong one |x|, never nan."""
    signs = torch.tensor([[1.0, -1.0, 1.0]] * 5, dtype=torch.float64)
    logits = given.keep("logits", (given.tensor("size", 5, 3, low=800.0, high=1000.0) * signs).requires_grad_())
    labels = torch.tensor([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]] * 2 + [[1.0, 1.0, 0.0]], dtype=torch.float64)
    loss = bce_with_logits(logits, given.keep("target", labels))
    doubts = given.keep("doubts", 1 - given.tensor("tiny", 5, 3, low=1e-6, high=1e-5))
    almost = bce_with_logits(logits.detach().abs(), doubts)
    return {"loss": loss, **given.gradients(loss, logits=logits), "almost sure": almost}


@experiment(zh="logits 在 ±6 到 ±8 之间时，损失还不能用直线代替。")
def steep_part(bce_with_logits, given: Given):
    """With logits between 6 and 8, or -6 and -8, the loss is no straight line yet."""
    signs = torch.tensor([[1.0], [-1.0], [1.0]], dtype=torch.float64)
    logits = given.keep("logits", (given.tensor("size", 3, 4, low=6.0, high=8.0) * signs).requires_grad_())
    loss = bce_with_logits(logits, given.tensor("target", 3, 4, low=0.1, high=0.9))
    return {"loss": loss, **given.gradients(loss, logits=logits)}
