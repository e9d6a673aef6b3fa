"""Public experiments of exercise 1: loss functions."""

import torch
from torch import Tensor

from grader import Given, exercise, experiment

exercise(
    en="Loss functions",
    zh="损失函数",
    points={"compute_mse_loss": 2, "mse_by_hand": 3, "cross_entropy_from_logits": 4, "bce_with_logits": 3},
)


def dtype_of(result):
    """The dtype of a result as a text; what is no tensor has none."""
    return str(getattr(result, "dtype", None))


def alternating(rows, columns):
    """Signs that change from one element to the next."""
    return torch.tensor([(-1.0) ** i for i in range(rows * columns)], dtype=torch.float64).reshape(rows, columns)


@experiment(zh="目标可以是教程里的一维张量：损失是全部元素平方误差的平均，梯度流回 output，也没有任何警告。")
def one_row_flat_target(compute_mse_loss, given: Given):
    """The target may be the tutorial's 1-D tensor: the loss averages all squared errors and knows its way back."""
    output = given.tensor("output", 1, 10, requires_grad=True)
    target = given.tensor("target", 10)
    with given.warnings_seen() as seen:
        loss = compute_mse_loss(output, target)
    several = compute_mse_loss(given.tensor("several rows", 3, 4), given.tensor("flat", 12))
    return {"loss": loss, **given.gradients(loss, output=output), "warnings": seen, "several rows": several}


@experiment(zh="output 有好几行时，每个预测值仍然只和自己的目标值比较，无论 target 是什么形状。")
def batch_with_any_shape(compute_mse_loss, given: Given):
    """With several rows each prediction is still compared with its own target only, whatever the target's shape."""
    output = given.tensor("output", 3, 4, requires_grad=True)
    loss = compute_mse_loss(output, given.tensor("target", 2, 6))
    return {"loss": loss, **given.gradients(loss, output=output)}


@experiment(zh="output 是一列 (N, 1) 而 target 是 (N,) 时，只做 N 次比较，不能广播成 N×N。")
def column_output(compute_mse_loss, given: Given):
    """A column of predictions (N, 1) against a flat target (N,) is N comparisons, not N times N."""
    output = given.tensor("output", 5, 1, requires_grad=True)
    target = given.tensor("target", 5)
    with given.warnings_seen() as seen:
        loss = compute_mse_loss(output, target)
    return {"loss": loss, **given.gradients(loss, output=output), "warnings": seen}


@experiment(zh="转置过的 target 按它自己的行列顺序比较，不是按内存里的顺序。")
def rows_and_columns_count(compute_mse_loss, given: Given):
    """A transposed target is read by its own rows and columns, not in the order of the memory."""
    output = given.tensor("output", 3, 4, requires_grad=True)
    target = given.keep("target", given.tensor("columns first", 6, 4)[:, ::2].T)
    loss = compute_mse_loss(output, target)
    return {"loss": loss, **given.gradients(loss, output=output)}


@experiment(zh="target 的元素太少或太多时抛出 ValueError，即使形状能够广播；没有元素时损失是 nan。")
def as_many_targets_as_outputs(compute_mse_loss, given: Given):
    """Too few or too many targets raise ValueError, even where they could be broadcast; without any the loss is nan."""
    output, row, column = given.tensor("output", 3, 5), given.tensor("row", 5), given.tensor("column", 3, 1)
    many, fitting, none = given.tensor("many", 4, 5), given.tensor("fitting", 15), given.tensor("none", 0, 5)
    loss = compute_mse_loss(output, fitting)
    return {
        "(3, 5) with (15,)": loss,
        "the loss is": given.flags(loss),
        "(3, 5) with (5,)": given.error(lambda: compute_mse_loss(output, row)),
        "(3, 5) with (3, 1)": given.error(lambda: compute_mse_loss(output, column)),
        "(3, 5) with (4, 5)": given.error(lambda: compute_mse_loss(output, many)),
        "(0, 5) with (0,)": compute_mse_loss(none, row[:0]),
    }


@experiment(zh="reduction='mean' 对全部元素求平均，梯度为 2(output - target)/n，target 的梯度正好相反。")
def mean_over_all_elements(mse_by_hand, given: Given):
    """'mean' averages over all elements; the gradient is 2 (output - target) / n, that of the target its negative."""
    output = given.tensor("output", 5, 3, requires_grad=True)
    target = given.tensor("target", 5, 3, requires_grad=True)
    loss = mse_by_hand(output, target, reduction="mean")
    return {"loss": loss, **given.gradients(loss, output=output, target=target)}


@experiment(zh="reduction='sum' 求和；'none' 为每个元素保留一个损失值，留在原来的位置。")
def sum_and_none(mse_by_hand, given: Given):
    """'sum' adds up, 'none' keeps one number per element where the element was; both can be differentiated."""
    target = given.tensor("target", 3, 4)
    summed, kept = (given.tensor(f"output for {name}", 3, 4, requires_grad=True) for name in ("sum", "none"))
    total, each = mse_by_hand(summed, target, reduction="sum"), mse_by_hand(kept, target, reduction="none")
    return {"sum": total, "none": each, **given.gradients(total, summed=summed), **given.gradients(each, kept=kept)}


@experiment(zh="不写 reduction 就是 'mean'；三个词以外的 reduction 抛出 ValueError。")
def only_three_reductions(mse_by_hand, given: Given):
    """Without a reduction it is 'mean'; any word but the three raises ValueError."""
    output, target = given.tensor("output", 5, 3), given.tensor("target", 5, 3)
    return {
        "no reduction": mse_by_hand(output, target),
        "'mean'": mse_by_hand(output, target, "mean"),
        "'average'": given.error(lambda: mse_by_hand(output, target, reduction="average")),
        "'Mean'": given.error(lambda: mse_by_hand(output, target, "Mean")),
        "'max'": given.error(lambda: mse_by_hand(output, target, reduction="max")),
        "''": given.error(lambda: mse_by_hand(output, target, reduction="")),
    }


@experiment(zh="形状不同（即使能广播，或者元素个数相同）时抛出 ValueError。")
def shapes_must_agree(mse_by_hand, given: Given):
    """Shapes that differ raise ValueError, even those that could be broadcast or hold as many elements."""
    flat, column, wide = given.tensor("flat", 4), given.tensor("column", 4, 1), given.tensor("wide", 3, 5)
    return {
        "(4,) with (4, 1)": given.error(lambda: mse_by_hand(flat, column)),
        "(4, 1) with (4,)": given.error(lambda: mse_by_hand(column, flat, "none")),
        "(4,) with (1,)": given.error(lambda: mse_by_hand(flat, flat[:1], "sum")),
        "(3, 5) with (3, 1)": given.error(lambda: mse_by_hand(wide, wide[:, :1], "sum")),
        "(3, 5) with (5, 3)": given.error(lambda: mse_by_hand(wide, wide.reshape(5, 3), "sum")),
        "(3, 5) with (3, 5)": mse_by_hand(wide, wide + 1 + wide.abs(), "mean"),
    }


@experiment(zh="任意维数都可以；空张量的 mean 为 nan，sum 为 0，与 nn.MSELoss 一样；float32 的结果仍是 float32。")
def any_number_of_dimensions(mse_by_hand, given: Given):
    """Any rank works; of no elements the mean is nan and the sum 0, as in nn.MSELoss; float32 stays float32."""
    single, target, empty = given.tensor("single"), given.tensor("target"), given.tensor("empty", 0, 3)
    cube, cube_target = given.tensor("cube", 3, 1, 4), given.tensor("cube target", 3, 1, 4)
    return {
        "zero-dim mean": mse_by_hand(single, target, "mean"),
        "3-D mean": mse_by_hand(cube, cube_target, "mean"),
        "empty mean": mse_by_hand(empty, empty.clone(), "mean"),
        "empty sum": mse_by_hand(empty, empty.clone(), "sum"),
        "dtype of float32": dtype_of(mse_by_hand(cube.float(), cube_target.float(), "none")),
    }


@experiment(zh="普通大小的 logits：损失是平均交叉熵，梯度为 (softmax - one_hot)/N。", rtol=1e-4, atol=1e-6)
def ordinary_logits(cross_entropy_from_logits, given: Given):
    """For ordinary logits the loss is the mean cross-entropy and the gradient (softmax - one_hot) / N."""
    logits = given.tensor("logits", 5, 4, low=-1.0, requires_grad=True)
    loss = cross_entropy_from_logits(logits, given.keep("target", torch.tensor([2, 0, 1, 1, 2])))
    return {"loss": loss, **given.gradients(loss, logits=logits)}


@experiment(zh="logits 大到 ±1e4 时，损失和梯度仍然有限而正确。")
def huge_logits(cross_entropy_from_logits, given: Given):
    """With logits as large as 1e4 the loss and its gradient are finite and right."""
    pattern = torch.tensor(
        [[0.9, -1.0, 0.1, 0.3], [-0.8, 0.7, -0.2, -0.4], [-1.0, -0.6, -0.9, -0.7]], dtype=torch.float64
    )
    logits = given.keep("logits", (1e4 * pattern + given.tensor("noise", 3, 4)).requires_grad_())
    loss = cross_entropy_from_logits(logits, given.keep("target", torch.tensor([0, 2, 2])))
    finite = isinstance(loss, Tensor) and bool(loss.isfinite().all())
    gap = torch.zeros(3, 5, dtype=torch.float64)
    gap[0, 1] = -720.0
    low = given.keep("low", given.tensor("spread", 3, 5) + gap - 7000.0)
    of_low = cross_entropy_from_logits(low, given.keep("low target", torch.tensor([1, 3, 0])))
    return {"loss": loss, "finite": finite, **given.gradients(loss, logits=logits), "near -7000": of_low}


@experiment(zh="每一行 logits 恰好有一个类别下标：target 太短或太长时抛出 ValueError。", rtol=1e-4, atol=1e-6)
def one_label_per_row(cross_entropy_from_logits, given: Given):
    """Every row of logits has exactly one class index: a target that is too short or too long raises ValueError."""
    logits, target = given.tensor("logits", 4, 3, low=-1.0), given.keep("target", torch.tensor([2, 0, 1, 1]))
    return {
        "(4, 3) with (3,)": given.error(lambda: cross_entropy_from_logits(logits, target[:3])),
        "(4, 3) with (1,)": given.error(lambda: cross_entropy_from_logits(logits, target[:1])),
        "(3, 3) with (4,)": given.error(lambda: cross_entropy_from_logits(logits[:3], target)),
        "(4, 3) with (4,)": cross_entropy_from_logits(logits, target),
    }


@experiment(zh="logits 不是二维或 target 不是一维时抛出 ValueError；float32 的结果仍是 float32。", rtol=1e-4, atol=1e-6)
def rows_of_logits_and_a_list_of_labels(cross_entropy_from_logits, given: Given):
    """Unless logits is 2-D and target 1-D, it raises ValueError; float32 stays float32."""
    logits, target = given.tensor("logits", 5, 4, low=-1.0), given.keep("target", torch.tensor([3, 0, 1, 2, 1]))
    cube = given.tensor("cube", 5, 4, 2)
    return {
        "(5, 4) with (5, 1)": given.error(lambda: cross_entropy_from_logits(logits, target.reshape(5, 1))),
        "(4,) with ()": given.error(lambda: cross_entropy_from_logits(logits[0], target[0])),
        "(5, 4, 2) with (5, 2)": given.error(
            lambda: cross_entropy_from_logits(cube, target.reshape(5, 1).expand(5, 2))
        ),
        "(5, 4) with (5,)": cross_entropy_from_logits(logits, target),
        "dtype of float32": dtype_of(cross_entropy_from_logits(logits.float(), target)),
    }


@experiment(
    zh="target 可以是 0 到 1 之间的软标签；梯度为 (sigmoid(x) - t)/n；float32 的结果仍是 float32。",
    rtol=1e-4,
    atol=1e-6,
)
def soft_labels(bce_with_logits, given: Given):
    """Targets may be soft labels between 0 and 1; the gradient is (sigmoid(x) - t) / n; float32 stays float32."""
    logits, target = given.tensor("logits", 3, 4, requires_grad=True), given.tensor("target", 3, 4, low=0.0)
    loss = bce_with_logits(logits, target)
    of_float32 = dtype_of(bce_with_logits(logits.detach().float(), target.float()))
    return {"loss": loss, **given.gradients(loss, logits=logits), "dtype of float32": of_float32}


@experiment(zh="在恰好为 0 的 logits 处，梯度也是 (sigmoid(0) - t)/n；硬标签 0 和 1 也是概率。", rtol=1e-5, atol=1e-6)
def zero_logits_and_hard_labels(bce_with_logits, given: Given):
    """At logits of exactly 0 the gradient is (sigmoid(0) - t) / n too, and hard labels 0 and 1 are probabilities."""
    zero = given.keep("zero", torch.zeros(5, 3, dtype=torch.float64, requires_grad=True))
    loss = bce_with_logits(zero, given.tensor("target", 5, 3, low=0.0))
    labels = [[1.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 1.0]]
    hard = given.keep("hard labels", torch.tensor(labels, dtype=torch.float64))
    single = bce_with_logits(given.tensor("single"), hard[0, 0])
    return {
        "loss": loss,
        **given.gradients(loss, zero=zero),
        "hard": bce_with_logits(given.tensor("logits", 3, 4), hard),
        "zero-dim": single,
    }


@experiment(zh="logits 在 ±6 到 ±8 之间时，损失和梯度准确到很多位。", rtol=1e-9)
def steep_logits(bce_with_logits, given: Given):
    """With logits between 6 and 8, or -6 and -8, the loss and its gradient are right to many digits."""
    logits = given.keep("logits", (given.tensor("size", 5, 3, low=6.0, high=8.0) * alternating(5, 3)).requires_grad_())
    loss = bce_with_logits(logits, given.tensor("target", 5, 3, low=0.1, high=0.9))
    return {"loss": loss, **given.gradients(loss, logits=logits)}


@experiment(zh="logits 大到 ±1000 时，损失和梯度仍然有限而正确。")
def confident_logits(bce_with_logits, given: Given):
    """With logits as large as 1000 and -1000 the loss and its gradient are finite and right."""
    size = given.tensor("size", 3, 5, low=800.0, high=1000.0)
    logits = given.keep("logits", (size * alternating(3, 5)).requires_grad_())
    loss = bce_with_logits(logits, given.tensor("target", 3, 5, low=0.1, high=0.9))
    return {"loss": loss, **given.gradients(loss, logits=logits)}


@experiment(zh="形状不同（例如 (N, 1) 与 (N,)）时抛出 ValueError，不做广播。")
def equal_shapes_only(bce_with_logits, given: Given):
    """Different shapes, such as (N, 1) and (N,), raise ValueError instead of being broadcast."""
    logits, target = given.tensor("logits", 3, 4), given.tensor("target", 3, 4, low=0.0)
    return {
        "(3, 1) with (3,)": given.error(lambda: bce_with_logits(logits[:, :1], target[:, 0])),
        "(3,) with (3, 1)": given.error(lambda: bce_with_logits(logits[:, 0], target[:, :1])),
        "(3, 4) with (4,)": given.error(lambda: bce_with_logits(logits, target[0])),
        "(3, 4) with (1, 4)": given.error(lambda: bce_with_logits(logits, target[:1])),
        "(3, 4) with (3, 4)": bce_with_logits(logits, target),
    }
