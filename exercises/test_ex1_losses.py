"""Public experiments of exercise 1: loss functions."""

from grader import Given, exercise, experiment

exercise(
    en="Loss functions",
    zh="损失函数",
    points={"compute_mse_loss": 2, "mse_by_hand": 3, "cross_entropy_from_logits": 4, "bce_with_logits": 3},
)


@experiment(zh="目标可以是教程里的一维张量：损失是全部元素平方误差的平均，梯度流回 output。")
def one_row_flat_target(compute_mse_loss, given: Given):
    """The target may be the tutorial's 1-D tensor: the loss averages all squared errors, and output gets its gradient."""
    output = given.tensor("output", 1, 10, requires_grad=True)
    loss = compute_mse_loss(output, given.tensor("target", 10))
    return {"loss": loss, **given.gradients(loss, output=output)}


@experiment(zh="output 有好几行时，每个预测值仍然只和自己的目标值比较。")
def batch_with_any_shape(compute_mse_loss, given: Given):
    """With several rows each prediction is still compared with its own target and no other, and nothing warns."""
    output = given.tensor("output", 3, 4, requires_grad=True)
    target = given.tensor("target", 2, 6)
    with given.warnings_seen() as seen:
        loss = compute_mse_loss(output, target)
    return {"loss": loss, **given.gradients(loss, output=output), "warnings": len(seen)}


@experiment(zh="output 是一列 (N, 1) 而 target 是 (N,) 时，不能广播成 N×N。")
def column_output(compute_mse_loss, given: Given):
    """A column of predictions (N, 1) against a flat target (N,) is N comparisons, not N times N."""
    output = given.tensor("output", 5, 1, requires_grad=True)
    loss = compute_mse_loss(output, given.tensor("target", 5))
    return {"loss": loss, **given.gradients(loss, output=output)}


@experiment(zh="reduction='mean' 对全部元素求平均，梯度为 2(output - target)/n，target 的梯度正好相反。")
def mean_over_all_elements(mse_by_hand, given: Given):
    """'mean' averages over all elements; the gradient is 2 (output - target) / n, that of the target its negative."""
    output = given.tensor("output", 4, 3, requires_grad=True)
    target = given.tensor("target", 4, 3, requires_grad=True)
    loss = mse_by_hand(output, target)
    return {"loss": loss, **given.gradients(loss, output=output, target=target)}


@experiment(zh="reduction='sum' 求和，'none' 为每个元素保留一个损失值，形状不变。")
def sum_and_none(mse_by_hand, given: Given):
    """'sum' adds up, 'none' keeps one number per element where the element was."""
    output, target = given.tensor("output", 2, 3, requires_grad=True), given.tensor("target", 2, 3)
    total, each = mse_by_hand(output, target, reduction="sum"), mse_by_hand(output, target, reduction="none")
    return {"sum": total, "none": each, **given.gradients(each, output=output)}


@experiment(zh="形状不同（即使能广播）时抛出 ValueError。")
def shapes_must_agree(mse_by_hand, given: Given):
    """Shapes that differ raise ValueError, even those that could be broadcast."""
    flat, column = given.tensor("flat", 4), given.tensor("column", 4, 1)
    return {
        "(4,) with (4, 1)": given.error(lambda: mse_by_hand(flat, column)),
        "(4, 1) with (4,)": given.error(lambda: mse_by_hand(column, flat, "none")),
        "(4,) with (1,)": given.error(lambda: mse_by_hand(flat, flat[:1], "sum")),
        "equal shapes": mse_by_hand(flat, flat + 1 + flat.abs()),
    }


@experiment(zh="普通大小的 logits：损失是平均交叉熵，梯度为 (softmax - one_hot)/N。")
def ordinary_logits(cross_entropy_from_logits, given: Given):
    """For ordinary logits the loss is the mean cross-entropy and the gradient (softmax - one_hot) / N."""
    logits = given.tensor("logits", 5, 3, requires_grad=True)
    loss = cross_entropy_from_logits(logits, given.integers("target", 0, 3, 5))
    return {"loss": loss, **given.gradients(loss, logits=logits)}


@experiment(zh="logits 大到 ±1e4 时，损失和梯度仍然有限而正确。")
def huge_logits(cross_entropy_from_logits, given: Given):
    """With logits as large as 1e4 the loss and its gradient are finite and right."""
    logits = given.tensor("logits", 4, 3, low=-1e4, high=1e4, requires_grad=True)
    loss = cross_entropy_from_logits(logits, given.integers("target", 0, 3, 4))
    return {"loss": loss, **given.gradients(loss, logits=logits)}


@experiment(zh="target 可以是 0 到 1 之间的软标签；梯度为 (sigmoid(x) - t)/n。")
def soft_labels(bce_with_logits, given: Given):
    """Targets may be soft labels between 0 and 1; the gradient is (sigmoid(x) - t) / n."""
    logits = given.tensor("logits", 3, 4, requires_grad=True)
    loss = bce_with_logits(logits, given.tensor("target", 3, 4, low=0.0))
    return {"loss": loss, **given.gradients(loss, logits=logits)}


@experiment(zh="logits 为 ±1000 时，损失和梯度仍然有限而正确。")
def confident_logits(bce_with_logits, given: Given):
    """With logits of 1000 and -1000 the loss and its gradient are finite and right."""
    logits = given.tensor("logits", 6, low=500.0, high=1000.0)
    signs = given.integers("signs", 0, 2, 6) * 2 - 1
    logits = given.keep("logits", (logits * signs).requires_grad_())
    loss = bce_with_logits(logits, given.tensor("target", 6, low=0.0))
    return {"loss": loss, **given.gradients(loss, logits=logits)}
