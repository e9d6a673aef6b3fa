"""Public experiments of exercise 1: loss functions."""

import torch
from torch import Tensor

from grader import Given, exercise, experiment

exercise(
    en="Loss functions",
    zh="损失函数",
    points={"compute_mse_loss": 2, "mse_by_hand": 3, "cross_entropy_from_logits": 4, "bce_with_logits": 3},
)


@experiment(zh="目标可以是教程里的一维张量：损失是全部元素平方误差的平均，梯度流回 output，也没有任何警告。")
def one_row_flat_target(compute_mse_loss, given: Given):
    """The target may be the tutorial's 1-D tensor: the loss averages all squared errors and knows its way back."""
    output = given.tensor("output", 1, 10, requires_grad=True)
    target = given.tensor("target", 10)
    with given.warnings_seen() as seen:
        loss = compute_mse_loss(output, target)
    return {"loss": loss, **given.gradients(loss, output=output), "warnings": len(seen)}


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
    return {"loss": loss, **given.gradients(loss, output=output), "warnings": len(seen)}


@experiment(zh="reduction='mean' 对全部元素求平均，梯度为 2(output - target)/n，target 的梯度正好相反。")
def mean_over_all_elements(mse_by_hand, given: Given):
    """'mean' averages over all elements; the gradient is 2 (output - target) / n, that of the target its negative."""
    output = given.tensor("output", 4, 3, requires_grad=True)
    target = given.tensor("target", 4, 3, requires_grad=True)
    loss = mse_by_hand(output, target)
    return {"loss": loss, **given.gradients(loss, output=output, target=target)}


@experiment(zh="reduction='sum' 求和；'none' 为每个元素保留一个损失值，留在原来的位置。")
def sum_and_none(mse_by_hand, given: Given):
    """'sum' adds up, 'none' keeps one number per element where the element was; both can be differentiated."""
    target = given.tensor("target", 2, 3)
    summed, kept = (given.tensor(f"output for {name}", 2, 3, requires_grad=True) for name in ("sum", "none"))
    total, each = mse_by_hand(summed, target, reduction="sum"), mse_by_hand(kept, target, reduction="none")
    return {"sum": total, "none": each, **given.gradients(total, summed=summed), **given.gradients(each, kept=kept)}


@experiment(zh="形状不同（即使能广播）时抛出 ValueError。")
def shapes_must_agree(mse_by_hand, given: Given):
    """Shapes that differ raise ValueError, even those that could be broadcast."""
    flat, column = given.tensor("flat", 4), given.tensor("column", 4, 1)
    return {
        "(4,) with (4, 1)": given.error(lambda: mse_by_hand(flat, column)),
        "(4, 1) with (4,)": given.error(lambda: mse_by_hand(column, flat, "none")),
        "(4,) with (1,)": given.error(lambda: mse_by_hand(flat, flat[:1], "sum")),
        "(4,) with (4,)": mse_by_hand(flat, flat + 1 + flat.abs()),
    }


@experiment(zh="普通大小的 logits：损失是平均交叉熵，梯度为 (softmax - one_hot)/N。", rtol=1e-4, atol=1e-6)
def ordinary_logits(cross_entropy_from_logits, given: Given):
    """For ordinary logits the loss is the mean cross-entropy and the gradient (softmax - one_hot) / N."""
    logits = given.tensor("logits", 5, 3, low=-1.0, requires_grad=True)
    loss = cross_entropy_from_logits(logits, given.keep("target", torch.tensor([2, 0, 1, 1, 2])))
    return {"loss": loss, **given.gradients(loss, logits=logits)}


@experiment(zh="logits 大到 ±1e4 时，损失和梯度仍然有限而正确。")
def huge_logits(cross_entropy_from_logits, given: Given):
    """With logits as large as 1e4 the loss and its gradient are finite and right."""
    pattern = torch.tensor([[0.9, -1.0, 0.1], [-0.8, 0.7, -0.2], [-1.0, -0.6, -0.9]], dtype=torch.float64)
    logits = given.keep("logits", (1e4 * pattern + given.tensor("noise", 3, 3)).requires_grad_())
    loss = cross_entropy_from_logits(logits, given.keep("target", torch.tensor([0, 2, 2])))
    finite = isinstance(loss, Tensor) and bool(loss.isfinite().all())
    return {"loss": loss, "finite": finite, **given.gradients(loss, logits=logits)}


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


@experiment(zh="target 可以是 0 到 1 之间的软标签；梯度为 (sigmoid(x) - t)/n。", rtol=1e-4, atol=1e-6)
def soft_labels(bce_with_logits, given: Given):
    """Targets may be soft labels between 0 and 1; the gradient is (sigmoid(x) - t) / n."""
    logits = given.tensor("logits", 3, 4, requires_grad=True)
    loss = bce_with_logits(logits, given.tensor("target", 3, 4, low=0.0))
    return {"loss": loss, **given.gradients(loss, logits=logits)}


@experiment(zh="logits 大到 ±1000 时，损失和梯度仍然有限而正确。")
def confident_logits(bce_with_logits, given: Given):
    """With logits as large as 1000 and -1000 the loss and its gradient are finite and right."""
    signs = torch.tensor([1.0, -1.0, 1.0, -1.0, 1.0, -1.0], dtype=torch.float64)
    logits = given.keep("logits", (given.tensor("size", 6, low=800.0, high=1000.0) * signs).requires_grad_())
    loss = bce_with_logits(logits, given.tensor("target", 6, low=0.1, high=0.9))
    return {"loss": loss, **given.gradients(loss, logits=logits)}


@experiment(zh="形状不同（例如 (N, 1) 与 (N,)）时抛出 ValueError，不做广播。")
def equal_shapes_only(bce_with_logits, given: Given):
    """Different shapes, such as (N, 1) and (N,), raise ValueError instead of being broadcast."""
    logits, target = given.tensor("logits", 4), given.tensor("target", 4, low=0.0)
    return {
        "(4, 1) with (4,)": given.error(lambda: bce_with_logits(logits.reshape(4, 1), target)),
        "(4,) with (1, 4)": given.error(lambda: bce_with_logits(logits, target.reshape(1, 4))),
        "(4,) with (1,)": given.error(lambda: bce_with_logits(logits, target[:1])),
        "(4,) with (4,)": bce_with_logits(logits, target),
    }
