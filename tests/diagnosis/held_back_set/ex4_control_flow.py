import torch
from torch import Tensor, nn


# kind: single
# belief: Thinks that any way to write the absolute value has the same gradient, at 0 too.
# edit: `torch.where(d >= 0, d, -d)` has slope 1 at d = 0, so l1 has a gradient there; d.abs() has slope 0.
def piecewise_loss__B_where_abs(output: Tensor, target: Tensor, kind: str = "huber", delta: float = 1.0) -> Tensor:
    if output.shape != target.shape:
        raise ValueError("shapes differ")
    if kind not in ("l1", "huber", "smooth_l1"):
        raise ValueError(f"unknown kind {kind!r}")
    if kind == "huber" and delta <= 0:
        raise ValueError("huber needs delta > 0")
    if kind == "smooth_l1" and delta < 0:
        raise ValueError("smooth_l1 needs delta >= 0")

    d = output - target
    size = torch.where(d >= 0, d, -d)
    if kind == "l1" or (kind == "smooth_l1" and delta == 0):
        return size.mean()
    huber = torch.where(size <= delta, 0.5 * d * d, delta * (size - 0.5 * delta))
    if kind == "smooth_l1":
        huber = huber / delta
    return huber.mean()


# kind: single
# belief: Thinks that one if decides for the whole tensor which piece is used.
# edit: `if (size <= delta).all()` chooses one piece for all elements; torch.where must choose elementwise.
def piecewise_loss__B_one_if_for_all(output: Tensor, target: Tensor, kind: str = "huber", delta: float = 1.0) -> Tensor:
    if output.shape != target.shape:
        raise ValueError("output and target must have the same shape")
    d = output - target
    size = torch.abs(d)

    def huber():
        if (size <= delta).all():
            return (0.5 * d ** 2).mean()
        return (delta * (size - 0.5 * delta)).mean()

    if kind == "l1":
        return size.mean()
    elif kind == "huber":
        if delta <= 0:
            raise ValueError("delta must be positive")
        return huber()
    elif kind == "smooth_l1":
        if delta < 0:
            raise ValueError("delta must not be negative")
        if delta == 0:
            return size.mean()
        return huber() / delta
    raise ValueError("unknown kind: " + str(kind))


# kind: pair
# belief: Multiplies the bracket out wrongly and loses a factor delta. | Overlooks that smooth_l1 divides by delta, which may be 0.
# edit: `delta * size - 0.5 * delta` should be delta * (size - 0.5 * delta). | smooth_l1 with delta == 0 gives 0 / 0; it should return size.mean() then.
def piecewise_loss__B_bracket_and_zero_delta(output: Tensor, target: Tensor, kind: str = "huber", delta: float = 1.0) -> Tensor:
    if output.shape != target.shape:
        raise ValueError("shape mismatch")
    if kind == "huber" and delta <= 0:
        raise ValueError("huber: delta must be > 0")
    if kind == "smooth_l1" and delta < 0:
        raise ValueError("smooth_l1: delta must be >= 0")
    d = output - target
    size = d.abs()
    huber = torch.where(size <= delta, 0.5 * d * d, delta * size - 0.5 * delta)
    if kind == "l1":
        return size.mean()
    if kind == "huber":
        return huber.mean()
    if kind == "smooth_l1":
        return huber.mean() / delta
    raise ValueError("kind must be l1, huber or smooth_l1")


# kind: pair
# belief: Relies on tensor arithmetic to complain about different shapes. | Thinks that delta has to be positive for every kind.
# edit: The test `output.shape != target.shape` is missing, so broadcastable shapes pass. | `if delta <= 0` at the top also rejects l1 with any delta and smooth_l1 with delta 0; it should depend on kind.
def piecewise_loss__B_no_shape_delta_for_all(output: Tensor, target: Tensor, kind: str = "huber", delta: float = 1.0) -> Tensor:
    if delta <= 0:
        raise ValueError("delta must be positive")
    diff = output - target
    abs_diff = diff.abs()
    quadratic = 0.5 * diff ** 2
    linear = delta * (abs_diff - 0.5 * delta)
    if kind == "l1":
        loss = abs_diff
    elif kind == "huber":
        loss = torch.where(abs_diff <= delta, quadratic, linear)
    elif kind == "smooth_l1":
        loss = torch.where(abs_diff <= delta, quadratic, linear) / delta
    else:
        raise ValueError(f"unknown kind: {kind}")
    return loss.mean()


# kind: single
# belief: Overlooks that max() of an empty tensor is an error.
# edit: `change.max() <= tol` fails for a of shape (0,); it should be (change <= tol).all().
def newton_sqrt__B_max_of_empty(a: Tensor, tol: float = 1e-12, max_iter: int = 100) -> Tensor:
    if (a <= 0).any():
        raise ValueError("all elements must be positive")
    x = a
    for _ in range(max_iter):
        x_new = (x + a / x) / 2
        change = ((x_new - x) / x_new).detach().abs()
        x = x_new
        if change.max() <= tol:
            break
    return x


# kind: single
# belief: Thinks that a small fixed tolerance does for numbers of any size.
# edit: `(new - x).abs() <= tol` is absolute, so tiny numbers stop far too early; it should be <= tol * new.abs().
def newton_sqrt__B_absolute_tol(a: Tensor, tol: float = 1e-12, max_iter: int = 100) -> Tensor:
    if not bool((a > 0).all()):
        raise ValueError("a must be positive")
    x = torch.ones_like(a)
    done = False
    rounds = 0
    while not done and rounds < max_iter:
        new = (x + a / x) / 2
        done = bool(((new - x).abs() <= tol).all())
        x = new
        rounds += 1
    return x


# kind: pair
# belief: Thinks that only negative numbers have no square root here. | Thinks that the loop may stop once some element has converged.
# edit: `(a < 0).any()` should be (a <= 0).any(). | `.any()` in the stopping test should be .all().
def newton_sqrt__B_zero_allowed_any(a: Tensor, tol: float = 1e-12, max_iter: int = 100) -> Tensor:
    if (a < 0).any():
        raise ValueError("cannot take the root of a negative number")
    x = (a + 1) / 2
    for _ in range(max_iter):
        previous = x
        x = 0.5 * (previous + a / previous)
        with torch.no_grad():
            close = (x - previous).abs() <= tol * x.abs()
        if close.any():
            break
    return x


# kind: single
# belief: Thinks that the size of h is that of its largest row, as for a batch of vectors.
# edit: `h.norm(dim=-1).max()` should be the Euclidean norm of all elements, h.norm().
def repeat_until_small__B_row_norm(layer: nn.Module, x: Tensor, threshold: float, max_steps: int) -> tuple[Tensor, int]:
    h = x
    steps = 0
    while steps < max_steps and h.norm(dim=-1).max().item() > threshold:
        h = torch.tanh(layer(h))
        steps += 1
    return h, steps


# kind: single
# belief: Does not tell "greater than" from "not smaller than" at the threshold itself.
# edit: `if torch.linalg.vector_norm(h) < threshold: break` goes on when the norm equals threshold; it should be <=.
def repeat_until_small__B_strict_stop(layer: nn.Module, x: Tensor, threshold: float, max_steps: int) -> tuple[Tensor, int]:
    h = x
    count = 0
    for _ in range(max_steps):
        if torch.linalg.vector_norm(h) < threshold:
            break
        h = layer(h).tanh()
        count += 1
    return h, count


# kind: pair
# belief: Thinks that each step should start from a detached h to save memory. | Thinks of a do-while loop, in which the size is looked at only after a step.
# edit: `layer(h.detach())` cuts the graph of the earlier steps; it should be layer(h). | The norm is tested only after the first replacement; it must be tested before.
def repeat_until_small__B_detach_do_while(layer: nn.Module, x: Tensor, threshold: float, max_steps: int) -> tuple[Tensor, int]:
    h = x
    n = 0
    while n < max_steps:
        h = torch.tanh(layer(h.detach()))
        n = n + 1
        if h.norm() <= threshold:
            break
    return h, n
