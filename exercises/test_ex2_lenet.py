"""Public experiments of exercise 2: the forward chain."""

import torch
from torch import Tensor, nn

from grader import Given, LeNet, exercise, experiment

exercise(en="The forward chain", zh="前向链条", points={"lenet_forward": 3})


def _uniform(given: Given, bound: float, shape: torch.Size) -> nn.Parameter:
    return nn.Parameter(torch.from_numpy(given.rng.uniform(-bound, bound, shape)))


class _LeNet(LeNet):
    """LeNet in float64, with weights from the seed."""

    def __init__(self, given: Given) -> None:
        super().__init__()
        for layer in self.children():
            bound = (3 / layer.weight[0].numel()) ** 0.5
            layer.weight = _uniform(given, bound, layer.weight.shape)
            layer.bias = _uniform(given, 0.5, layer.bias.shape)


def without_numbers(shapes):
    """Return the list of shapes; replace a tensor in it by a short text, so that its numbers are not recorded."""
    if not isinstance(shapes, list):
        return shapes
    return [f"a tensor of {shape.numel()} numbers" if isinstance(shape, Tensor) else shape for shape in shapes]


def shapes_of(lenet_forward, net, x):
    """Return the list of shapes that a call returns; a text if the call does not return a pair."""
    result = lenet_forward(net, x)
    if not isinstance(result, tuple | list) or len(result) != 2:
        return f"(no pair: {type(result).__name__})"
    return without_numbers(result[1])


@experiment(zh="logits 是链条的结果：每张图像一行，每行十个数。")
def logits_of_a_batch(lenet_forward, given: Given):
    """The logits are the result of the chain: one row of ten numbers for each image."""
    net, x = _LeNet(given), given.tensor("x", 3, 1, 32, 32)
    logits, _ = lenet_forward(net, x)
    of_one_image, _ = lenet_forward(net, x[:1])
    return {"logits": logits, "of one image": of_one_image}


@experiment(zh="对 logits 求和再反向传播时，各层参数和图像都得到梯度。")
def gradients_of_layers_and_images(lenet_forward, given: Given):
    """If the sum of the logits is backpropagated, layers and images get their gradients."""
    net, x = _LeNet(given), given.tensor("x", 3, 1, 32, 32, requires_grad=True)
    logits, _ = lenet_forward(net, x)
    found = given.gradients(logits, **{"conv1.weight": net.conv1.weight, "fc3.weight": net.fc3.weight}, x=x)
    slope = found.pop("x.grad")
    sizes = slope.abs().sum((1, 2, 3)) if isinstance(slope, Tensor) else slope
    return {**found, "sum of |x.grad|": sizes}


@experiment(zh="从输入到 logits 恰好有 13 个形状，每个都是整数元组，第一项都是 N。")
def thirteen_shapes(lenet_forward, given: Given):
    """There are 13 shapes from the input to the logits, each a tuple of ints that begins with N."""
    _, shapes = lenet_forward(_LeNet(given), given.tensor("x", given.whole(3, 7), 1, 32, 32))
    return {"shapes": without_numbers(shapes), "all tuples": all(isinstance(shape, tuple) for shape in shapes)}


@experiment(zh="没有图像 (N = 0) 也是合法的一批：logits 的形状是 (0, 10)，形状仍有 13 个。")
def no_image(lenet_forward, given: Given):
    """No image (N = 0) is a batch, too: the logits have shape (0, 10), and there are still 13 shapes."""
    net, some = _LeNet(given), given.tensor("some images", given.whole(3, 7), 1, 32, 32)
    logits, shapes = lenet_forward(net, given.tensor("no image", 0, 1, 32, 32))
    return {
        "logits": logits,
        "shapes": without_numbers(shapes),
        "shapes of some images": shapes_of(lenet_forward, net, some),
    }


@experiment(zh="依次调用各层，从不调用 net 本身。")
def layer_by_layer(lenet_forward, given: Given):
    """The layers are called one after the other, and net itself never is."""
    net, calls = _LeNet(given), []

    def forward(x: Tensor) -> Tensor:
        calls.append(x)
        return x.flatten(1)[:, :10]

    net.forward = forward
    shapes = shapes_of(lenet_forward, net, given.tensor("x", given.whole(3, 7), 1, 32, 32))
    return {"calls of net": len(calls), "shapes": shapes}


@experiment(zh="每次调用互不影响：第二次调用返回的形状只属于它自己。")
def calls_are_independent(lenet_forward, given: Given):
    """A second call is independent of the first: its shapes are its own."""
    net, images = _LeNet(given), given.whole(3, 7)
    _, first = lenet_forward(net, given.tensor("x", images, 1, 32, 32))
    _, second = lenet_forward(net, given.tensor("y", images + 1, 1, 32, 32))
    return {"first": without_numbers(first), "second": without_numbers(second)}


@experiment(zh="调用之后 net 保持原样：参数、旧梯度和训练模式都不变。")
def net_stays_as_it_was(lenet_forward, given: Given):
    """The call leaves net as it was: parameters, old gradients and mode are unchanged."""
    net, images = _LeNet(given), given.tensor("x", given.whole(3, 7), 1, 32, 32)
    bias = net.fc3.bias
    bias.grad = given.tensor("old gradient", 10)
    shapes = shapes_of(lenet_forward, net, images)
    modes = [net.training, net.conv1.training]
    dtypes = sorted({str(p.dtype) for p in net.parameters()})
    return {"shapes": shapes, "fc3.bias": bias, "fc3.bias.grad": bias.grad, "training": modes, "dtypes": dtypes}


@experiment(zh="x 不是一批 (N, 1, 32, 32) 的图像时抛出 ValueError。")
def only_batches_of_images(lenet_forward, given: Given):
    """If x is not a batch of (N, 1, 32, 32) images, ValueError is raised."""
    net, large = _LeNet(given), given.tensor("large", 1, 1, 35, 35)
    x = large[..., :32, :32]
    logits, _ = lenet_forward(net, x)
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
    }
