"""Exercise 2: the forward chain.

input -> conv2d -> relu -> maxpool2d -> conv2d -> relu -> maxpool2d
      -> view -> linear -> relu -> linear -> relu -> linear

If you know the shape after every arrow, you understand the net.

Background: the PyTorch tutorial "Neural Networks",
https://docs.pytorch.org/tutorials/beginner/blitz/neural_networks_tutorial.html

中文 (zh)
---------
练习 2：前向链条。

input -> conv2d -> relu -> maxpool2d -> conv2d -> relu -> maxpool2d
      -> view -> linear -> relu -> linear -> relu -> linear

说得出每个箭头之后的形状，就读懂了这个网络。

背景知识见 PyTorch 教程“Neural Networks”：
https://docs.pytorch.org/tutorials/beginner/blitz/neural_networks_tutorial.html
"""

import torch.nn.functional as F
from torch import Tensor, nn


def lenet_forward(net: nn.Module, x: Tensor) -> tuple[Tensor, list[tuple[int, ...]]]:
    """Run the chain of the PyTorch tutorial, and note the shape at every step.

    With the layers of net, the chain is conv2d, relu, maxpool2d, conv2d, relu,
    maxpool2d, view, linear, relu, linear, relu, linear.

    Args:
        net: owns the layers conv1, conv2, fc1, fc2, fc3; do not call net itself
        x: images, shape (N, 1, 32, 32); N may be 0

    Returns:
        A tuple (logits, shapes): logits of shape (N, 10), and a list of 13
        shapes, that of the input first, then that after every step, as tuples
        of ints.

    Raises:
        ValueError: for any other input shape

    Example:
        >>> import torch
        >>> from grader import LeNet
        >>> logits, shapes = lenet_forward(LeNet(), torch.zeros(2, 1, 32, 32))
        >>> len(shapes), shapes[0], shapes[-1]
        (13, (2, 1, 32, 32), (2, 10))

    中文 (zh)
    ---------
    用 net 的各层按 PyTorch 教程的链条做一次前向计算，并记下每一步的形状。

    链条为 conv2d、relu、maxpool2d、conv2d、relu、maxpool2d、view、linear、
    relu、linear、relu、linear。

    参数：
        net：拥有 conv1、conv2、fc1、fc2、fc3 这五层；不要直接调用 net
        x：图像，形状 (N, 1, 32, 32)；N 可以为 0

    返回：
        元组 (logits, shapes)：logits 形状为 (N, 10)；shapes 是 13 个形状的
        列表，先是输入的形状，再是每一步之后的形状，都是整数元组。

    抛出：
        ValueError：输入是其他形状

    示例：
        >>> import torch
        >>> from grader import LeNet
        >>> logits, shapes = lenet_forward(LeNet(), torch.zeros(2, 1, 32, 32))
        >>> len(shapes), shapes[0], shapes[-1]
        (13, (2, 1, 32, 32), (2, 10))
    """
    raise NotImplementedError("lenet_forward")
