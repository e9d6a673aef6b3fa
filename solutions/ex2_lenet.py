"""Exercise 2: the forward chain.

input -> conv2d -> relu -> maxpool2d -> conv2d -> relu -> maxpool2d
      -> view -> linear -> relu -> linear -> relu -> linear

If you know the shape after every arrow, you understand the net.

Your code is graded without access to files or to the network.

Background: the PyTorch tutorial "Neural Networks",
https://docs.pytorch.org/tutorials/beginner/blitz/neural_networks_tutorial.html

中文 (zh)
---------
练习 2：前向链条。

input -> conv2d -> relu -> maxpool2d -> conv2d -> relu -> maxpool2d
      -> view -> linear -> relu -> linear -> relu -> linear

说得出每个箭头之后的形状，就读懂了这个网络。

评分时，你的代码不能访问文件和网络。

背景知识见 PyTorch 教程“Neural Networks”：
https://docs.pytorch.org/tutorials/beginner/blitz/neural_networks_tutorial.html
"""

import torch.nn.functional as F
from torch import Tensor, nn


def lenet_forward(net: nn.Module, x: Tensor) -> tuple[Tensor, list[tuple[int, ...]]]:
    """Run the chain of LeNet layer by layer, and record every shape.

    With the layers of net, the chain is conv2d, relu, maxpool2d, conv2d, relu,
    maxpool2d, view, linear, relu, linear, relu, linear. Each maxpool2d takes
    the largest number of each 2 x 2 window. The call does not change net or x.

    Args:
        net: has the layers conv1, conv2, fc1, fc2, fc3; do not call net itself
        x: images, shape (N, 1, 32, 32); N may be 0

    Returns:
        A tuple (logits, shapes): logits of shape (N, 10) with their graph, in
        the dtype of net, and a list of 13 shapes as tuples of ints: first the
        shape of the input, then the shape after each step.

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
    用 net 的各层完成 LeNet 的链条，并记下每一步的形状。

    链条为 conv2d、relu、maxpool2d、conv2d、relu、maxpool2d、view、linear、
    relu、linear、relu、linear。池化取每个 2×2 窗口中最大的数。调用之后 net 和
    x 保持原样。

    参数：
        net：拥有 conv1、conv2、fc1、fc2、fc3 这五层；不要直接调用 net
        x：图像，形状 (N, 1, 32, 32)；N 可以为 0

    返回：
        元组 (logits, shapes)：logits 形状为 (N, 10)，保留计算图，dtype 与 net
        相同；shapes 是 13 个形状的列表，先是输入的形状，再是每一步之后的形状，
        都是整数元组。

    抛出：
        ValueError：输入是其他形状

    示例：
        >>> import torch
        >>> from grader import LeNet
        >>> logits, shapes = lenet_forward(LeNet(), torch.zeros(2, 1, 32, 32))
        >>> len(shapes), shapes[0], shapes[-1]
        (13, (2, 1, 32, 32), (2, 10))
    """
    ### BEGIN SOLUTION
    if x.dim() != 4 or x.shape[1:] != (1, 32, 32):
        raise ValueError(f"expected images of shape (N, 1, 32, 32), got {tuple(x.shape)}")
    pool, view = nn.MaxPool2d(2), nn.Flatten()
    features = [net.conv1, F.relu, pool, net.conv2, F.relu, pool]
    classifier = [view, net.fc1, F.relu, net.fc2, F.relu, net.fc3]
    shapes = [tuple(x.shape)]
    for step in features + classifier:
        x = step(x)
        shapes.append(tuple(x.shape))
    return x, shapes
    ### END SOLUTION
