"""Exercise 6: backpropagation by hand (手写反向传播).

The chain rule in plain numpy, and a way to check any gradient without knowing it.
用 numpy 写出链式法则；再写一个不必知道公式就能检验任何梯度的工具。
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor


def mlp_backward_numpy(
    x: np.ndarray, y: np.ndarray, w1: np.ndarray, b1: np.ndarray, w2: np.ndarray, b2: np.ndarray
) -> dict:
    """Return the loss and all gradients of out = relu(x @ w1 + b1) @ w2 + b2 with loss = mean((out - y)**2).

    对 out = relu(x @ w1 + b1) @ w2 + b2，loss = mean((out - y)**2)，返回损失与全部梯度。

    x: (N, D)   y: (N, C)   w1: (D, H)   b1: (H,)   w2: (H, C)   b2: (C,)   all float64   (均为 float64)
    The mean runs over all N * C elements; the slope of relu at 0 is 0.  (对 N*C 个元素求平均；relu 在 0 处斜率为 0)
    Returns {'loss': float, 'x', 'w1', 'b1', 'w2', 'b2': gradients shaped like their variables}.
                                                     (梯度与各自的变量形状相同)
    Raises ValueError when y does not have the shape of out; leaves all arrays as they were.
                                                     (y 与 out 形状不同时抛出 ValueError；不修改任何输入)
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
    """Return the central differences (f(x + eps * e_i) - f(x - eps * e_i)) / (2 * eps), one for each element of x.

    对 x 的每个元素返回中心差分 (f(x + eps·e_i) - f(x - eps·e_i)) / (2·eps)。

    f: takes a float64 tensor shaped like x, returns a float or a zero-dim tensor
                                                     (接收与 x 同形状的 float64 张量，返回 float 或零维张量)
    x: a float tensor of any shape and memory layout; never changed, not even for a moment
                                                     (任意形状与内存布局的浮点张量；任何时候都不得改动)
    Returns a float64 tensor with the shape of x.                        (返回与 x 同形状的 float64 张量)
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
