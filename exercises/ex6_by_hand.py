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
    raise NotImplementedError("mlp_backward_numpy")


def numerical_gradient(f: Callable[[Tensor], float | Tensor], x: Tensor, eps: float = 1e-5) -> Tensor:
    """Return the central differences (f(x + eps * e_i) - f(x - eps * e_i)) / (2 * eps), one for each element of x.

    对 x 的每个元素返回中心差分 (f(x + eps·e_i) - f(x - eps·e_i)) / (2·eps)。

    f: takes a float64 tensor shaped like x, returns a float or a zero-dim tensor
                                                     (接收与 x 同形状的 float64 张量，返回 float 或零维张量)
    x: a float tensor of any shape and memory layout; never changed, not even for a moment
                                                     (任意形状与内存布局的浮点张量；任何时候都不得改动)
    Returns a float64 tensor with the shape of x.                        (返回与 x 同形状的 float64 张量)
    """
    raise NotImplementedError("numerical_gradient")
