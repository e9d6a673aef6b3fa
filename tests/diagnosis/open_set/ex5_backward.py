from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn


# kind: single
# belief: The learner believes detach makes a copy, overlooking that it shares the memory into which the next backward adds.
# edit: `net.conv1.bias.grad.detach()` is wrong; it should be followed by .clone().
def grad_before_after__A_detach_is_no_copy(
    net: nn.Module, criterion: Callable[[Tensor, Tensor], Tensor], x: Tensor, target: Tensor
) -> tuple[Tensor | None, Tensor]:
    for p in net.parameters():
        p.grad = None
    before = net.conv1.bias.grad
    loss = criterion(net(x), target)
    loss.backward()
    after = net.conv1.bias.grad.detach()
    return before, after


# kind: pair
# belief: The learner reads the gradient before clearing it, so an old gradient is returned in place of None. | The learner clears the gradients of conv1 only, overlooking that all gradients of net are to be cleared.
# edit: `before = net.conv1.bias.grad` stands too early; it belongs after the clearing. | `net.conv1.zero_grad(...)` is wrong; it should be net.zero_grad(set_to_none=True).
def grad_before_after__A_read_early_clear_conv1(
    net: nn.Module, criterion: Callable[[Tensor, Tensor], Tensor], x: Tensor, target: Tensor
) -> tuple[Tensor | None, Tensor]:
    before = net.conv1.bias.grad
    net.conv1.zero_grad(set_to_none=True)
    output = net(x)
    criterion(output, target).backward()
    return before, net.conv1.bias.grad.clone().detach()


# kind: single
# belief: The learner thinks multiplying by 0 gives zeros always, overlooking that nan and inf times 0 is nan.
# edit: `mul_(0)` is wrong; it should be zero_().
def zero_gradients__A_times_zero(params: Iterable[Tensor], set_to_none: bool = True) -> None:
    for p in params:
        if p.grad is None:
            continue
        if set_to_none:
            p.grad = None
        else:
            p.grad.detach_()
            p.grad.mul_(0)


# kind: single
# belief: The learner thinks a new tensor of zeros is the same as filling the old one, overlooking that .grad must stay the same tensor object.
# edit: `p.grad = torch.zeros_like(p.grad)` is wrong; it should be p.grad.detach_().zero_().
def zero_gradients__A_fresh_zeros(params: Iterable[Tensor], set_to_none: bool = True) -> None:
    for p in params:
        if set_to_none:
            p.grad = None
        elif p.grad is not None:
            p.grad = torch.zeros_like(p.grad)


# kind: single
# belief: The learner divides each loss by the number of slices, overlooking that a shorter last slice must weigh less.
# edit: `loss / len(xs)` is wrong; each loss should be weighted by len(xb) / len(x).
def accumulate_gradients__A_equal_slice_weights(
    net: nn.Module, criterion: Callable[[Tensor, Tensor], Tensor], x: Tensor, y: Tensor, micro_batch_size: int
) -> float:
    if micro_batch_size < 1:
        raise ValueError("micro_batch_size must be at least 1")
    net.zero_grad()
    xs = x.split(micro_batch_size)
    ys = y.split(micro_batch_size)
    total = 0.0
    for xb, yb in zip(xs, ys):
        loss = criterion(net(xb), yb)
        loss = loss / len(xs)
        loss.backward()
        total += loss.item()
    return total


# kind: single
# belief: The learner counts the slices by floor division, overlooking the shorter last slice, whose rows are then never used.
# edit: `range(n // micro_batch_size)` is wrong; it should be range(0, n, micro_batch_size) or the quotient rounded up.
def accumulate_gradients__A_drops_last_slice(
    net: nn.Module, criterion: Callable[[Tensor, Tensor], Tensor], x: Tensor, y: Tensor, micro_batch_size: int
) -> float:
    if micro_batch_size < 1:
        raise ValueError(f"micro_batch_size is {micro_batch_size}, must be >= 1")
    n = x.shape[0]
    net.zero_grad(set_to_none=True)
    batch_loss = 0.0
    for k in range(n // micro_batch_size):
        rows = slice(k * micro_batch_size, (k + 1) * micro_batch_size)
        part = criterion(net(x[rows]), y[rows]) * (x[rows].shape[0] / n)
        part.backward()
        batch_loss += part.item()
    return batch_loss


# kind: pair
# belief: The learner forgets that gradients left from earlier add to the new ones and clears nothing. | The learner averages the losses of the slices without weights, overlooking the shorter last slice.
# edit: A line net.zero_grad() is missing before the loop. | `sum(losses) / len(losses)` is wrong; the losses should be weighted by the number of rows of their slices.
def accumulate_gradients__A_no_clear_plain_average(
    net: nn.Module, criterion: Callable[[Tensor, Tensor], Tensor], x: Tensor, y: Tensor, micro_batch_size: int
) -> float:
    if micro_batch_size < 1:
        raise ValueError("need at least one row at a time")
    losses = []
    for start in range(0, len(x), micro_batch_size):
        xb = x[start:start + micro_batch_size]
        yb = y[start:start + micro_batch_size]
        loss = criterion(net(xb), yb)
        weight = len(xb) / len(x)
        (loss * weight).backward()
        losses.append(loss.item())
    return sum(losses) / len(losses)


# kind: single
# belief: The learner takes detach_ for the same as detach, overlooking that it cuts the caller's reference from its own graph.
# edit: `reference.detach_()` is wrong; it should be reference.detach().
def one_sided_mse__A_detach_in_place(output: Tensor, reference: Tensor) -> Tensor:
    if output.shape != reference.shape:
        raise ValueError("output and reference must have the same shape")
    fixed = reference.detach_()
    return ((output - fixed) ** 2).mean()


# kind: single
# belief: The learner believes that naming a tensor inside no_grad cuts it from its graph, although only operations done there go unrecorded.
# edit: `with torch.no_grad(): fixed = reference` is wrong; it should be fixed = reference.detach().
def one_sided_mse__A_no_grad_assignment(output: Tensor, reference: Tensor) -> Tensor:
    if tuple(output.shape) != tuple(reference.shape):
        raise ValueError(f"shape mismatch: {tuple(output.shape)} / {tuple(reference.shape)}")
    with torch.no_grad():
        fixed = reference
    error = output - fixed
    return torch.mean(error * error)


# kind: pair
# belief: The learner averages over the rows and adds up the columns, taking this for the mean over all elements. | The learner compares the numbers of dimensions only, so broadcastable shapes slip through.
# edit: `.mean(dim=0).sum()` is wrong; it should be .mean(). | `output.dim() != reference.dim()` is wrong; it should compare the shapes.
def one_sided_mse__A_mean_rows_rank_check(output: Tensor, reference: Tensor) -> Tensor:
    if output.dim() != reference.dim():
        raise ValueError("shapes differ")
    target = reference.detach()
    squared = (output - target).pow(2)
    return squared.mean(dim=0).sum()


# kind: single
# belief: The learner replaces a missing gradient with a scalar zero, overlooking that it must have the shape of the parameter.
# edit: `torch.tensor(0.0)` is wrong; it should be torch.zeros_like(p).
def separate_gradients__A_scalar_zero(losses: list[Tensor], params: list[Tensor]) -> list[list[Tensor]]:
    result = []
    for loss in losses:
        if not loss.requires_grad:
            grads = [None] * len(params)
        else:
            grads = torch.autograd.grad(loss, params, retain_graph=True, allow_unused=True)
        row = []
        for p, g in zip(params, grads):
            if g is None:
                g = torch.tensor(0.0)
            row.append(g)
        result.append(row)
    return result


# kind: single
# belief: The learner uses backward() and thinks that emptying .grad around it leaves no trace, overlooking that gradients stored before the call are lost.
# edit: The lines with `p.grad = None` and loss.backward are wrong; torch.autograd.grad(loss, params, ...) writes to no .grad.
def separate_gradients__A_backward_and_wipe(losses: list[Tensor], params: list[Tensor]) -> list[list[Tensor]]:
    def wipe():
        for p in params:
            p.grad = None

    table = []
    for loss in losses:
        wipe()
        if loss.requires_grad:
            loss.backward(retain_graph=True)
        table.append([torch.zeros_like(p) if p.grad is None else p.grad.detach().clone() for p in params])
    wipe()
    return table


# kind: pair
# belief: The learner overlooks that the losses may share one graph, which is freed after the first of them. | The learner thinks the outer list goes over the parameters and turns the table round.
# edit: `torch.autograd.grad(loss, params, allow_unused=True)` is wrong without retain_graph=True. | `zip(*rows)` in the return is wrong; rows should be returned as it is.
def separate_gradients__A_freed_graph_transposed(losses: list[Tensor], params: list[Tensor]) -> list[list[Tensor]]:
    rows = []
    for loss in losses:
        if loss.requires_grad:
            grads = torch.autograd.grad(loss, params, allow_unused=True)
        else:
            grads = [None for _ in params]
        rows.append([g if g is not None else torch.zeros_like(p) for g, p in zip(grads, params)])
    return [list(column) for column in zip(*rows)]


# kind: single
# belief: The learner guards against a constant f but overlooks that for a linear f the first derivative has no graph, so the second grad call raises.
# edit: The second torch.autograd.grad call is wrong without a check; zeros should be returned when first does not require grad.
def second_derivative__A_linear_raises(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    leaf = x.detach().clone().requires_grad_(True)
    y = f(leaf)
    if not y.requires_grad:
        return torch.zeros_like(leaf.detach())
    (first,) = torch.autograd.grad(y.sum(), leaf, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), leaf)
    return second.detach()


# kind: single
# belief: The learner makes the caller's x require gradients and overlooks that its flag must be left as it was.
# edit: `x.requires_grad_(True)` is wrong; work on a leaf of your own, x.detach().clone().requires_grad_(True).
def second_derivative__A_flag_left_on(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    x.requires_grad_(True)
    value = f(x)
    if value.requires_grad:
        d1 = torch.autograd.grad(value, x, torch.ones_like(value), create_graph=True, allow_unused=True)[0]
    else:
        d1 = None
    if d1 is None or not d1.requires_grad:
        return torch.zeros_like(x)
    d2 = torch.autograd.grad(d1, x, torch.ones_like(d1), allow_unused=True)[0]
    if d2 is None:
        return torch.zeros_like(x)
    return d2.detach()


# kind: pair
# belief: The learner casts to float32 to be able to differentiate, overlooking that a float64 x loses its dtype and precision. | The learner repeats create_graph=True in the second call and returns a result that is not a plain tensor.
# edit: `.float()` is wrong; the dtype of x should be kept. | `create_graph=True` in the second grad call is wrong; leave it out or detach the result.
def second_derivative__A_float32_with_graph(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    z = x.detach().clone().float().requires_grad_(True)

    def derivative(y):
        if not y.requires_grad:
            return torch.zeros_like(z, requires_grad=False)
        (dy,) = torch.autograd.grad(y.sum(), z, create_graph=True, allow_unused=True)
        return torch.zeros_like(z, requires_grad=False) if dy is None else dy

    return derivative(derivative(f(z)))
