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
    """Return the dtype of a result as a text; "None" if the result has no dtype."""
    return str(getattr(result, "dtype", None))


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


def alternating(rows, columns):
    """Return a matrix of 1 and -1 that alternate from one element to the next."""
    return torch.tensor([(-1.0) ** i for i in range(rows * columns)], dtype=torch.float64).reshape(rows, columns)


@experiment(zh="target 是一维张量（如 torch.randn(10)）时，每个预测值与自己的目标值比较，也没有任何警告。")
def one_row_flat_target(compute_mse_loss, given: Given):
    """If the target is 1-D (torch.randn(10)), each prediction is compared with its own target, without a warning."""
    output = given.tensor("output", 1, 10, requires_grad=True)
    target = given.tensor("target", 10)
    with given.warnings_seen() as seen:
        loss = compute_mse_loss(output, target)
    several = compute_mse_loss(given.tensor("several rows", 3, 4), given.tensor("flat", 12))
    return {"loss": loss, **given.gradients(loss, output=output), "warnings": seen, "several rows": several}


@experiment(zh="output 有好几行时，每个预测值仍然只和自己的目标值比较，无论 target 是什么形状。")
def batch_with_any_shape(compute_mse_loss, given: Given):
    """If output has several rows, each prediction is compared with its own target, for any shape of the target."""
    output = given.tensor("output", 3, 4, requires_grad=True)
    loss = compute_mse_loss(output, given.tensor("target", 2, 6))
    return {"loss": loss, **given.gradients(loss, output=output)}


@experiment(zh="output 的形状是 (N, 1)、target 的形状是 (N,) 时，只做 N 次比较，不广播成 N×N。", rtol=1e-4, atol=1e-6)
def column_output(compute_mse_loss, given: Given):
    """If output has shape (N, 1) and target (N,), there are N differences, not N times N."""
    output = given.tensor("output", 5, 1, requires_grad=True)
    target = given.tensor("target", 5)
    with given.warnings_seen() as seen:
        loss = compute_mse_loss(output, target)
    return {**directions(given.gradients(loss, output=output)), "warnings": seen}


@experiment(zh="target 经过转置时，按它的行和列读取，而不是按内存里的顺序。", rtol=1e-4, atol=1e-6)
def rows_and_columns_count(compute_mse_loss, given: Given):
    """If the target was transposed, its rows and columns decide the order, not the memory."""
    output = given.tensor("output", 3, 4, requires_grad=True)
    target = given.keep("target", given.tensor("columns first", 6, 4)[:, ::2].T)
    loss = compute_mse_loss(output, target)
    return directions(given.gradients(loss, output=output))


@experiment(zh="target 的元素太少或太多时抛出 ValueError，即使形状能够广播。", rtol=1e-4, atol=1e-6)
def as_many_targets_as_outputs(compute_mse_loss, given: Given):
    """If the target has too few or too many elements, ValueError is raised, even if the shapes can be broadcast."""
    output, row, column = given.tensor("output", 3, 5), given.tensor("row", 5), given.tensor("column", 3, 1)
    many, fitting, other = given.tensor("many", 4, 5), given.tensor("fitting", 3, 5), given.tensor("other", 3, 5)
    return {
        "(3, 5) with (5,)": given.error(lambda: compute_mse_loss(output, row)),
        "(3, 5) with (3, 1)": given.error(lambda: compute_mse_loss(output, column)),
        "(3, 5) with (4, 5)": given.error(lambda: compute_mse_loss(output, many)),
        "one loss / another": ratio(compute_mse_loss(output, fitting), compute_mse_loss(output, other)),
    }


@experiment(zh="损失是零维张量；一个元素都没有时是 nan，与 nn.MSELoss 一样。")
def one_number(compute_mse_loss, given: Given):
    """The loss is a zero-dim tensor, and nan if there are no elements, as in nn.MSELoss."""
    output, target = given.tensor("output", 3, 5), given.tensor("target", 15)
    loss = compute_mse_loss(output, target)
    empty = compute_mse_loss(given.tensor("no rows", 0, 5), target[:0])
    return {"loss": loss, "the loss is": given.flags(loss), "no elements": empty}


@experiment(zh="reduction='mean' 对全部元素求平均，梯度为 2(output - target)/n，target 的梯度正好相反。")
def mean_over_all_elements(mse_by_hand, given: Given):
    """'mean' averages over all elements; the gradient is 2 (output - target) / n, that of the target its negative."""
    output = given.tensor("output", 5, 3, requires_grad=True)
    target = given.tensor("target", 5, 3, requires_grad=True)
    loss = mse_by_hand(output, target, reduction="mean")
    return {"loss": loss, **given.gradients(loss, output=output, target=target)}


@experiment(zh="reduction='sum' 把全部元素的平方误差加起来，梯度传回 output。")
def sum_over_all_elements(mse_by_hand, given: Given):
    """'sum' adds up the squared errors of all elements, and the gradient flows back to output."""
    output = given.tensor("output", 3, 4, requires_grad=True)
    loss = mse_by_hand(output, given.tensor("target", 3, 4), reduction="sum")
    return {"sum": loss, **given.gradients(loss, output=output)}


@experiment(zh="reduction='none' 为每个元素保留一个平方误差，留在原来的位置，梯度传回 output。")
def none_keeps_every_element(mse_by_hand, given: Given):
    """'none' keeps one squared error for each element, in its place, and the gradient flows back to output."""
    output = given.tensor("output", 3, 4, requires_grad=True)
    each = mse_by_hand(output, given.tensor("target", 3, 4), reduction="none")
    return {"none": each, **given.gradients(each, output=output)}


@experiment(zh="不写 reduction 就是 'mean'。")
def mean_by_default(mse_by_hand, given: Given):
    """Without a reduction, the loss is the mean."""
    output, target = given.tensor("output", 5, 3), given.tensor("target", 5, 3)
    return {"no reduction": mse_by_hand(output, target)}


@experiment(zh="reduction 不是那三个词之一时抛出 ValueError。", rtol=1e-4, atol=1e-6)
def only_three_reductions(mse_by_hand, given: Given):
    """If the reduction is none of the three words, ValueError is raised."""
    output, target, other = given.tensor("output", 5, 3), given.tensor("target", 5, 3), given.tensor("other", 5, 3)
    return {
        "'average'": given.error(lambda: mse_by_hand(output, target, reduction="average")),
        "'Mean'": given.error(lambda: mse_by_hand(output, target, "Mean")),
        "'max'": given.error(lambda: mse_by_hand(output, target, reduction="max")),
        "''": given.error(lambda: mse_by_hand(output, target, reduction="")),
        "one loss / another": ratio(mse_by_hand(output, target, "mean"), mse_by_hand(output, other, "mean")),
    }


@experiment(zh="形状不同（即使能广播，或者元素个数相同）时抛出 ValueError。", rtol=1e-4, atol=1e-6)
def shapes_must_agree(mse_by_hand, given: Given):
    """If the shapes differ, ValueError is raised, even if they can be broadcast or hold as many elements."""
    flat, column, wide = given.tensor("flat", 4), given.tensor("column", 4, 1), given.tensor("wide", 3, 5)
    loss, other_loss = mse_by_hand(wide, wide + 1 + wide.abs(), "mean"), mse_by_hand(wide, 1 - wide, "mean")
    return {
        "(4,) with (4, 1)": given.error(lambda: mse_by_hand(flat, column)),
        "(4, 1) with (4,)": given.error(lambda: mse_by_hand(column, flat, "none")),
        "(4,) with (1,)": given.error(lambda: mse_by_hand(flat, flat[:1], "sum")),
        "(3, 5) with (3, 1)": given.error(lambda: mse_by_hand(wide, wide[:, :1], "sum")),
        "(3, 5) with (5, 3)": given.error(lambda: mse_by_hand(wide, wide.reshape(5, 3), "sum")),
        "one loss / another": ratio(loss, other_loss),
    }


@experiment(zh="零维和三维的张量也可以。")
def any_number_of_dimensions(mse_by_hand, given: Given):
    """Tensors may be zero-dim or 3-D."""
    single, target = given.tensor("single"), given.tensor("target")
    cube, cube_target = given.tensor("cube", 3, 2, 4), given.tensor("cube target", 3, 2, 4)
    return {"zero-dim mean": mse_by_hand(single, target, "mean"), "3-D mean": mse_by_hand(cube, cube_target, "mean")}


@experiment(zh="空张量的 'mean' 为 nan，'sum' 为 0，与 nn.MSELoss 一样。", rtol=1e-4, atol=1e-6)
def no_elements(mse_by_hand, given: Given):
    """If there are no elements, 'mean' gives nan and 'sum' 0, as in nn.MSELoss."""
    empty, output = given.tensor("empty", 0, 3), given.tensor("output", 5, 3)
    target, other = given.tensor("target", 5, 3), given.tensor("other", 5, 3)
    return {
        "empty mean": mse_by_hand(empty, empty.clone(), "mean"),
        "empty sum": mse_by_hand(empty, empty.clone(), "sum"),
        "one mean / another sum": ratio(mse_by_hand(output, target, "mean"), mse_by_hand(output, other, "sum")),
    }


@experiment(zh="损失与 output 的 dtype 相同：float32 仍是 float32，float64 仍是 float64。", rtol=1e-4, atol=1e-6)
def same_dtype(mse_by_hand, given: Given):
    """The loss has the dtype of output: float32 stays float32, and float64 stays float64."""
    output, target, other = given.tensor("output", 5, 3), given.tensor("target", 5, 3), given.tensor("other", 5, 3)
    return {
        "of float32": dtype_of(mse_by_hand(output.float(), target.float(), "sum")),
        "of float64": dtype_of(mse_by_hand(output, target, "sum")),
        "one loss / another": ratio(mse_by_hand(output, target, "sum"), mse_by_hand(output, other, "sum")),
    }


@experiment(zh="普通大小的 logits：损失是平均交叉熵，梯度为 (softmax - one_hot)/N。", rtol=1e-4, atol=1e-6)
def ordinary_logits(cross_entropy_from_logits, given: Given):
    """For ordinary logits, the loss is the mean cross-entropy and the gradient (softmax - one_hot) / N."""
    logits = given.tensor("logits", 5, 4, low=-1.0, requires_grad=True)
    loss = cross_entropy_from_logits(logits, given.keep("target", torch.tensor([2, 0, 1, 1, 2])))
    return {"loss": loss, **given.gradients(loss, logits=logits)}


@experiment(zh="logits 大到 ±1e4 时，损失和梯度仍然有限而正确。")
def huge_logits(cross_entropy_from_logits, given: Given):
    """With logits as large as 1e4, the loss and its gradient are finite and right."""
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


@experiment(zh="target 太短或太长时抛出 ValueError：每一行 logits 恰好有一个类别下标。", rtol=1e-4, atol=1e-6)
def one_label_per_row(cross_entropy_from_logits, given: Given):
    """If the target is too short or too long, ValueError is raised: each row of logits has one class index."""
    logits, target = given.tensor("logits", 4, 3, low=-1.0), given.keep("target", torch.tensor([2, 0, 1, 1]))
    other = given.tensor("other", 4, 3, low=-1.0)
    return {
        "(4, 3) with (3,)": given.error(lambda: cross_entropy_from_logits(logits, target[:3])),
        "(4, 3) with (1,)": given.error(lambda: cross_entropy_from_logits(logits, target[:1])),
        "(3, 3) with (4,)": given.error(lambda: cross_entropy_from_logits(logits[:3], target)),
        "one loss / another": ratio(
            cross_entropy_from_logits(logits, target), cross_entropy_from_logits(other, target)
        ),
    }


@experiment(zh="logits 不是二维，或 target 不是一维时，抛出 ValueError。", rtol=1e-4, atol=1e-6)
def rows_of_logits_and_a_list_of_labels(cross_entropy_from_logits, given: Given):
    """Unless logits is 2-D and target 1-D, ValueError is raised."""
    logits, target = given.tensor("logits", 5, 4, low=-1.0), given.keep("target", torch.tensor([3, 0, 1, 2, 1]))
    cube, other = given.tensor("cube", 5, 4, 2), given.tensor("other", 5, 4, low=-1.0)
    labels = target.reshape(5, 1)
    return {
        "(5, 4) with (5, 1)": given.error(lambda: cross_entropy_from_logits(logits, labels)),
        "(4,) with ()": given.error(lambda: cross_entropy_from_logits(logits[0], target[0])),
        "(5, 4, 2) with (5, 2)": given.error(lambda: cross_entropy_from_logits(cube, labels.expand(5, 2))),
        "one loss / another": ratio(
            cross_entropy_from_logits(logits, target), cross_entropy_from_logits(other, target)
        ),
    }


@experiment(zh="损失与 logits 的 dtype 相同：float32 仍是 float32，float64 仍是 float64。", rtol=1e-4, atol=1e-6)
def dtype_of_the_logits(cross_entropy_from_logits, given: Given):
    """The loss has the dtype of logits: float32 stays float32, and float64 stays float64."""
    logits, target = given.tensor("logits", 5, 4, low=-1.0), given.keep("target", torch.tensor([3, 0, 1, 2, 1]))
    other = given.tensor("other", 5, 4, low=-1.0)
    return {
        "of float32": dtype_of(cross_entropy_from_logits(logits.float(), target)),
        "of float64": dtype_of(cross_entropy_from_logits(logits, target)),
        "one loss / another": ratio(
            cross_entropy_from_logits(logits, target), cross_entropy_from_logits(other, target)
        ),
    }


@experiment(zh="target 可以是 0 到 1 之间的软标签；梯度为 (sigmoid(x) - t)/n。", rtol=1e-4, atol=1e-6)
def soft_labels(bce_with_logits, given: Given):
    """Targets may be soft labels between 0 and 1; the gradient is (sigmoid(x) - t) / n."""
    logits, target = given.tensor("logits", 3, 4, requires_grad=True), given.tensor("target", 3, 4, low=0.0)
    loss = bce_with_logits(logits, target)
    return {"loss": loss, **given.gradients(loss, logits=logits)}


@experiment(zh="有的 logits 恰好为 0 时，梯度的方向仍与 sigmoid(x) - t 一致。", rtol=1e-5, atol=1e-6)
def gradient_at_exactly_zero(bce_with_logits, given: Given):
    """If some logits are exactly 0, the gradient still has the direction of sigmoid(x) - t."""
    mask = (alternating(5, 3) + 1) / 2
    logits = given.keep("logits", (given.tensor("base", 5, 3) * mask).requires_grad_())
    loss = bce_with_logits(logits, given.tensor("target", 5, 3, low=0.0))
    return directions(given.gradients(loss, logits=logits))


@experiment(zh="硬标签 0 和 1 也是概率。", rtol=1e-5, atol=1e-6)
def zeros_and_ones_as_targets(bce_with_logits, given: Given):
    """Targets may be hard labels: 0 and 1 are probabilities, too."""
    labels = [[1.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 1.0]]
    hard = given.keep("hard labels", torch.tensor(labels, dtype=torch.float64))
    return {"loss": bce_with_logits(given.tensor("logits", 3, 4), hard)}


@experiment(zh="零维的 logits 也可以；损失与 logits 的 dtype 相同。", rtol=1e-4, atol=1e-6)
def single_logit(bce_with_logits, given: Given):
    """The logits may be zero-dim, and the loss has their dtype."""
    logit, target = (
        given.tensor("logit", low=-3.0, high=-1.0),
        given.keep("target", torch.ones((), dtype=torch.float64)),
    )
    loss = bce_with_logits(logit, target)
    of_float32 = dtype_of(bce_with_logits(logit.float(), target.float()))
    return {"loss": loss, "dtype of float32": of_float32, "dtype of float64": dtype_of(loss)}


@experiment(zh="logits 在 ±6 到 ±8 之间时，损失和梯度准确到很多位。", rtol=1e-9)
def steep_logits(bce_with_logits, given: Given):
    """With logits between 6 and 8, or -6 and -8, the loss and its gradient are right to many digits."""
    logits = given.keep("logits", (given.tensor("size", 5, 3, low=6.0, high=8.0) * alternating(5, 3)).requires_grad_())
    loss = bce_with_logits(logits, given.tensor("target", 5, 3, low=0.1, high=0.9))
    return {"loss": loss, **given.gradients(loss, logits=logits)}


@experiment(zh="logits 大到 ±1000 时，损失和梯度仍然有限而正确。")
def confident_logits(bce_with_logits, given: Given):
    """With logits as large as 1000 and -1000, the loss and its gradient are finite and right."""
    size = given.tensor("size", 3, 5, low=800.0, high=1000.0)
    logits = given.keep("logits", (size * alternating(3, 5)).requires_grad_())
    loss = bce_with_logits(logits, given.tensor("target", 3, 5, low=0.1, high=0.9))
    return {"loss": loss, **given.gradients(loss, logits=logits)}


@experiment(zh="形状不同（例如 (N, 1) 与 (N,)）时抛出 ValueError，不做广播。", rtol=1e-4, atol=1e-6)
def equal_shapes_only(bce_with_logits, given: Given):
    """If the shapes differ, such as (N, 1) and (N,), ValueError is raised; nothing is broadcast."""
    logits, target = given.tensor("logits", 3, 4), given.tensor("target", 3, 4, low=0.0)
    other = given.tensor("other", 3, 4)
    return {
        "(3, 1) with (3,)": given.error(lambda: bce_with_logits(logits[:, :1], target[:, 0])),
        "(3,) with (3, 1)": given.error(lambda: bce_with_logits(logits[:, 0], target[:, :1])),
        "(3, 4) with (4,)": given.error(lambda: bce_with_logits(logits, target[0])),
        "(3, 4) with (1, 4)": given.error(lambda: bce_with_logits(logits, target[:1])),
        "one loss / another": ratio(bce_with_logits(logits, target), bce_with_logits(other, target)),
    }
