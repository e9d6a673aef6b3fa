"""Exercise 6: backpropagation by hand.

The chain rule in plain numpy, and a way to check any gradient without
knowing its formula.

Your code is graded without access to files or to the network.

Background: the PyTorch tutorial "Neural Networks",
https://docs.pytorch.org/tutorials/beginner/blitz/neural_networks_tutorial.html

中文 (zh)
---------
练习 6：手写反向传播。

用 numpy 写出链式法则；再写一个不必知道公式就能检验任何梯度的工具。

评分时，你的代码不能访问文件和网络。

背景知识见 PyTorch 教程“Neural Networks”：
https://docs.pytorch.org/tutorials/beginner/blitz/neural_networks_tutorial.html
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor


def mlp_backward_numpy(
    x: np.ndarray, y: np.ndarray, w1: np.ndarray, b1: np.ndarray, w2: np.ndarray, b2: np.ndarray
) -> dict:
    """Return the loss and all gradients of a network with one hidden layer.

    out = relu(x @ w1 + b1) @ w2 + b2 and loss = mean((out - y)**2). The mean
    runs over all N * C elements; the slope of relu at 0 is 0. No array is
    changed.

    Args:
        x: inputs, float64 array of shape (N, D)
        y: targets, float64 array of shape (N, C)
        w1: weights of the hidden layer, float64 array of shape (D, H)
        b1: biases of the hidden layer, float64 array of shape (H,)
        w2: weights of the output layer, float64 array of shape (H, C)
        b2: biases of the output layer, float64 array of shape (C,)

    Returns:
        A dict {'loss': float, 'x', 'w1', 'b1', 'w2', 'b2': gradients shaped
        like their variables}.

    Raises:
        ValueError: if y does not have the shape of out

    Example:
        >>> one, zero = np.ones((1, 1)), np.zeros(1)
        >>> result = mlp_backward_numpy(one, 5 * one, 2 * one, zero, one, zero)
        >>> result["loss"], result["w2"], result["w1"]  # out is 2
        (9.0, array([[-12.]]), array([[-6.]]))

    中文 (zh)
    ---------
    返回含一个隐藏层的网络的损失与全部梯度。

    out = relu(x @ w1 + b1) @ w2 + b2，loss = mean((out - y)**2)。对 N * C 个
    元素求平均；relu 在 0 处斜率为 0。不修改任何输入。

    参数：
        x：输入，float64 数组，形状 (N, D)
        y：目标，float64 数组，形状 (N, C)
        w1：隐藏层的权重，float64 数组，形状 (D, H)
        b1：隐藏层的偏置，float64 数组，形状 (H,)
        w2：输出层的权重，float64 数组，形状 (H, C)
        b2：输出层的偏置，float64 数组，形状 (C,)

    返回：
        字典 {'loss': float, 'x', 'w1', 'b1', 'w2', 'b2': 梯度}，梯度与各自的
        变量形状相同。

    抛出：
        ValueError：y 与 out 形状不同

    示例：
        >>> one, zero = np.ones((1, 1)), np.zeros(1)
        >>> result = mlp_backward_numpy(one, 5 * one, 2 * one, zero, one, zero)
        >>> result["loss"], result["w2"], result["w1"]  # out is 2
        (9.0, array([[-12.]]), array([[-6.]]))
    """
    ### BEGIN SOLUTION
    before = x @ w1 + b1
    hidden = np.maximum(before, 0)
    out = hidden @ w2 + b2
    if y.shape != out.shape:
        raise ValueError(f"y has shape {y.shape}, out {out.shape}")
    error = out - y
    d_out = 2 * error / error.size
    d_before = (d_out @ w2.T) * (before > 0)
    return {
        "loss": float((error**2).mean()),
        "x": d_before @ w1.T,
        "w1": x.T @ d_before,
        "b1": d_before.sum(axis=0),
        "w2": hidden.T @ d_out,
        "b2": d_out.sum(axis=0),
    }
    ### END SOLUTION


def numerical_gradient(f: Callable[[Tensor], float | Tensor], x: Tensor, eps: float = 1e-5) -> Tensor:
    """Return the central differences of f at x, one for each element of x.

    They are (f(x + eps * e_i) - f(x - eps * e_i)) / (2 * eps).

    Args:
        f: takes a float64 tensor with the shape of x, and returns a float or a
            zero-dim tensor
        x: a float tensor of any shape and memory layout; never changed, not
            even for a moment
        eps: the length of the step to each side

    Returns:
        A float64 tensor with the shape of x.

    Example:
        >>> x = torch.tensor([1.0, 2.0])
        >>> numerical_gradient(lambda x: (x * x).sum(), x, eps=0.5)
        tensor([2., 4.], dtype=torch.float64)

    中文 (zh)
    ---------
    对 x 的每个元素返回 f 在 x 处的中心差分。

    中心差分为 (f(x + eps * e_i) - f(x - eps * e_i)) / (2 * eps)。

    参数：
        f：接收与 x 同形状的 float64 张量，返回 float 或零维张量
        x：形状与内存布局任意的浮点张量；任何时候都不得改动
        eps：向两侧移动的距离

    返回：
        与 x 同形状的 float64 张量。

    示例：
        >>> x = torch.tensor([1.0, 2.0])
        >>> numerical_gradient(lambda x: (x * x).sum(), x, eps=0.5)
        tensor([2., 4.], dtype=torch.float64)
    """
    ### BEGIN SOLUTION
    point = x.detach().to(torch.float64)
    gradient = torch.zeros(x.shape, dtype=torch.float64)
    for index in np.ndindex(*x.shape):
        step = torch.zeros(x.shape, dtype=torch.float64)
        step[index] = eps
        gradient[index] = (float(f(point + step)) - float(f(point - step))) / (2 * eps)
    return gradient
    ### END SOLUTION
