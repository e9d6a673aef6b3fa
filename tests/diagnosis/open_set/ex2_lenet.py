import torch
import torch.nn.functional as F
from torch import Tensor, nn


# kind: single
# belief: The learner believes view(N, -1) always works, overlooking that -1 is ambiguous for an empty batch.
# edit: `x.view(x.size(0), -1)` is wrong for N = 0; torch.flatten(x, 1) or x.view(x.size(0), 16 * 5 * 5) would be right.
def lenet_forward__A_view_minus_one(net: nn.Module, x: Tensor) -> tuple[Tensor, list[tuple[int, ...]]]:
    if x.dim() != 4 or tuple(x.shape[1:]) != (1, 32, 32):
        raise ValueError(f"expected (N, 1, 32, 32), got {tuple(x.shape)}")
    shapes = [tuple(x.shape)]

    def note(t):
        shapes.append(tuple(t.shape))
        return t

    x = note(net.conv1(x))
    x = note(F.relu(x))
    x = note(F.max_pool2d(x, 2))
    x = note(net.conv2(x))
    x = note(F.relu(x))
    x = note(F.max_pool2d(x, 2))
    x = note(x.view(x.size(0), -1))
    x = note(net.fc1(x))
    x = note(F.relu(x))
    x = note(net.fc2(x))
    x = note(F.relu(x))
    x = note(net.fc3(x))
    return x, shapes


# kind: single
# belief: The learner thinks every linear layer is followed by a relu, the last one included, so that the logits lose their negative values.
# edit: `F.relu(net.fc3(h))` is wrong; the last step is net.fc3(h) alone.
def lenet_forward__A_relu_on_logits(net: nn.Module, x: Tensor) -> tuple[Tensor, list[tuple[int, ...]]]:
    if x.ndim != 4 or x.shape[1] != 1 or x.shape[2] != 32 or x.shape[3] != 32:
        raise ValueError("images must be of shape (N, 1, 32, 32)")
    trace = [x]
    h = net.conv1(x)
    trace.append(h)
    h = h.relu()
    trace.append(h)
    h = F.max_pool2d(h, kernel_size=2)
    trace.append(h)
    h = net.conv2(h)
    trace.append(h)
    h = h.relu()
    trace.append(h)
    h = F.max_pool2d(h, kernel_size=2)
    trace.append(h)
    h = torch.flatten(h, start_dim=1)
    trace.append(h)
    for fc in (net.fc1, net.fc2):
        h = fc(h)
        trace.append(h)
        h = F.relu(h)
        trace.append(h)
    h = F.relu(net.fc3(h))
    trace.append(h)
    return h, [tuple(t.shape) for t in trace]


# kind: single
# belief: The learner thinks only the height and width of the images need checking, overlooking the number of channels and of dimensions.
# edit: `x.shape[-2:] != (32, 32)` is wrong; the check should be x.dim() != 4 or tuple(x.shape[1:]) != (1, 32, 32).
def lenet_forward__A_checks_size_only(net: nn.Module, x: Tensor) -> tuple[Tensor, list[tuple[int, ...]]]:
    if x.shape[-2:] != (32, 32):
        raise ValueError("LeNet needs images of 32 x 32 pixels")

    steps = [
        net.conv1,
        F.relu,
        lambda t: F.max_pool2d(t, (2, 2)),
        net.conv2,
        F.relu,
        lambda t: F.max_pool2d(t, (2, 2)),
        lambda t: t.flatten(1),
        net.fc1,
        F.relu,
        net.fc2,
        F.relu,
        net.fc3,
    ]
    shapes = [tuple(x.shape)]
    for step in steps:
        x = step(x)
        shapes.append(tuple(x.shape))
    return x, shapes


# kind: pair
# belief: The learner believes pooling and relu may be swapped because the values come out equal, overlooking that the noted shapes change. | The learner thinks a classifier must end in log_softmax although raw logits are asked for.
# edit: In both convolution blocks max_pool2d stands before relu; relu must come first. | `F.log_softmax(out, dim=1)` in the return is wrong; out itself should be returned.
def lenet_forward__A_pool_first_log_softmax(net: nn.Module, x: Tensor) -> tuple[Tensor, list[tuple[int, ...]]]:
    expected = (1, 32, 32)
    if len(x.shape) != 4 or tuple(x.shape[1:]) != expected:
        raise ValueError(f"input of shape {tuple(x.shape)} is not (N, 1, 32, 32)")

    shapes = [tuple(x.shape)]
    out = x
    for conv in (net.conv1, net.conv2):
        out = conv(out)
        shapes.append(tuple(out.shape))
        out = F.max_pool2d(out, 2)
        shapes.append(tuple(out.shape))
        out = F.relu(out)
        shapes.append(tuple(out.shape))

    out = out.reshape(out.shape[0], 16 * 5 * 5)
    shapes.append(tuple(out.shape))
    out = net.fc1(out)
    shapes.append(tuple(out.shape))
    out = F.relu(out)
    shapes.append(tuple(out.shape))
    out = net.fc2(out)
    shapes.append(tuple(out.shape))
    out = F.relu(out)
    shapes.append(tuple(out.shape))
    out = net.fc3(out)
    shapes.append(tuple(out.shape))
    return F.log_softmax(out, dim=1), shapes
