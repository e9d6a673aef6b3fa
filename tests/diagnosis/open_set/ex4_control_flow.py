import torch
from torch import Tensor, nn


# kind: single
# belief: The learner takes smooth_l1 as huber / delta throughout, overlooking that delta may be 0 and the division gives nan.
# edit: The smooth_l1 branch is wrong for delta == 0; it should return abs_d.mean() then.
def piecewise_loss__A_smooth_l1_zero_delta(output: Tensor, target: Tensor, kind: str = "huber", delta: float = 1.0) -> Tensor:
    if output.shape != target.shape:
        raise ValueError("shapes differ")
    if kind not in ("l1", "huber", "smooth_l1"):
        raise ValueError(f"unknown kind {kind!r}")
    if kind == "huber" and delta <= 0:
        raise ValueError("huber needs delta > 0")
    if kind == "smooth_l1" and delta < 0:
        raise ValueError("smooth_l1 needs delta >= 0")

    d = output - target
    abs_d = d.abs()
    if kind == "l1":
        return abs_d.mean()
    huber = torch.where(abs_d <= delta, 0.5 * d ** 2, delta * (abs_d - 0.5 * delta))
    if kind == "smooth_l1":
        huber = huber / delta
    return huber.mean()


# kind: single
# belief: The learner writes |d| as the root of d squared, overlooking that the gradient of sqrt at 0 is infinite and becomes nan.
# edit: `torch.sqrt(d ** 2)` in l1 is wrong; it should be d.abs().
def piecewise_loss__A_abs_by_sqrt(output: Tensor, target: Tensor, kind: str = "huber", delta: float = 1.0) -> Tensor:
    if output.shape != target.shape:
        raise ValueError(f"{tuple(output.shape)} != {tuple(target.shape)}")
    d = output - target

    def l1():
        return torch.sqrt(d ** 2).mean()

    def huber():
        size = torch.abs(d)
        inner = 0.5 * d * d
        outer = delta * (size - 0.5 * delta)
        return torch.where(size <= delta, inner, outer).mean()

    if kind == "l1":
        return l1()
    if kind == "huber":
        if delta <= 0:
            raise ValueError("delta must be positive")
        return huber()
    if kind == "smooth_l1":
        if delta < 0:
            raise ValueError("delta must not be negative")
        return l1() if delta == 0 else huber() / delta
    raise ValueError("kind must be l1, huber or smooth_l1")


# kind: single
# belief: The learner decides with one Python if for the whole tensor which piece applies, overlooking that each element has its own.
# edit: `if bool((a <= delta).all())` is wrong; the piece should be chosen elementwise with torch.where(a <= delta, ...).
def piecewise_loss__A_one_if_for_all(output: Tensor, target: Tensor, kind: str = "huber", delta: float = 1.0) -> Tensor:
    if output.shape != target.shape:
        raise ValueError("output and target must have one shape")
    if kind not in {"l1", "huber", "smooth_l1"}:
        raise ValueError("unknown kind: " + str(kind))
    if kind == "huber" and delta <= 0 or kind == "smooth_l1" and delta < 0:
        raise ValueError("bad delta")

    d = output - target
    a = d.abs()
    if kind == "l1" or (kind == "smooth_l1" and delta == 0):
        return a.mean()
    if bool((a <= delta).all()):
        loss = 0.5 * d.pow(2)
    else:
        loss = delta * (a - 0.5 * delta)
    if kind == "smooth_l1":
        loss = loss / delta
    return loss.mean()


# kind: pair
# belief: The learner multiplies out the linear piece and loses one delta, which does not show for delta = 1. | The learner uses one check delta < 0 for both kinds, overlooking that huber must refuse delta = 0 too.
# edit: `delta * abs_diff - 0.5 * delta` is wrong; it should be delta * abs_diff - 0.5 * delta ** 2. | `if kind != "l1" and delta < 0` is wrong; for huber it should be delta <= 0.
def piecewise_loss__A_lost_delta_and_zero(output: Tensor, target: Tensor, kind: str = "huber", delta: float = 1.0) -> Tensor:
    if output.size() != target.size():
        raise ValueError("output and target sizes differ")
    if kind not in ["l1", "huber", "smooth_l1"]:
        raise ValueError(f"kind {kind} is not supported")
    if kind != "l1" and delta < 0:
        raise ValueError("delta is out of range")

    diff = output - target
    abs_diff = diff.abs()
    if kind == "l1":
        return torch.mean(abs_diff)
    if kind == "smooth_l1" and delta == 0:
        return torch.mean(abs_diff)

    quadratic = 0.5 * diff ** 2
    linear = delta * abs_diff - 0.5 * delta
    huber = torch.mean(torch.where(abs_diff <= delta, quadratic, linear))
    return huber if kind == "huber" else huber / delta


# kind: single
# belief: The learner compares the absolute change with tol, overlooking that it is meant relative to the size of the element, so very small numbers stop too early.
# edit: `(new - x).abs() <= tol` is wrong; it should be (new - x).abs() <= tol * new.abs().
def newton_sqrt__A_absolute_tolerance(a: Tensor, tol: float = 1e-12, max_iter: int = 100) -> Tensor:
    if (a <= 0).any():
        raise ValueError("all elements must be positive")
    x = a
    for _ in range(max_iter):
        new = (x + a / x) / 2
        done = ((new - x).abs() <= tol).all()
        x = new
        if done:
            break
    return x


# kind: single
# belief: The learner takes the largest change as the stopping criterion and overlooks that an empty tensor has no max.
# edit: `change.max().item()` is wrong for shape (0,); (change <= tol).all() works for empty tensors too.
def newton_sqrt__A_max_of_empty(a: Tensor, tol: float = 1e-12, max_iter: int = 100) -> Tensor:
    if torch.any(a <= 0):
        raise ValueError("newton_sqrt needs positive numbers")
    guess = (a + 1) / 2
    rounds = 0
    while rounds < max_iter:
        better = 0.5 * (guess + a / guess)
        change = ((better - guess) / better).abs().detach()
        guess = better
        rounds += 1
        if change.max().item() <= tol:
            break
    return guess


# kind: pair
# belief: The learner runs the iteration under no_grad as if it were only a search, overlooking that the result must keep its graph. | The learner stops as soon as any element has settled instead of all of them.
# edit: `with torch.no_grad():` is wrong; the iteration should be recorded. | `.any()` in the stopping test is wrong; it should be .all().
def newton_sqrt__A_no_graph_any_settled(a: Tensor, tol: float = 1e-12, max_iter: int = 100) -> Tensor:
    if bool((a <= 0).any()):
        raise ValueError("square roots of positive numbers only")
    with torch.no_grad():
        x = a.clone()
        for step in range(max_iter):
            x_old = x
            x = (x_old + a / x_old) / 2
            if bool(((x - x_old).abs() <= tol * x.abs()).any()):
                break
    return x


# kind: single
# belief: The learner detaches h before each step as in truncated backpropagation, overlooking that h must have the graph of all steps.
# edit: `layer(h.detach())` is wrong; it should be layer(h).
def repeat_until_small__A_detach_every_step(
    layer: nn.Module, x: Tensor, threshold: float, max_steps: int
) -> tuple[Tensor, int]:
    h = x
    count = 0
    while count < max_steps and h.norm().item() > threshold:
        h = torch.tanh(layer(h.detach()))
        count += 1
    return h, count


# kind: pair
# belief: The learner takes the root of the mean square for the Euclidean norm. | The learner returns the loop variable as the number of replacements, overlooking that it is one short when the loop runs to its end.
# edit: `h.pow(2).mean().sqrt()` is wrong; it should be h.pow(2).sum().sqrt() or h.norm(). | `return h, step` is wrong after a full loop; a counter raised after each replacement should be returned.
def repeat_until_small__A_rms_and_loop_index(
    layer: nn.Module, x: Tensor, threshold: float, max_steps: int
) -> tuple[Tensor, int]:
    h = x
    step = 0
    for step in range(max_steps):
        size = h.pow(2).mean().sqrt()
        if size <= threshold:
            break
        h = layer(h).tanh()
    return h, step
