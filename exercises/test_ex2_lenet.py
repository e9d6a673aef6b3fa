"""Public experiments of exercise 2: the forward chain."""

import torch
from torch import Tensor, nn

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


def without_numbers(shapes):
    """The shapes of the steps; a tensor in the place of a shape is named, not copied with all its numbers."""
    if not isinstance(shapes, list):
        return shapes
    return ["a tensor" if isinstance(shape, Tensor) else shape for shape in shapes]


@experiment(zh="logits 就是教程链条的结果：一张图像一行；梯度流回各层参数，也流回图像。")
def logits_of_a_batch(lenet_forward, given: Given):
    """The logits are what the tutorial's chain gives, one row per image, and layers and images get gradients."""
    net, x = _LeNet(given), given.tensor("x", 3, 1, 32, 32, requires_grad=True)
    lenet_forward(net, x[:1])  # an earlier call must not show in the next
    logits, shapes = lenet_forward(net, x)
    found = given.gradients(logits, **{"conv1.weight": net.conv1.weight, "fc3.bias": net.fc3.bias}, x=x)
    slope = found.pop("x.grad")
    sizes = slope.abs().sum((1, 2, 3)) if isinstance(slope, Tensor) else slope
    return {"logits": logits, "shapes": without_numbers(shapes), **found, "sum of |x.grad|": sizes}


@experiment(zh="按箭头的顺序恰好有 13 个形状，从输入到 logits，每个都是整数元组，第一项都是 N。")
def thirteen_shapes(lenet_forward, given: Given):
    """There are 13 shapes in the order of the arrows, from input to logits, each a tuple of ints that begins with N."""
    images = given.whole(2, 6)
    _, shapes = lenet_forward(_LeNet(given), given.tensor("x", images, 1, 32, 32))
    return {"shapes": without_numbers(shapes), "all tuples": all(isinstance(shape, tuple) for shape in shapes)}


@experiment(zh="没有图像 (N = 0) 也是合法的一批；逐层完成链条，从不调用 net 本身；每次调用互不影响。")
def layer_by_layer(lenet_forward, given: Given):
    """No image (N = 0) is a batch, too; the layers are called, never net itself; every call stands for itself."""
    net, calls = _LeNet(given), []

    def forward(x: Tensor) -> Tensor:
        calls.append(x)
        return x.flatten(1)[:, :10]

    net.forward = forward
    none, shapes_of_none = lenet_forward(net, given.tensor("no image", 0, 1, 32, 32))
    logits, shapes = lenet_forward(net, given.tensor("x", 3, 1, 32, 32))
    return {
        "no image": none,
        "shapes of no image": without_numbers(shapes_of_none),
        "logits": logits,
        "shapes": without_numbers(shapes),
        "calls of net": len(calls),
    }


@experiment(zh="x 不是一批 (N, 1, 32, 32) 的图像时抛出 ValueError。")
def only_batches_of_images(lenet_forward, given: Given):
    """Anything but a batch of (N, 1, 32, 32) images raises ValueError."""
    net, large = _LeNet(given), given.tensor("large", 1, 1, 35, 35)
    x = large[..., :32, :32]
    logits, shapes = lenet_forward(net, x)
    return {
        "(1, 32, 32)": given.error(lambda: lenet_forward(net, x[0])),
        "(1, 3, 32, 32)": given.error(lambda: lenet_forward(net, x.expand(1, 3, 32, 32))),
        "(1, 1, 28, 28)": given.error(lambda: lenet_forward(net, x[:, :, 2:30, 2:30])),
        "(1, 1, 33, 33)": given.error(lambda: lenet_forward(net, large[..., :33, :33])),
        "(1, 1, 32, 35)": given.error(lambda: lenet_forward(net, large[..., :32, :])),
        "(1, 1, 35, 32)": given.error(lambda: lenet_forward(net, large[..., :32])),
        "(0, 1, 28, 28)": given.error(lambda: lenet_forward(net, x[:0, :, 2:30, 2:30])),
        "(1, 1, 32)": given.error(lambda: lenet_forward(net, x[..., 0])),
        "(1, 32, 32, 1)": given.error(lambda: lenet_forward(net, x.reshape(1, 32, 32, 1))),
        "(1, 1, 32, 32, 1)": given.error(lambda: lenet_forward(net, x[..., None])),
        "(1, 1, 32, 32)": logits,
        "shapes of (1, 1, 32, 32)": without_numbers(shapes),
    }
