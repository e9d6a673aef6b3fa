"""Exercise 1: loss functions.

A loss takes a pair (output, target) and says with one number how far apart
they are.

Your code is graded without access to files or to the network.

Background: the PyTorch tutorial "Neural Networks",
https://docs.pytorch.org/tutorials/beginner/blitz/neural_networks_tutorial.html

中文 (zh)
---------
练习 1：损失函数。

损失函数接收一对 (output, target)，用一个数衡量它们的差距。

评分时，你的代码不能访问文件和网络。

背景知识见 PyTorch 教程“Neural Networks”：
https://docs.pytorch.org/tutorials/beginner/blitz/neural_networks_tutorial.html
"""

import torch
from torch import Tensor


def compute_mse_loss(output: Tensor, target: Tensor) -> Tensor:
    """Return the mean squared error of output and target.

    The target holds as many elements as output, in any shape; each prediction
    is compared with its own element of the target, without a warning. Both
    arguments stay unchanged.

    Args:
        output: predictions, shape (N, C)
        target: N * C elements, any shape and memory layout

    Returns:
        A zero-dim tensor of the dtype of output, still attached to the graph of
        output; nan if there are no elements.

    Raises:
        ValueError: if output and target differ in their numbers of elements

    Example:
        >>> output = torch.tensor([[1.0, 2.0]])
        >>> target = torch.tensor([3.0, 2.0])
        >>> compute_mse_loss(output, target)
        tensor(2.)

    中文 (zh)
    ---------
    返回 output 与 target 的均方误差。

    target 与 output 元素个数相同，形状任意；每个预测值与其中一个比较，不产生
    警告。不修改两个参数。

    参数：
        output：预测值，形状 (N, C)
        target：目标值，共 N * C 个元素，形状与内存布局任意

    返回：
        零维张量，dtype 与 output 相同，仍连着 output 的计算图；没有元素时为
        nan。

    抛出：
        ValueError：output 与 target 的元素个数不同

    示例：
        >>> output = torch.tensor([[1.0, 2.0]])
        >>> target = torch.tensor([3.0, 2.0])
        >>> compute_mse_loss(output, target)
        tensor(2.)
    """
    ### BEGIN SOLUTION
    if output.numel() != target.numel():
        raise ValueError(f"output has {output.numel()} elements, target {target.numel()}")
    return torch.nn.MSELoss()(output, target.reshape(output.shape))
    ### END SOLUTION


def mse_by_hand(output: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """Compute the squared-error loss with tensor arithmetic only.

    Args:
        output: predictions, any shape
        target: same shape as output
        reduction: 'none' (keep the shape), or 'sum' or 'mean' over ALL elements

    Returns:
        For 'none' the squared errors in the shape of output, otherwise a
        zero-dim tensor. The result has the dtype of output and is attached to
        the graphs of both arguments. If there are no elements, 'mean' is nan
        and 'sum' is 0.

    Raises:
        ValueError: if the shapes differ, even if they could be broadcast, or if
            the reduction is unknown

    Example:
        >>> output, target = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 2.0])
        >>> mse_by_hand(output, target, reduction="none")
        tensor([4., 0.])
        >>> mse_by_hand(output, target, reduction="mean")
        tensor(2.)

    中文 (zh)
    ---------
    只用张量运算计算平方误差损失。

    参数：
        output：预测值，形状任意
        target：目标值，形状与 output 相同
        reduction：'none' 保持形状；'sum' 或 'mean' 对全部元素求和或平均

    返回：
        'none' 时为各元素的平方误差，形状与 output 相同；否则为零维张量。
        dtype 与 output 相同，仍连着两个参数的计算图。没有元素时 'mean' 为
        nan，'sum' 为 0。

    抛出：
        ValueError：形状不同（即使能广播），或 reduction 未知

    示例：
        >>> output, target = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 2.0])
        >>> mse_by_hand(output, target, reduction="none")
        tensor([4., 0.])
        >>> mse_by_hand(output, target, reduction="mean")
        tensor(2.)
    """
    ### BEGIN SOLUTION
    if output.shape != target.shape:
        raise ValueError(f"shapes differ: {tuple(output.shape)} and {tuple(target.shape)}")
    squares = (output - target) ** 2
    if reduction == "none":
        return squares
    if reduction == "sum":
        return squares.sum()
    if reduction == "mean":
        return squares.mean()
    raise ValueError(f"unknown reduction {reduction!r}")
    ### END SOLUTION


def cross_entropy_from_logits(logits: Tensor, target: Tensor) -> Tensor:
    """Return the mean cross-entropy of raw logits, without overflow.

    The gradient is (softmax(logits) - one_hot(target)) / N.

    Args:
        logits: shape (N, C), as large as +-1e4
        target: class indices of dtype int64, shape (N,)

    Returns:
        A zero-dim tensor of the dtype of logits.

    Raises:
        ValueError: unless logits is 2-D and target is 1-D of length N

    Example:
        >>> target = torch.tensor([1])
        >>> cross_entropy_from_logits(torch.zeros(1, 2), target)  # log(2)
        tensor(0.6931)
        >>> cross_entropy_from_logits(torch.tensor([[1e4, 0.0]]), target)
        tensor(10000.)

    中文 (zh)
    ---------
    由原始 logits 计算平均交叉熵，数值稳定。

    梯度为 (softmax(logits) - one_hot(target)) / N。

    参数：
        logits：形状 (N, C)，可以大到 ±1e4
        target：类别下标，dtype 为 int64，形状 (N,)

    返回：
        零维张量，dtype 与 logits 相同。

    抛出：
        ValueError：logits 不是二维，target 不是一维，或 target 的长度不是 N

    示例：
        >>> target = torch.tensor([1])
        >>> cross_entropy_from_logits(torch.zeros(1, 2), target)  # log(2)
        tensor(0.6931)
        >>> cross_entropy_from_logits(torch.tensor([[1e4, 0.0]]), target)
        tensor(10000.)
    """
    ### BEGIN SOLUTION
    if logits.dim() != 2 or target.dim() != 1 or len(target) != len(logits):
        raise ValueError(f"expected (N, C) and (N,), got {tuple(logits.shape)} and {tuple(target.shape)}")
    shifted = logits - logits.max(dim=1, keepdim=True).values
    log_probabilities = shifted - torch.log(torch.exp(shifted).sum(dim=1, keepdim=True))
    return -log_probabilities[torch.arange(len(target)), target].mean()
    ### END SOLUTION


def bce_with_logits(logits: Tensor, target: Tensor) -> Tensor:
    """Return the mean binary cross-entropy of raw logits, without overflow.

    The gradient is (sigmoid(logits) - target) / n everywhere, at 0 too.

    Args:
        logits: any shape, n elements, as large as +-1000
        target: same shape, probabilities in [0, 1] (soft labels are allowed)

    Returns:
        A zero-dim tensor of the dtype of logits.

    Raises:
        ValueError: if the shapes differ

    Example:
        >>> bce_with_logits(torch.tensor([0.0]), torch.tensor([0.5]))  # log(2)
        tensor(0.6931)
        >>> bce_with_logits(torch.tensor([-1000.0]), torch.tensor([1.0]))
        tensor(1000.)

    中文 (zh)
    ---------
    由原始 logits 计算平均二元交叉熵，数值稳定。

    梯度处处为 (sigmoid(logits) - target) / n，包括 0 处。

    参数：
        logits：形状任意，共 n 个元素，可以大到 ±1000
        target：形状相同，取值 [0, 1] 的概率（可以是软标签）

    返回：
        零维张量，dtype 与 logits 相同。

    抛出：
        ValueError：形状不同

    示例：
        >>> bce_with_logits(torch.tensor([0.0]), torch.tensor([0.5]))  # log(2)
        tensor(0.6931)
        >>> bce_with_logits(torch.tensor([-1000.0]), torch.tensor([1.0]))
        tensor(1000.)
    """
    ### BEGIN SOLUTION
    if logits.shape != target.shape:
        raise ValueError(f"shapes differ: {tuple(logits.shape)} and {tuple(target.shape)}")
    softplus = torch.logaddexp(logits, torch.zeros_like(logits))  # log(1 + exp(x)), and exp never overflows
    return (softplus - logits * target).mean()
    ### END SOLUTION
