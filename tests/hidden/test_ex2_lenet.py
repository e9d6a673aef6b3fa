"""Hidden experiments of exercise 2: the forward chain."""

import torch
from torch import Tensor, nn

from grader import Given, LeNet, experiment


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


@experiment(zh="N = 0 或 N = 1 时，logits 仍有 N 行。")
def empty_batch(lenet_forward, given: Given):
    """If N is 0 or 1, the logits still have N rows."""
    net = _LeNet(given)
    one, _ = lenet_forward(net, given.tensor("one image", 1, 1, 32, 32))
    none, shapes = lenet_forward(net, given.tensor("no image", 0, 1, 32, 32))
    sizes = [list(logits.shape) if isinstance(logits, Tensor) else "(no tensor)" for logits in (one, none)]
    some = shapes_of(lenet_forward, net, given.tensor("some images", given.whole(3, 7), 1, 32, 32))
    return {"shapes of the logits": sizes, "shapes": without_numbers(shapes), "shapes of some images": some}


@experiment(zh="net 的 forward 是另一回事时，结果不变：从不调用 net 本身。")
def net_itself_is_not_called(lenet_forward, given: Given):
    """If net's forward is something else, the result is the same: net itself is never called."""
    net = _LeNet(given)
    calls = []

    def forward(x: Tensor) -> Tensor:
        calls.append(x)
        return x.flatten(1)[:, :10]

    net.forward = forward
    logits, shapes = lenet_forward(net, given.tensor("x", 3, 1, 32, 32))
    return {"logits": logits, "shapes": without_numbers(shapes), "calls of net": len(calls)}


@experiment(zh="形状只差一点时同样抛出 ValueError，即使各层碰巧能接受它。")
def almost_right_shapes(lenet_forward, given: Given):
    """If the shape is nearly right, ValueError is raised as well, even where the layers accept it."""
    net, x = _LeNet(given), given.tensor("x", 1, 1, 35, 35)
    image = x[..., :32, :32]
    return {
        "(1, 1, 33, 33)": given.error(lambda: lenet_forward(net, x[..., :33, :33])),
        "(1, 1, 32, 35)": given.error(lambda: lenet_forward(net, x[..., :32, :])),
        "(1, 1, 35, 32)": given.error(lambda: lenet_forward(net, x[..., :32])),
        "(32, 32)": given.error(lambda: lenet_forward(net, image[0, 0])),
        "(2, 32, 32)": given.error(lambda: lenet_forward(net, image[0].expand(2, 32, 32))),
        "(1, 32, 32, 1)": given.error(lambda: lenet_forward(net, image.reshape(1, 32, 32, 1))),
        "(1, 1, 32)": given.error(lambda: lenet_forward(net, image[..., 0])),
        "(1, 1, 32, 32, 1)": given.error(lambda: lenet_forward(net, image[..., None])),
        "(1, 1, 1, 32, 32)": given.error(lambda: lenet_forward(net, image[None])),
        "(0, 1, 28, 28)": given.error(lambda: lenet_forward(net, x[:0, :, :28, :28])),
        "(0, 3, 32, 32)": given.error(lambda: lenet_forward(net, image[:0].expand(0, 3, 32, 32))),
        "shapes of (N, 1, 32, 32)": shapes_of(lenet_forward, net, image.expand(given.whole(3, 7), 1, 32, 32)),
    }


@experiment(zh="第二次调用不会改变第一次的结果，也不会改动 net 的参数。")
def second_call(lenet_forward, given: Given):
    """A second call changes neither the results of the first nor the parameters of net."""
    net = _LeNet(given)
    for name, p in net.named_parameters():
        given.keep(name, p)
    x, y = given.tensor("x", given.whole(5, 8), 1, 32, 32), given.tensor("y", 3, 1, 32, 32)
    _, first_shapes = lenet_forward(net, x)
    _, second_shapes = lenet_forward(net, y)
    return {"first shapes": without_numbers(first_shapes), "second shapes": without_numbers(second_shapes)}


@experiment(zh="net 和图像是 float32 时，logits 也是 float32。", rtol=1e-4, atol=1e-5)
def single_precision(lenet_forward, given: Given):
    """If net and images are float32, so are the logits."""
    net, x = _LeNet(given).float(), given.tensor("x", 3, 1, 32, 32, dtype=torch.float32)
    logits, _ = lenet_forward(net=net, x=x)
    return {"logits": logits}


@experiment(zh="梯度穿过整条链：从 logits 经过每一层，一直回到图像。")
def gradients_reach_every_layer(lenet_forward, given: Given):
    """The gradients go through the whole chain: from the logits through every layer back to the images."""
    net, x = _LeNet(given), given.tensor("x", 3, 1, 32, 32, requires_grad=True)
    logits, _ = lenet_forward(net, x)
    biases = {name: p for name, p in net.named_parameters() if name.endswith("bias")}
    return given.gradients(logits, x=x, **{"conv2.weight": net.conv2.weight}, **biases)
