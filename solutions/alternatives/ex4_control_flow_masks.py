"""Exercise 4 with boolean masks and partial sums, one differentiable step after the loop, and a list of states."""

import torch


def piecewise_loss(output, target, kind="huber", delta=1.0):
    if output.shape != target.shape or kind not in {"l1", "huber", "smooth_l1"}:
        raise ValueError("arguments")
    if kind != "l1" and (delta < 0 or (kind == "huber" and delta == 0)):
        raise ValueError("delta")
    d = output - target
    if kind == "l1" or delta == 0:
        return d.abs().sum() / d.numel()
    inside = d.abs() <= delta
    total = 0.5 * (d[inside] ** 2).sum() + (delta * (d[~inside].abs() - delta / 2)).sum()
    return total / d.numel() / (delta if kind == "smooth_l1" else 1)


def newton_sqrt(a, tol=1e-12, max_iter=100):
    if bool((a <= 0).any()):
        raise ValueError("positive input only")
    with torch.no_grad():  # at the root, the derivative of a step with respect to x is 0: one recorded step is enough
        x = a.clone().clamp(min=1.0)
        for _ in range(max_iter):
            new = (x + a / x) / 2
            settled = torch.all((new - x).abs() <= tol * new)
            x = new
            if settled:
                break
    return (x + a / x) / 2


def repeat_until_small(layer, x, threshold, max_steps):
    states = [x]
    while len(states) <= max_steps and states[-1].norm(p=2).item() > threshold:
        states.append(torch.tanh(layer(states[-1])))
    return states[-1], len(states) - 1
