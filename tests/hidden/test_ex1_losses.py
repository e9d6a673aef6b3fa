"""Hidden experiments of exercise 1: loss functions."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from grader import Given, experiment


def _answer(given: Given, call: Callable[[], Any]) -> Any:
    """What a call returns, or the kind of exception that it raises."""
    returned: list[Any] = []
    kind = given.error(lambda: returned.append(call()))
    return returned[0] if returned else kind


@experiment(zh="转置过的（内存不连续的）target 也能用，按它自己的行列顺序比较，并且保持原样。")
def transposed_target(compute_mse_loss, given: Given):
    """A target in another memory layout works as well: its own rows and columns count, and it stays as it was."""
    output = given.tensor("output", 3, 4, low=100.0, high=101.0, requires_grad=True)
    target = given.keep("target", given.tensor("base", 6, 2, low=100.0, high=101.0).T)
    loss = compute_mse_loss(output, target)
    return {"loss": loss, **given.gradients(loss, output=output)}


@experiment(zh="元素个数不同时抛出 ValueError，即使形状能够广播。")
def counts_must_agree(compute_mse_loss, given: Given):
    """Different numbers of elements raise ValueError, even where the shapes could be broadcast."""
    output = given.tensor("output", 2, 10)
    one_row, scalar, column = given.tensor("one row", 10), given.tensor("scalar"), given.tensor("column", 2, 1)
    return {
        "(2, 10) with (10,)": _answer(given, lambda: compute_mse_loss(output, one_row)),
        "(2, 10) with ()": _answer(given, lambda: compute_mse_loss(output, scalar)),
        "(2, 10) with (2, 1)": _answer(given, lambda: compute_mse_loss(output, column)),
        "(2, 10) with (21,)": _answer(given, lambda: compute_mse_loss(output, given.tensor("one more", 21))),
        "(2, 10) with (4, 10)": _answer(given, lambda: compute_mse_loss(output, given.tensor("twice", 4, 10))),
        "(2, 10) with (0,)": _answer(given, lambda: compute_mse_loss(output, one_row[:0])),
        "(2, 10) with (20,)": compute_mse_loss(output, given.tensor("fitting", 20)),
    }


@experiment(zh="float32 的一对得到 float32 的损失；一行与一列也逐个元素比较。", rtol=1e-4, atol=1e-5)
def single_precision(compute_mse_loss, given: Given):
    """A float32 pair gives a float32 loss; a row against a column is compared element by element."""
    output = given.tensor("output", 1, 6, dtype=torch.float32, requires_grad=True)
    target = given.tensor("target", 6, 1, dtype=torch.float32)
    with given.warnings_seen() as seen:
        loss = compute_mse_loss(output, target)
    return {"loss": loss, **given.gradients(loss, output=output), "warnings": seen}


@experiment(zh="target 可以是零维或三维；空的一批得到 nan，与 nn.MSELoss 一样。")
def from_zero_to_three_dimensions(compute_mse_loss, given: Given):
    """The target may be zero-dim or 3-D; an empty batch gives nan, as nn.MSELoss does."""
    single = given.tensor("single", 1, 1, requires_grad=True)
    of_single = compute_mse_loss(single, given.tensor("zero-dim target"))
    cube = given.tensor("cube target", 2, 3, 2)
    return {
        "zero-dim": of_single,
        **given.gradients(of_single, output=single),
        "3-D": compute_mse_loss(given.tensor("output", 4, 3), cube),
        "empty": compute_mse_loss(given.tensor("no rows", 0, 3), given.tensor("no target", 0)),
    }


@experiment(zh="未知的 reduction 抛出 ValueError，而不是悄悄猜一个。")
def unknown_reduction(mse_by_hand, given: Given):
    """An unknown reduction raises ValueError instead of guessing."""
    output, target = given.tensor("output", 3), given.tensor("target", 3)
    return {
        "'average'": _answer(given, lambda: mse_by_hand(output, target, reduction="average")),
        "'Mean'": _answer(given, lambda: mse_by_hand(output, target, "Mean")),
        "'max'": _answer(given, lambda: mse_by_hand(output, target, reduction="max")),
        "'mean '": _answer(given, lambda: mse_by_hand(output, target, reduction="mean ")),
        "'batchmean'": _answer(given, lambda: mse_by_hand(output, target, reduction="batchmean")),
        "''": _answer(given, lambda: mse_by_hand(output, target, reduction="")),
        "'mean'": mse_by_hand(output, target, reduction="mean"),
    }


@experiment(zh="任意维数都可以，零维和三维也行；三种 reduction 都如此。")
def any_rank(mse_by_hand, given: Given):
    """Any rank works, zero-dim and 3-D too, with each of the three reductions."""
    zero, cube = given.tensor("zero-dim", requires_grad=True), given.tensor("cube", 2, 1, 3, low=100.0, high=101.0)
    target, cube_target = given.tensor("zero-dim target"), given.tensor("cube target", 2, 1, 3, low=100.0, high=101.0)
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


@experiment(zh="空张量：mean 为 nan，sum 为 0，none 保持形状，与 nn.MSELoss 一样。")
def nothing_to_average(mse_by_hand, given: Given):
    """Of empty tensors the mean is nan, the sum 0, and 'none' keeps the shape, as nn.MSELoss does."""
    empty, one = given.tensor("empty", 0, 3), given.tensor("one", 1, 3)
    return {
        "empty mean": mse_by_hand(empty, empty.clone(), "mean"),
        "empty sum": mse_by_hand(empty, empty.clone(), "sum"),
        "empty none": mse_by_hand(empty, empty.clone(), "none"),
        "one row": mse_by_hand(one, given.tensor("target", 1, 3), "mean"),
    }


@experiment(zh="元素个数相同并不等于形状相同；不能广播的形状同样抛出 ValueError。")
def same_count_is_not_same_shape(mse_by_hand, given: Given):
    """As many elements in another shape raise ValueError, and so do shapes that cannot be broadcast."""
    wide, flat = given.tensor("wide", 2, 3), given.tensor("flat", 6)
    return {
        "(2, 3) with (3, 2)": given.error(lambda: mse_by_hand(wide, flat.reshape(3, 2))),
        "(2, 3) with (6,)": given.error(lambda: mse_by_hand(wide, flat, "sum")),
        "(2, 3) with (1, 2, 3)": given.error(lambda: mse_by_hand(wide, flat.reshape(1, 2, 3), "none")),
        "(2, 3) with (2, 1)": given.error(lambda: mse_by_hand(wide, flat[:2].reshape(2, 1))),
        "(1,) with ()": given.error(lambda: mse_by_hand(flat[:1], flat[0])),
        "(2, 3) with (2, 3)": mse_by_hand(wide, flat.reshape(2, 3), "sum"),
    }


@experiment(zh="float32 的输入得到 float32 的损失和梯度。", rtol=1e-4, atol=1e-5)
def stays_single_precision(mse_by_hand, given: Given):
    """float32 stays float32, in the loss as in the gradient, with every reduction."""
    output = given.tensor("output", 3, 2, dtype=torch.float32, requires_grad=True)
    target = given.tensor("target", 3, 2, dtype=torch.float32)
    each = mse_by_hand(output, target, "none")
    return {
        "none": each,
        **given.gradients(each, output=output),
        "sum": mse_by_hand(target, output.detach(), "sum"),
        "mean": mse_by_hand(target, output.detach(), "mean"),
    }


@experiment(zh="各行相差上千时，每一行都要单独平移。", rtol=1e-4, atol=1e-6)
def rows_far_apart(cross_entropy_from_logits, given: Given):
    """Rows that differ by thousands are each right: a shift for the whole batch is not enough."""
    offsets = torch.tensor([[0.0], [-7000.0], [9000.0]], dtype=torch.float64)
    logits = given.keep("logits", (given.tensor("base", 3, 4, low=-1.0) + offsets).requires_grad_())
    loss = cross_entropy_from_logits(logits, given.keep("target", torch.tensor([3, 0, 2])))
    finite = isinstance(loss, Tensor) and bool(loss.isfinite().all())
    return {"loss": loss, "finite": finite, **given.gradients(loss, logits=logits)}


@experiment(zh="单独一行也一样：无论整行在 9000 还是 -7000，损失只取决于行内的差。", rtol=1e-4, atol=1e-6)
def single_huge_row(cross_entropy_from_logits, given: Given):
    """A single row may lie at 9000 or at -7000: only the differences inside it count."""
    spread = torch.tensor([[2.5, 0.0, -1000.0]], dtype=torch.float64)
    high = given.keep("high", given.tensor("above", 1, 3, low=-1.0) + spread + 9000.0)
    low = given.keep("low", given.tensor("below", 1, 3, low=-1.0) + spread - 7000.0)
    target = given.keep("target", torch.tensor([0]))
    return {
        "near 9000": cross_entropy_from_logits(high, target),
        "near -7000": cross_entropy_from_logits(low, target),
    }


@experiment(zh="很有把握却答错时，损失随 logits 线性增大，不会被截断，精度也不丢。", rtol=1e-9)
def confident_mistakes(cross_entropy_from_logits, given: Given):
    """A confident wrong answer costs as much as its logits say, to the last digit: nothing is clipped or rounded."""
    base, eye = given.tensor("base", 3, 3), torch.eye(3, dtype=torch.float64)
    logits = given.keep("logits", (base + 60.0 * eye + 9000.0).requires_grad_())
    loss = cross_entropy_from_logits(logits, given.keep("target", torch.tensor([1, 2, 0])))
    return {"loss": loss, **given.gradients(loss, logits=logits)}


@experiment(zh="logits 必须是二维，target 必须是一维，否则抛出 ValueError，即使长度都对得上。", rtol=1e-4, atol=1e-6)
def two_and_one_dimensions(cross_entropy_from_logits, given: Given):
    """Unless logits is 2-D and target 1-D, ValueError, even where the lengths agree."""
    logits, target = given.tensor("logits", 3, 3, low=-1.0), given.keep("target", torch.tensor([2, 0, 1]))
    cube = given.tensor("cube", 3, 3, 3)
    return {
        "(3,) with (3,)": given.error(lambda: cross_entropy_from_logits(logits[0], target)),
        "(3,) with ()": given.error(lambda: cross_entropy_from_logits(logits[0], target[0])),
        "(3, 3, 3) with (3,)": given.error(lambda: cross_entropy_from_logits(cube, target)),
        "(3, 3, 3) with (3, 3)": given.error(lambda: cross_entropy_from_logits(cube, target.expand(3, 3))),
        "(3, 3) with (3, 1)": given.error(lambda: cross_entropy_from_logits(logits, target.reshape(3, 1))),
        "(3, 3) with (1, 3)": given.error(lambda: cross_entropy_from_logits(logits, target.reshape(1, 3))),
        "(1, 3) with ()": given.error(lambda: cross_entropy_from_logits(logits[:1], target[0])),
        "(3, 3) with (3,)": cross_entropy_from_logits(logits, target),
    }


@experiment(zh="只有一个样本或一个类别也可以；float32 的结果仍是 float32。", rtol=1e-4, atol=1e-5)
def small_and_single_precision(cross_entropy_from_logits, given: Given):
    """One sample or one class is enough, and float32 stays float32."""
    favorite = torch.tensor([[2.5, 0.0, 0.0, 0.0, 0.0]])
    base = given.tensor("base", 1, 5, low=-1.0, dtype=torch.float32)
    logits = given.keep("logits", (base + favorite).requires_grad_())
    loss = cross_entropy_from_logits(logits, given.integers("target", 1, 4, 1))
    one_class = cross_entropy_from_logits(given.tensor("one class", 3, 1), given.integers("only choice", 0, 1, 3))
    return {"loss": loss, **given.gradients(loss, logits=logits), "one class": one_class}


@experiment(zh="在恰好为 0 的 logits 处，梯度也是 (sigmoid(0) - t)/n。")
def gradient_at_zero(bce_with_logits, given: Given):
    """At logits of exactly 0 the gradient is (sigmoid(0) - t) / n, too."""
    logits = given.keep("logits", torch.zeros(2, 3, dtype=torch.float64, requires_grad=True))
    loss = bce_with_logits(logits, given.tensor("target", 2, 3, low=0.0))
    return {"loss": loss, **given.gradients(loss, logits=logits)}


@experiment(zh="元素个数相同但形状不同，或者根本不能广播，也抛出 ValueError。")
def same_count_other_shape(bce_with_logits, given: Given):
    """As many elements in another shape, and shapes that cannot be broadcast, raise ValueError as well."""
    logits, target = given.tensor("logits", 2, 3), given.tensor("target", 6, low=0.0)
    return {
        "(2, 3) with (6,)": given.error(lambda: bce_with_logits(logits, target)),
        "(2, 3) with (3, 2)": given.error(lambda: bce_with_logits(logits, target.reshape(3, 2))),
        "(2, 3) with (1, 2, 3)": given.error(lambda: bce_with_logits(logits, target.reshape(1, 2, 3))),
        "(2, 3) with (2, 1)": given.error(lambda: bce_with_logits(logits, target[:2].reshape(2, 1))),
        "(2, 3) with ()": given.error(lambda: bce_with_logits(logits, target[0])),
        "(2, 3) with (2, 3)": bce_with_logits(logits, target.reshape(2, 3)),
    }


@experiment(zh="任意维数都可以；硬标签 0 和 1 也是概率；float32 的结果仍是 float32。", rtol=1e-4, atol=1e-5)
def hard_labels(bce_with_logits, given: Given):
    """Hard labels are probabilities, too; any rank works, and float32 stays float32."""
    logits = given.tensor("logits", 2, 1, 3, dtype=torch.float32, requires_grad=True)
    target = given.keep("target", given.integers("labels", 0, 2, 2, 1, 3).float())
    loss = bce_with_logits(logits, target)
    alone = bce_with_logits(given.tensor("zero-dim"), torch.ones((), dtype=torch.float64))
    return {"loss": loss, **given.gradients(loss, logits=logits), "zero-dim": alone}


@experiment(zh="把握十足而且答对时损失趋于 0，答错时等于 |x|：硬标签也不会产生 nan。")
def confident_hard_labels(bce_with_logits, given: Given):
    """Sure and right costs almost nothing, sure and wrong costs |x|: hard labels make no nan either."""
    signs = torch.tensor([[1.0, -1.0], [1.0, -1.0]], dtype=torch.float64)
    logits = given.keep("logits", (given.tensor("size", 2, 2, low=800.0, high=1000.0) * signs).requires_grad_())
    labels = given.keep("target", torch.tensor([[1.0, 0.0], [0.0, 1.0]], dtype=torch.float64))
    loss = bce_with_logits(logits, labels)
    doubts = given.keep("doubts", 1 - given.tensor("tiny", 2, 2, low=1e-6, high=1e-5))
    almost = bce_with_logits(logits.detach().abs(), doubts)
    return {"loss": loss, **given.gradients(loss, logits=logits), "almost sure": almost}


@experiment(zh="在 ±6 到 ±8 之间，公式的每一部分都还起作用：不能提前按直线近似。")
def steep_part(bce_with_logits, given: Given):
    """Between 6 and 8 on either side every part of the formula still counts: it is no straight line yet."""
    signs = torch.tensor([1.0, -1.0, 1.0, -1.0], dtype=torch.float64)
    logits = given.keep("logits", (given.tensor("size", 4, low=6.0, high=8.0) * signs).requires_grad_())
    loss = bce_with_logits(logits, given.tensor("target", 4, low=0.1, high=0.9))
    return {"loss": loss, **given.gradients(loss, logits=logits)}
