import torch
import torch.nn.functional as F
from torch import Tensor, nn


# kind: single
# belief: Thinks that view can always work out the -1 when the batch dimension is given.
# edit: `x.view(x.size(0), -1)` is ambiguous and fails for N = 0; use torch.flatten(x, 1) or view(-1, 16 * 5 * 5).
def lenet_forward__B_view_minus_one(net: nn.Module, x: Tensor) -> tuple[Tensor, list[tuple[int, ...]]]:
    if x.dim() != 4 or tuple(x.shape[1:]) != (1, 32, 32):
        raise ValueError("x must have shape (N, 1, 32, 32)")
    shapes = [tuple(x.shape)]
    for conv in (net.conv1, net.conv2):
        x = conv(x)
        shapes.append(tuple(x.shape))
        x = F.relu(x)
        shapes.append(tuple(x.shape))
        x = F.max_pool2d(x, 2)
        shapes.append(tuple(x.shape))
    x = x.view(x.size(0), -1)
    shapes.append(tuple(x.shape))
    x = net.fc1(x)
    shapes.append(tuple(x.shape))
    x = F.relu(x)
    shapes.append(tuple(x.shape))
    x = net.fc2(x)
    shapes.append(tuple(x.shape))
    x = F.relu(x)
    shapes.append(tuple(x.shape))
    x = net.fc3(x)
    shapes.append(tuple(x.shape))
    return x, shapes


# kind: single
# belief: Thinks that every layer of a net is followed by its activation, the last one too.
# edit: The last step `lambda t: F.relu(net.fc3(t))` cuts off negative logits; it should be net.fc3 alone.
def lenet_forward__B_relu_on_logits(net: nn.Module, x: Tensor) -> tuple[Tensor, list[tuple[int, ...]]]:
    if x.ndim != 4 or x.shape[1:] != (1, 32, 32):
        raise ValueError(f"expected (N, 1, 32, 32), got {tuple(x.shape)}")
    pool = lambda t: F.max_pool2d(t, (2, 2))
    steps = [
        net.conv1, F.relu, pool,
        net.conv2, F.relu, pool,
        lambda t: torch.flatten(t, 1),
        net.fc1, F.relu,
        net.fc2, F.relu,
        lambda t: F.relu(net.fc3(t)),
    ]
    shapes = [tuple(x.shape)]
    for step in steps:
        x = step(x)
        shapes.append(tuple(x.shape))
    return x, shapes


# kind: single
# belief: Thinks that it is enough to look at the last three dimensions, and forgets inputs without a batch dimension or with one too many.
# edit: `tuple(x.shape[-3:]) != (1, 32, 32)` lets (1, 32, 32) pass; it should also require x.dim() == 4.
def lenet_forward__B_last_three_dims(net: nn.Module, x: Tensor) -> tuple[Tensor, list[tuple[int, ...]]]:
    if tuple(x.shape[-3:]) != (1, 32, 32):
        raise ValueError("LeNet needs images of shape (1, 32, 32)")

    shapes = []

    def note(t):
        shapes.append(tuple(int(s) for s in t.shape))
        return t

    h = note(x)
    h = note(net.conv1(h))
    h = note(torch.relu(h))
    h = note(F.max_pool2d(h, 2))
    h = note(net.conv2(h))
    h = note(torch.relu(h))
    h = note(F.max_pool2d(h, 2))
    h = note(h.reshape(-1, 16 * 5 * 5))
    h = note(net.fc1(h))
    h = note(torch.relu(h))
    h = note(net.fc2(h))
    h = note(torch.relu(h))
    h = note(net.fc3(h))
    return h, shapes


# kind: pair
# belief: Thinks that since relu and max pooling can be swapped without changing the result, their order does not matter for the list. | Thinks that a shape is a list of numbers.
# edit: In the loop pool runs before relu, so the noted shapes are wrong; relu must come first. | `list(x.shape)` in every append should be tuple(x.shape).
def lenet_forward__B_pool_first_lists(net: nn.Module, x: Tensor) -> tuple[Tensor, list[tuple[int, ...]]]:
    if x.dim() != 4 or x.size(1) != 1 or x.size(2) != 32 or x.size(3) != 32:
        raise ValueError("wrong input shape")
    shapes = [list(x.shape)]
    for conv in [net.conv1, net.conv2]:
        x = conv(x)
        shapes.append(list(x.shape))
        x = F.max_pool2d(x, kernel_size=2)
        shapes.append(list(x.shape))
        x = F.relu(x)
        shapes.append(list(x.shape))
    x = x.reshape(x.shape[0], 400)
    shapes.append(list(x.shape))
    for fc in [net.fc1, net.fc2]:
        x = fc(x)
        shapes.append(list(x.shape))
        x = F.relu(x)
        shapes.append(list(x.shape))
    x = net.fc3(x)
    shapes.append(list(x.shape))
    return x, shapes
