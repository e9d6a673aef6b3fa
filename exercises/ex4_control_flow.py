"""Exercise 4: conditions and loops.

Autograd records what was computed, not how your program decided it: `if`
and `while` work as everywhere in Python.

Your code is graded without access to files or to the network.

Background: the PyTorch tutorial "Neural Networks",
https://docs.pytorch.org/tutorials/beginner/blitz/neural_networks_tutorial.html

中文 (zh)
---------
练习 4：条件语句与循环语句。

自动求导记录的是实际做过的计算，而不是程序如何作出选择：if 和 while 的用法与
普通 Python 一样。

评分时，你的代码不能访问文件和网络。

背景知识见 PyTorch 教程“Neural Networks”：
https://docs.pytorch.org/tutorials/beginner/blitz/neural_networks_tutorial.html
"""

import torch
from torch import Tensor, nn


def piecewise_loss(output: Tensor, target: Tensor, kind: str = "huber", delta: float = 1.0) -> Tensor:
    """Return a piecewise loss of d = output - target.

    It is the mean over all elements. The gradient is 0 where d is 0.

    Args:
        output: predictions, any shape
        target: same shape as output
        kind: one of
            'l1': |d|; delta is not used
            'huber': 0.5 * d**2 where |d| <= delta,
                else delta * (|d| - 0.5 * delta)
            'smooth_l1': huber / delta, and l1 when delta is 0
        delta: the value of |d| at which the two pieces meet

    Returns:
        A zero-dim tensor.

    Raises:
        ValueError: for different shapes, an unknown kind, huber with
            delta <= 0, or smooth_l1 with delta < 0

    Example:
        >>> output, target = torch.tensor([1.0, 3.0]), torch.zeros(2)
        >>> piecewise_loss(output, target, kind="l1")
        tensor(2.)
        >>> piecewise_loss(output, target, kind="huber")  # (0.5 + 2.5) / 2
        tensor(1.5000)

    中文 (zh)
    ---------
    返回 d = output - target 的分段损失。

    对全部元素求平均。d = 0 处的梯度为 0。

    参数：
        output：预测值，形状任意
        target：目标值，形状与 output 相同
        kind：取以下之一
            'l1'：|d|，与 delta 无关
            'huber'：|d| <= delta 时为 0.5 * d**2，
                否则为 delta * (|d| - 0.5 * delta)
            'smooth_l1'：huber 除以 delta；delta 为 0 时即 l1
        delta：两段的分界

    返回：
        零维张量。

    抛出：
        ValueError：形状不同、kind 未知、huber 的 delta <= 0，或
            smooth_l1 的 delta < 0

    示例：
        >>> output, target = torch.tensor([1.0, 3.0]), torch.zeros(2)
        >>> piecewise_loss(output, target, kind="l1")
        tensor(2.)
        >>> piecewise_loss(output, target, kind="huber")  # (0.5 + 2.5) / 2
        tensor(1.5000)
    """
    raise NotImplementedError("piecewise_loss")


def newton_sqrt(a: Tensor, tol: float = 1e-12, max_iter: int = 100) -> Tensor:
    """Return the elementwise square root of a by Newton's iteration.

    Use only the iteration x <- (x + a / x) / 2, without any sqrt or pow
    function. Do not change a.

    Args:
        a: positive numbers, any shape, including () and (0,)
        tol: stop when the relative change of every element is at most tol
        max_iter: the maximum number of rounds

    Returns:
        A tensor of the shape of a that keeps its graph: d/da is
        1 / (2 * sqrt(a)).

    Raises:
        ValueError: if an element is <= 0

    Example:
        >>> newton_sqrt(torch.tensor([4.0, 9.0], dtype=torch.float64))
        tensor([2., 3.], dtype=torch.float64)

    中文 (zh)
    ---------
    用牛顿迭代 x ← (x + a / x) / 2 逐元素求 a 的平方根。

    只用牛顿迭代，不使用 sqrt 或 pow 类函数。不修改 a。

    参数：
        a：正数，形状任意，包括 () 与 (0,)
        tol：每个元素的相对变化都不超过 tol 时停止
        max_iter：无论如何，达到这个轮数就停止

    返回：
        与 a 同形状的张量，保留计算图：d/da 为 1 / (2 * sqrt(a))。

    抛出：
        ValueError：有元素 <= 0

    示例：
        >>> newton_sqrt(torch.tensor([4.0, 9.0], dtype=torch.float64))
        tensor([2., 3.], dtype=torch.float64)
    """
    raise NotImplementedError("newton_sqrt")


def repeat_until_small(layer: nn.Module, x: Tensor, threshold: float, max_steps: int) -> tuple[Tensor, int]:
    """Replace h by tanh(layer(h)), starting with h = x, while h is too large.

    Args:
        layer: a module that keeps the shape; use the same one every time
        x: the first h
        threshold: continue while the Euclidean norm of h is greater than this
        max_steps: the maximum number of replacements

    Returns:
        A tuple (h, number of replacements as an int); h has the graph of all
        steps.

    Example:
        >>> x = torch.tensor([-3.0, -4.0])  # its norm is 5
        >>> repeat_until_small(nn.ReLU(), x, threshold=5.0, max_steps=10)
        (tensor([-3., -4.]), 0)
        >>> repeat_until_small(nn.ReLU(), x, threshold=1.0, max_steps=10)
        (tensor([0., 0.]), 1)

    中文 (zh)
    ---------
    从 h = x 开始，只要 h 还太大，就用 tanh(layer(h)) 替换 h。

    参数：
        layer：保持形状的模块；每次用的都是同一个
        x：最初的 h
        threshold：h 的欧氏范数大于它时继续
        max_steps：最多替换几次

    返回：
        元组 (h, 替换次数)：h 保留每一步的计算图，替换次数为 int。

    示例：
        >>> x = torch.tensor([-3.0, -4.0])  # its norm is 5
        >>> repeat_until_small(nn.ReLU(), x, threshold=5.0, max_steps=10)
        (tensor([-3., -4.]), 0)
        >>> repeat_until_small(nn.ReLU(), x, threshold=1.0, max_steps=10)
        (tensor([0., 0.]), 1)
    """
    raise NotImplementedError("repeat_until_small")
