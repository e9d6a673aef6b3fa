"""Hidden experiments of exercise 1: loss functions."""

import torch

from grader import Given, experiment


@experiment(zh="转置过的（内存不连续的）target 也能用，并且保持原样。")
def transposed_target(compute_mse_loss, given: Given):
    """A target in another memory layout works as well, and stays as it was."""
    output = given.tensor("output", 3, 4, requires_grad=True)
    target = given.keep("target", given.tensor("base", 6, 2).T)
    loss = compute_mse_loss(output, target)
    return {"loss": loss, **given.gradients(loss, output=output)}


@experiment(zh="元素个数不同时抛出 ValueError，即使形状能够广播。")
def counts_must_agree(compute_mse_loss, given: Given):
    """Different numbers of elements raise ValueError, even where the shapes could be broadcast."""
    output = given.tensor("output", 2, 10)
    one_row, scalar, column = given.tensor("one row", 10), given.tensor("scalar"), given.tensor("column", 2, 1)
    return {
        "(2, 10) with (10,)": given.error(lambda: compute_mse_loss(output, one_row)),
        "(2, 10) with ()": given.error(lambda: compute_mse_loss(output, scalar)),
        "(2, 10) with (2, 1)": given.error(lambda: compute_mse_loss(output, column)),
        "(2, 10) with (21,)": given.error(lambda: compute_mse_loss(output, output.new_zeros(21))),
        "(2, 10) with (20,)": compute_mse_loss(output, given.tensor("fitting", 20)),
    }


@experiment(zh="结果的 dtype 与 output 相同；(1, C) 的行与 (C, 1) 的列也能逐个比较。", rtol=1e-5, atol=1e-6)
def single_precision(compute_mse_loss, given: Given):
    """A float32 pair gives a float32 loss; a row against a column is compared element by element."""
    output = given.tensor("output", 1, 6, dtype=torch.float32, requires_grad=True)
    loss = compute_mse_loss(output, given.tensor("target", 6, 1, dtype=torch.float32))
    return {"loss": loss, **given.gradients(loss, output=output)}


@experiment(zh="未知的 reduction 抛出 ValueError，而不是悄悄取平均。")
def unknown_reduction(mse_by_hand, given: Given):
    """An unknown reduction raises ValueError instead of guessing."""
    output, target = given.tensor("output", 3), given.tensor("target", 3)
    return {
        "'average'": given.error(lambda: mse_by_hand(output, target, reduction="average")),
        "'Mean'": given.error(lambda: mse_by_hand(output, target, reduction="Mean")),
        "''": given.error(lambda: mse_by_hand(output, target, reduction="")),
        "'mean'": mse_by_hand(output, target, reduction="mean"),
    }


@experiment(zh="任意维数都可以：零维、三维；空张量的 mean 为 nan，sum 为 0。")
def any_rank(mse_by_hand, given: Given):
    """Any rank works, zero-dim and 3-D too; of an empty tensor the mean is nan and the sum 0."""
    zero, cube = given.tensor("zero-dim", requires_grad=True), given.tensor("cube", 2, 1, 3)
    empty = torch.zeros(0, 3, dtype=torch.float64)
    of_zero = mse_by_hand(zero, given.tensor("target"), "mean")
    return {
        "zero-dim": of_zero,
        **given.gradients(of_zero, output=zero),
        "zero-dim none": mse_by_hand(zero.detach(), zero.detach() * 3, "none"),
        "cube": mse_by_hand(cube, given.tensor("cube target", 2, 1, 3), "mean"),
        "cube none": mse_by_hand(cube, cube * 2, "none"),
        "empty mean": mse_by_hand(empty, empty, "mean"),
        "empty sum": mse_by_hand(empty, empty, "sum"),
        "empty none": mse_by_hand(empty, empty, "none"),
    }


@experiment(zh="各行相差上千时，每一行都要单独平移。")
def rows_far_apart(cross_entropy_from_logits, given: Given):
    """Rows that differ by thousands are each right: a shift for the whole batch is not enough."""
    offsets = torch.tensor([[0.0], [-3000.0], [5000.0]], dtype=torch.float64)
    logits = given.keep("logits", (given.tensor("base", 3, 4) + offsets).requires_grad_())
    loss = cross_entropy_from_logits(logits, given.integers("target", 0, 4, 3))
    return {"loss": loss, **given.gradients(loss, logits=logits)}


@experiment(zh="很有把握却答错时，损失随 logits 线性增大，不会被截断。")
def confident_mistakes(cross_entropy_from_logits, given: Given):
    """A confident wrong answer costs as much as its logits say: nothing is clipped."""
    logits = given.keep("logits", (given.tensor("base", 3, 3) + 60.0 * torch.eye(3, dtype=torch.float64)).requires_grad_())
    target = given.keep("target", torch.tensor([1, 2, 0]))
    loss = cross_entropy_from_logits(logits, target)
    return {"loss": loss, **given.gradients(loss, logits=logits)}


@experiment(zh="logits 必须是二维，target 必须是长度为 N 的一维张量，否则抛出 ValueError。")
def ranks_and_lengths(cross_entropy_from_logits, given: Given):
    """Unless logits is 2-D and target 1-D of length N, ValueError."""
    logits, target = given.tensor("logits", 4, 3), given.integers("target", 0, 3, 4)
    column, cube = target.reshape(4, 1), logits.reshape(4, 3, 1)
    return {
        "1-D logits": given.error(lambda: cross_entropy_from_logits(logits[0], target[:1])),
        "3-D logits": given.error(lambda: cross_entropy_from_logits(cube, target)),
        "2-D target": given.error(lambda: cross_entropy_from_logits(logits, column)),
        "zero-dim target": given.error(lambda: cross_entropy_from_logits(logits[:1], target[0])),
        "short target": given.error(lambda: cross_entropy_from_logits(logits, target[:3])),
        "long target": given.error(lambda: cross_entropy_from_logits(logits[:3], target)),
        "fitting": cross_entropy_from_logits(logits, target),
    }


@experiment(zh="只有一个样本或一个类别也可以；float32 的结果仍是 float32。", rtol=1e-5, atol=1e-6)
def small_and_single_precision(cross_entropy_from_logits, given: Given):
    """One sample or one class is enough, and float32 stays float32."""
    logits = given.tensor("logits", 1, 5, low=-90.0, high=90.0, dtype=torch.float32, requires_grad=True)
    loss = cross_entropy_from_logits(logits, given.integers("target", 0, 5, 1))
    one_class = cross_entropy_from_logits(given.tensor("one class", 3, 1), torch.zeros(3, dtype=torch.int64))
    return {"loss": loss, **given.gradients(loss, logits=logits), "one class": one_class + 0.0}


@experiment(zh="在恰好为 0 的 logits 处，梯度也是 (sigmoid(0) - t)/n。")
def gradient_at_zero(bce_with_logits, given: Given):
    """At logits of exactly 0 the gradient is (sigmoid(0) - t) / n, too."""
    logits = given.keep("logits", torch.zeros(2, 3, dtype=torch.float64, requires_grad=True))
    loss = bce_with_logits(logits, given.tensor("target", 2, 3, low=0.0))
    return {"loss": loss, **given.gradients(loss, logits=logits)}


@experiment(zh="形状不同（例如 (N, 1) 与 (N,)）时抛出 ValueError。")
def equal_shapes_only(bce_with_logits, given: Given):
    """Different shapes, such as (N, 1) and (N,), raise ValueError."""
    logits, target = given.tensor("logits", 4), given.tensor("target", 4, low=0.0)
    return {
        "(4, 1) with (4,)": given.error(lambda: bce_with_logits(logits.reshape(4, 1), target)),
        "(4,) with (1, 4)": given.error(lambda: bce_with_logits(logits, target.reshape(1, 4))),
        "(4,) with (1,)": given.error(lambda: bce_with_logits(logits, target[:1])),
        "(4,) with (4,)": bce_with_logits(logits, target),
    }


@experiment(zh="任意维数都可以；硬标签 0 和 1 也是概率；float32 的结果仍是 float32。", rtol=1e-5, atol=1e-6)
def hard_labels(bce_with_logits, given: Given):
    """Hard labels are probabilities, too; any rank works, and float32 stays float32."""
    logits = given.tensor("logits", 2, 1, 3, dtype=torch.float32, requires_grad=True)
    target = given.keep("target", given.integers("labels", 0, 2, 2, 1, 3).float())
    loss = bce_with_logits(logits, target)
    alone = bce_with_logits(given.tensor("zero-dim"), torch.ones((), dtype=torch.float64))
    return {"loss": loss, **given.gradients(loss, logits=logits), "zero-dim": alone}
