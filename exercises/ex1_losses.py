"""Exercise 1: loss functions (损失函数).

A loss takes a pair (output, target) and says with one number how far apart they are.
损失函数接收一对 (output, target)，用一个数衡量它们的差距。
"""

import torch
from torch import Tensor


def compute_mse_loss(output: Tensor, target: Tensor) -> Tensor:
    """Return the mean squared error of output and a target that holds as many elements in any shape.

    返回 output 与元素个数相同、形状任意的 target 之间的均方误差。

    output: predictions, shape (N, C)                                    (预测值)
    target: N * C elements, any shape and memory layout                  (目标值，任意形状与内存布局)
    Returns a zero-dim tensor that is still attached to output's graph.  (返回仍连着 output 计算图的零维张量)
    Raises ValueError when the numbers of elements differ.               (元素个数不同时抛出 ValueError)
    Leaves both arguments as they were.                                  (不修改两个参数)
    """
    raise NotImplementedError("compute_mse_loss")


def mse_by_hand(output: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """Compute the squared-error loss with tensor arithmetic only.

    只用张量运算计算平方误差损失。

    output, target: same shape, any rank                                 (形状相同，任意维数)
    reduction: 'none' (keep the shape), 'sum' or 'mean' over ALL elements
               ('none' 保持形状；'sum' 对全部元素求和；'mean' 对全部元素求平均)
    Raises ValueError when the shapes differ, even if they could be broadcast, and for an unknown reduction.
               (形状不同（即使能广播）或 reduction 未知时抛出 ValueError)
    """
    raise NotImplementedError("mse_by_hand")


def cross_entropy_from_logits(logits: Tensor, target: Tensor) -> Tensor:
    """Return the mean cross-entropy of raw logits and class indices, without overflow.

    由原始 logits 与类别下标计算平均交叉熵，数值稳定。

    logits: shape (N, C), as large as +-1e4                              (可以大到 ±1e4)
    target: class indices of dtype int64, shape (N,)                     (int64 类别下标)
    The gradient is (softmax(logits) - one_hot(target)) / N.             (梯度为 (softmax - one_hot)/N)
    Raises ValueError unless logits is 2-D and target is 1-D of length N.
                              (logits 不是二维、target 不是一维或长度不是 N 时抛出 ValueError)
    """
    raise NotImplementedError("cross_entropy_from_logits")


def bce_with_logits(logits: Tensor, target: Tensor) -> Tensor:
    """Return the mean binary cross-entropy of raw logits and target probabilities, without overflow.

    由原始 logits 与目标概率计算平均二元交叉熵，数值稳定。

    logits: any shape, as large as +-1000                                (任意形状，可以大到 ±1000)
    target: same shape, probabilities in [0, 1] (soft labels too)        (形状相同，取值 [0, 1]，可以是软标签)
    The gradient is (sigmoid(logits) - target) / n everywhere, at 0 too.  (梯度处处为 (sigmoid - target)/n，包括 0 处)
    Raises ValueError when the shapes differ.                            (形状不同时抛出 ValueError)
    """
    raise NotImplementedError("bce_with_logits")
