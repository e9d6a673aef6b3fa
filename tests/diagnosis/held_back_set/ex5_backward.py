from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn


# kind: single
# belief: Thinks that detach() makes a copy of the numbers.
# edit: `net.conv1.bias.grad.detach()` shares its memory with .grad, which later passes change; it should be .detach().clone().
def grad_before_after__B_detach_is_copy(
    net: nn.Module, criterion: Callable[[Tensor, Tensor], Tensor], x: Tensor, target: Tensor
) -> tuple[Tensor | None, Tensor]:
    net.zero_grad()
    before = net.conv1.bias.grad
    loss = criterion(net(x), target)
    loss.backward()
    after = net.conv1.bias.grad.detach()
    return before, after


# kind: single
# belief: Thinks that only the gradient that is looked at has to be cleared.
# edit: `net.conv1.bias.grad = None` clears one parameter; net.zero_grad() should clear all of them.
def grad_before_after__B_clears_only_bias(
    net: nn.Module, criterion: Callable[[Tensor, Tensor], Tensor], x: Tensor, target: Tensor
) -> tuple[Tensor | None, Tensor]:
    net.conv1.bias.grad = None
    before = net.conv1.bias.grad
    output = net(x)
    criterion(output, target).backward()
    return before, net.conv1.bias.grad.clone().detach()


# kind: pair
# belief: Thinks that a cleared gradient is a tensor of zeros, as it was in old versions of PyTorch. | Thinks that the order of the arguments of a loss does not matter.
# edit: `zero_grad(set_to_none=False)` leaves zeros in place of None; drop the argument. | `criterion(target, net(x))` should be criterion(net(x), target).
def grad_before_after__B_zeros_and_swapped(
    net: nn.Module, criterion: Callable[[Tensor, Tensor], Tensor], x: Tensor, target: Tensor
) -> tuple[Tensor | None, Tensor]:
    net.zero_grad(set_to_none=False)
    bias = net.conv1.bias
    before = None if bias.grad is None else bias.grad.clone()
    loss = criterion(target, net(x))
    loss.backward()
    after = bias.grad.detach().clone()
    return before, after


# kind: single
# belief: Thinks that putting a new tensor of zeros into .grad is the same as zeroing in place.
# edit: `p.grad = torch.zeros_like(p)` makes a new tensor object; the old one should be detached and zeroed with zero_().
def zero_gradients__B_new_zeros(params: Iterable[Tensor], set_to_none: bool = True) -> None:
    for p in params:
        if p.grad is None:
            continue
        if set_to_none:
            p.grad = None
        else:
            p.grad = torch.zeros_like(p)


# kind: single
# belief: Thinks that anything times zero is zero.
# edit: `p.grad.mul_(0)` keeps nan and turns inf into nan; it should be p.grad.zero_().
def zero_gradients__B_times_zero(params: Iterable[Tensor], set_to_none: bool = True) -> None:
    for p in params:
        if set_to_none:
            p.grad = None
        elif p.grad is not None:
            p.grad.detach_()
            p.grad.mul_(0)


# kind: pair
# belief: Thinks that every parameter should have a .grad of zeros afterwards. | Thinks that zeroing under no_grad also takes the gradient out of its graph.
# edit: `p.grad = torch.zeros_like(p)` for a missing gradient should not be there; it stays None. | p.grad.detach_() is missing before zero_(), so a gradient made with create_graph=True keeps requiring grad.
def zero_gradients__B_fills_missing_keeps_graph(params: Iterable[Tensor], set_to_none: bool = True) -> None:
    with torch.no_grad():
        for p in params:
            if set_to_none:
                p.grad = None
            elif p.grad is None:
                p.grad = torch.zeros_like(p)
            else:
                p.grad.zero_()


# kind: single
# belief: Thinks that all slices count the same, whatever their length.
# edit: `loss / num_slices` should be loss * len(xb) / len(x), because the last slice may be shorter.
def accumulate_gradients__B_divide_by_slices(
    net: nn.Module, criterion: Callable[[Tensor, Tensor], Tensor], x: Tensor, y: Tensor, micro_batch_size: int
) -> float:
    if micro_batch_size < 1:
        raise ValueError("micro_batch_size must be at least 1")
    net.zero_grad()
    num_slices = (len(x) + micro_batch_size - 1) // micro_batch_size
    total = 0.0
    for i in range(num_slices):
        xb = x[i * micro_batch_size:(i + 1) * micro_batch_size]
        yb = y[i * micro_batch_size:(i + 1) * micro_batch_size]
        loss = criterion(net(xb), yb)
        loss = loss / num_slices
        loss.backward()
        total += loss.item()
    return total


# kind: single
# belief: Mixes up chunk, which takes the number of pieces, and split, which takes their size.
# edit: `x.chunk(micro_batch_size)` and `y.chunk(micro_batch_size)` should be split(micro_batch_size).
def accumulate_gradients__B_chunk_for_split(
    net: nn.Module, criterion: Callable[[Tensor, Tensor], Tensor], x: Tensor, y: Tensor, micro_batch_size: int
) -> float:
    if micro_batch_size < 1:
        raise ValueError("micro_batch_size < 1")
    net.zero_grad(set_to_none=True)
    n = x.shape[0]
    total = 0.0
    for xb, yb in zip(x.chunk(micro_batch_size), y.chunk(micro_batch_size)):
        weighted = criterion(net(xb), yb) * (xb.shape[0] / n)
        weighted.backward()
        total += weighted.item()
    return total


# kind: pair
# belief: Thinks that zero_grad belongs before every backward, as in the usual training loop. | Thinks that the loss of the batch is the plain average of the slice losses.
# edit: `net.zero_grad()` inside the loop throws the earlier slices away; it should stand once before the loop. | `sum(losses) / len(losses)` should weight every loss with the rows of its slice.
def accumulate_gradients__B_zero_inside_plain_mean(
    net: nn.Module, criterion: Callable[[Tensor, Tensor], Tensor], x: Tensor, y: Tensor, micro_batch_size: int
) -> float:
    if micro_batch_size < 1:
        raise ValueError(f"bad micro_batch_size {micro_batch_size}")
    losses = []
    for start in range(0, len(x), micro_batch_size):
        net.zero_grad()
        inputs = x[start:start + micro_batch_size]
        targets = y[start:start + micro_batch_size]
        loss = criterion(net(inputs), targets)
        (loss * len(inputs) / len(x)).backward()
        losses.append(loss.item())
    return sum(losses) / len(losses)


# kind: single
# belief: Thinks that detach_() and detach() do the same.
# edit: `reference.detach_()` takes the caller's tensor out of its own graph; it should be reference = reference.detach().
def one_sided_mse__B_detach_in_place(output: Tensor, reference: Tensor) -> Tensor:
    if output.shape != reference.shape:
        raise ValueError("output and reference must have the same shape")
    reference.detach_()
    return ((output - reference) ** 2).mean()


# kind: pair
# belief: Thinks that equal numbers of elements make equal shapes. | Thinks that a mean loss is the sum divided by the number of samples.
# edit: `output.numel() != reference.numel()` should compare the shapes. | `.sum() / len(output)` should be .mean() over all elements.
def one_sided_mse__B_numel_check_per_row(output: Tensor, reference: Tensor) -> Tensor:
    if output.numel() != reference.numel():
        raise ValueError("sizes differ")
    target = reference.detach()
    squared_error = (output - target).square()
    return squared_error.sum() / len(output)


# kind: single
# belief: Thinks that every loss has a graph of its own, so that the graph may be freed each time.
# edit: The call of torch.autograd.grad lacks retain_graph=True, so the second loss on a shared graph fails.
def separate_gradients__B_no_retain(losses: list[Tensor], params: list[Tensor]) -> list[list[Tensor]]:
    result = []
    for loss in losses:
        if not loss.requires_grad:
            result.append([torch.zeros_like(p) for p in params])
            continue
        grads = torch.autograd.grad(loss, params, allow_unused=True)
        result.append([torch.zeros_like(p) if g is None else g for p, g in zip(params, grads)])
    return result


# kind: single
# belief: Thinks that using .grad as scratch space is fine as long as it is cleared in the end.
# edit: The lines that set p.grad and call backward overwrite the caller's gradients; torch.autograd.grad should be used.
def separate_gradients__B_backward_scratch(losses: list[Tensor], params: list[Tensor]) -> list[list[Tensor]]:
    table = []
    for loss in losses:
        for p in params:
            p.grad = None
        if loss.requires_grad:
            loss.backward(retain_graph=True, inputs=params)
        row = []
        for p in params:
            if p.grad is None:
                row.append(torch.zeros_like(p))
            else:
                row.append(p.grad.detach().clone())
        table.append(row)
    for p in params:
        p.grad = None
    return table


# kind: pair
# belief: Thinks that a zero gradient is just the number zero. | Mixes up rows and columns of the table.
# edit: `torch.tensor(0.0)` should be torch.zeros_like(params[j]). | The outer loop runs over params, so that the result is indexed [j][i]; losses must be outside.
def separate_gradients__B_scalar_zero_transposed(losses: list[Tensor], params: list[Tensor]) -> list[list[Tensor]]:
    def gradient(loss, p):
        if not loss.requires_grad:
            return torch.tensor(0.0)
        (g,) = torch.autograd.grad(loss, p, retain_graph=True, allow_unused=True)
        return torch.tensor(0.0) if g is None else g

    return [[gradient(loss, p) for loss in losses] for p in params]


# kind: single
# belief: Overlooks that the first derivative of a linear function does not depend on x and has no graph.
# edit: The two torch.autograd.grad calls fail for linear or constant f; test requires_grad and return zeros then.
def second_derivative__B_linear_fails(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    t = x.detach().clone().requires_grad_(True)
    y = f(t)
    first = torch.autograd.grad(y.sum(), t, create_graph=True)[0]
    second = torch.autograd.grad(first.sum(), t)[0]
    return second.detach()


# kind: single
# belief: Forgets that a second backward adds to .grad instead of replacing it.
# edit: `first.sum().backward()` adds f'' to the f' that is still in t.grad; t.grad = None is missing before it.
def second_derivative__B_accumulated(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    t = x.detach().clone().requires_grad_(True)
    y = f(t)
    if not y.requires_grad:
        return torch.zeros_like(t).detach()
    y.sum().backward(create_graph=True)
    first = t.grad
    if not first.requires_grad:
        return torch.zeros_like(t).detach()
    first.sum().backward()
    return t.grad.detach().clone()


# kind: pair
# belief: Thinks that x itself has to require grad, and that this harms nobody. | Thinks that create_graph=True belongs in every call when derivatives are taken twice.
# edit: `x.requires_grad_(True)` changes the caller's flag; work on x.detach().requires_grad_(True). | create_graph=True in the second call leaves a graph on the result; drop it or detach.
def second_derivative__B_flag_and_graph(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    x.requires_grad_(True)
    y = f(x)
    if not y.requires_grad:
        return torch.zeros_like(x)
    (dy,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    if not dy.requires_grad:
        return torch.zeros_like(x)
    (d2y,) = torch.autograd.grad(dy.sum(), x, create_graph=True, allow_unused=True)
    if d2y is None:
        return torch.zeros_like(x)
    return d2y
