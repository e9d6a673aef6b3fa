"""Exercise 2: the forward chain (前向链条).

input -> conv2d -> relu -> maxpool2d -> conv2d -> relu -> maxpool2d
      -> view -> linear -> relu -> linear -> relu -> linear

Whoever knows the shape after every arrow understands the net. 说得出每个箭头之后的形状，就读懂了这个网络。
"""

import torch.nn.functional as F
from torch import Tensor, nn


def lenet_forward(net: nn.Module, x: Tensor) -> tuple[Tensor, list[tuple[int, ...]]]:
    """Run the tutorial's chain with the layers of net, and note the shape after every step.

    用 net 的各层按教程的链条做一次前向计算，并记下每一步之后的形状。

    net: owns the layers conv1, conv2, fc1, fc2, fc3; do not call net itself   (拥有这五层；不要直接调用 net)
    x: images, shape (N, 1, 32, 32), N may be 0                                (图像，N 可以为 0)
    Returns (logits (N, 10), list of 13 shapes, the input's first, as tuples of ints).
                                             (返回 logits 与 13 个形状的列表，第一个是输入的形状，都是整数元组)
    Raises ValueError for any other input shape.                               (其他输入形状抛出 ValueError)
    """
    raise NotImplementedError("lenet_forward")
