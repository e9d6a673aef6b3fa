"""Public experiments of exercise 2: the forward chain."""

import torch
from torch import nn

from grader import Given, LeNet, exercise, experiment

exercise(en="The forward chain", zh="前向链条", points={"lenet_forward": 3})


def _uniform(given: Given, bound: float, shape: torch.Size) -> nn.Parameter:
    return nn.Parameter(torch.from_numpy(given.rng.uniform(-bound, bound, shape)))


class _LeNet(LeNet):
    """The tutorial's net in float64."""

    def __init__(self, given: Given) -> None:
        super().__init__()
        for layer in self.children():
            bound = (3 / layer.weight[0].numel()) ** 0.5
            layer.weight = _uniform(given, bound, layer.weight.shape)
            layer.bias = _uniform(given, 0.5, layer.bias.shape)


@experiment(zh="logits 就是教程链条的结果：一张图像一行，各层参数也都得到梯度。")
def logits_of_a_batch(lenet_forward, given: Given):
    """The logits are what the tutorial's chain gives, one row per image, and the layers get their gradients."""
    net = _LeNet(given)
    logits, _ = lenet_forward(net, given.tensor("x", 3, 1, 32, 32))
    leaves = {"conv1.weight": net.conv1.weight, "fc3.bias": net.fc3.bias}
    return {"logits": logits, **given.gradients(logits, **leaves)}


@experiment(zh="按箭头的顺序恰好有 13 个形状，从输入到 logits，每个都是整数元组，第一项都是 N。")
def thirteen_shapes(lenet_forward, given: Given):
    """There are 13 shapes in the order of the arrows, from input to logits, each a tuple of ints that begins with N."""
    images = given.whole(2, 6)
    _, shapes = lenet_forward(_LeNet(given), given.tensor("x", images, 1, 32, 32))
    return {"shapes": shapes, "all tuples": all(isinstance(shape, tuple) for shape in shapes)}


@experiment(zh="x 不是一批 (N, 1, 32, 32) 的图像时抛出 ValueError。")
def only_batches_of_images(lenet_forward, given: Given):
    """Anything but a batch of (N, 1, 32, 32) images raises ValueError."""
    net, x = _LeNet(given), given.tensor("x", 1, 1, 32, 32)
    return {
        "(1, 32, 32)": given.error(lambda: lenet_forward(net, x[0])),
        "(1, 3, 32, 32)": given.error(lambda: lenet_forward(net, x.expand(1, 3, 32, 32))),
        "(1, 1, 28, 28)": given.error(lambda: lenet_forward(net, x[:, :, 2:30, 2:30])),
        "(1, 1, 32, 32)": lenet_forward(net, x)[0],
    }
