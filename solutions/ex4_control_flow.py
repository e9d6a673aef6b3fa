"""Exercise 4: conditions and loops (条件语句与循环语句).

Autograd records what was computed, not how your program decided it: `if` and `while` work as everywhere in Python.
自动求导记录的是实际做过的计算，而不是程序如何作出选择：if 和 while 的用法与普通 Python 一样。
"""

import torch
from torch import Tensor, nn


def piecewise_loss(output: Tensor, target: Tensor, kind: str = "huber", delta: float = 1.0) -> Tensor:
    """Return the mean over all elements of a piecewise loss of d = output - target.

    返回 d = output - target 的分段损失对全部元素的平均。

    output, target: same shape                                           (形状相同)
    kind: 'l1'         |d|, whatever delta is                            (与 delta 无关)
          'huber'      0.5 * d**2 where |d| <= delta, else delta * (|d| - 0.5 * delta)   (否则取后一式)
          'smooth_l1'  huber / delta, and l1 when delta is 0             (huber 除以 delta；delta 为 0 时即 l1)
    The gradient is 0 where d is 0.                                      (d = 0 处的梯度为 0)
    Raises ValueError for different shapes, an unknown kind, huber with delta <= 0 and smooth_l1 with delta < 0.
                         (形状不同、kind 未知、huber 的 delta ≤ 0、smooth_l1 的 delta < 0 时抛出 ValueError)
    """
    ### BEGIN SOLUTION
    if output.shape != target.shape:
        raise ValueError(f"shapes differ: {tuple(output.shape)} and {tuple(target.shape)}")
    if kind not in ("l1", "huber", "smooth_l1"):
        raise ValueError(f"unknown kind {kind!r}")
    if (kind == "huber" and delta <= 0) or (kind == "smooth_l1" and delta < 0):
        raise ValueError(f"{kind} cannot use delta = {delta}")
    distance = (output - target).abs()
    if kind == "l1" or delta == 0:
        return distance.mean()
    huber = torch.where(distance <= delta, 0.5 * distance**2, delta * (distance - 0.5 * delta))
    if kind == "smooth_l1":
        return huber.mean() / delta
    return huber.mean()
    ### END SOLUTION


def newton_sqrt(a: Tensor, tol: float = 1e-12, max_iter: int = 100) -> Tensor:
    """Return the elementwise square root of a by Newton's iteration x <- (x + a / x) / 2.

    用牛顿迭代 x ← (x + a / x) / 2 逐元素求 a 的平方根。

    Newton's iteration alone, without any sqrt or pow function.          (只用牛顿迭代，不使用 sqrt 或 pow 类函数)
    a: positive numbers, any shape, also () and (0,)                     (正数，任意形状，包括 () 与 (0,))
    tol: stop when every element changed by at most tol, relative to its size   (每个元素的相对变化都 ≤ tol 时停止)
    max_iter: stop after this many rounds in any case                    (无论如何，达到这个轮数就停止)
    The result keeps its graph: d/da is 1 / (2 * sqrt(a)).               (结果保留计算图，导数为 1/(2√a))
    Raises ValueError if an element is <= 0; leaves a as it was.         (有元素 ≤ 0 时抛出 ValueError；不修改 a)
    """
    ### BEGIN SOLUTION
    if (a <= 0).any():
        raise ValueError("every element must be positive")
    x = (a + 1) / 2
    for _ in range(max_iter):
        previous, x = x, (x + a / x) / 2
        if ((x - previous).abs() <= tol * x).all():
            break
    return x
    ### END SOLUTION


def repeat_until_small(layer: nn.Module, x: Tensor, threshold: float, max_steps: int) -> tuple[Tensor, int]:
    """Starting with h = x, replace h by tanh(layer(h)) while h is too large.

    从 h = x 开始，只要 h 还太大，就用 tanh(layer(h)) 替换 h。

    layer: a module that keeps the shape; the same one is used every time   (保持形状的模块；每次用的都是同一个)
    threshold: go on while the Euclidean norm of h is greater            (h 的欧氏范数大于它时继续)
    max_steps: the most replacements that are made                       (最多替换几次)
    Returns (h, number of replacements as an int), with the graph of all steps.
                                                     (返回 (h, 替换次数 int)，保留每一步的计算图)
    """
    ### BEGIN SOLUTION
    h, steps = x, 0
    while steps < max_steps and h.norm() > threshold:
        h = torch.tanh(layer(h))
        steps += 1
    return h, steps
    ### END SOLUTION
