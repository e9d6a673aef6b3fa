"""Hidden experiments of exercise 2: the forward chain."""

import torch
from torch import Tensor, nn

from grader import Given, LeNet, experiment


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


@experiment(zh="一张图像都没有 (N = 0) 也是合法的一批：logits 的形状为 (0, 10)。")
def empty_batch(lenet_forward, given: Given):
    """No image at all (N = 0) is a legal batch: the logits have shape (0, 10)."""
    net = _LeNet(given)
    one, _ = lenet_forward(net, given.tensor("one image", 1, 1, 32, 32))
    none, shapes = lenet_forward(net, given.tensor("no image", 0, 1, 32, 32))
    return {"one image": one, "no image": none, "shapes": shapes}


@experiment(zh="逐层完成链条：从不调用 net 本身（它的 forward 可能是另一回事）。")
def net_itself_is_not_called(lenet_forward, given: Given):
    """The chain is run layer by layer: net itself, whose forward may be something else, is never called."""
    net = _LeNet(given)
    calls = []

    def forward(x: Tensor) -> Tensor:
        calls.append(x)
        return x.flatten(1)[:, :10]

    net.forward = forward
    logits, shapes = lenet_forward(net, given.tensor("x", 2, 1, 32, 32))
    return {"logits": logits, "shapes": shapes, "calls of net": len(calls)}


@experiment(zh="只差一点的形状同样抛出 ValueError，即使各层碰巧能接受它。")
def almost_right_shapes(lenet_forward, given: Given):
    """Shapes that are nearly right raise ValueError as well, even where the layers happen to accept them."""
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
        "(1, 1, 32, 32)": lenet_forward(net, image)[0],
    }


@experiment(zh="每次调用互不影响：第二次调用不会改变第一次的结果，也不会改动 net。")
def second_call(lenet_forward, given: Given):
    """Every call stands for itself: a second one changes neither the results of the first nor the net."""
    net = _LeNet(given)
    for name, p in net.named_parameters():
        given.keep(name, p)
    first, first_shapes = lenet_forward(net, given.tensor("x", 5, 1, 32, 32))
    second, second_shapes = lenet_forward(net, given.tensor("y", 1, 1, 32, 32))
    return {
        "first logits": first,
        "first shapes": first_shapes,
        "second logits": second,
        "second shapes": second_shapes,
    }


@experiment(zh="float32 的网络和图像得到 float32 的 logits。", rtol=1e-4, atol=1e-5)
def single_precision(lenet_forward, given: Given):
    """A float32 net and float32 images give float32 logits."""
    net, x = _LeNet(given).float(), given.tensor("x", 2, 1, 32, 32, dtype=torch.float32)
    logits, shapes = lenet_forward(net=net, x=x)
    return {"logits": logits, "shapes": shapes}


@experiment(zh="梯度穿过整条链：从 logits 经过每一层，一直回到图像。")
def gradients_reach_every_layer(lenet_forward, given: Given):
    """Gradients travel the whole chain: from the logits through every layer back to the images."""
    net, x = _LeNet(given), given.tensor("x", 2, 1, 32, 32, requires_grad=True)
    logits, _ = lenet_forward(net, x)
    biases = {name: p for name, p in net.named_parameters() if name.endswith("bias")}
    return {"logits": logits, **given.gradients(logits, x=x, **{"conv2.weight": net.conv2.weight}, **biases)}
