"""Exercise 4 with clamp instead of a condition, a while loop over plain numbers, and recursion."""

import math

import torch


def piecewise_loss(output, target, kind="huber", delta=1.0):
    if list(output.size()) != list(target.size()):
        raise ValueError("shapes")
    if kind == "l1" or (kind == "smooth_l1" and delta == 0):
        d = output - target
        return torch.maximum(d, -d).mean()  # at d = 0, maximum gives half the gradient to each argument: 1/2 - 1/2 = 0
    if kind not in ("huber", "smooth_l1") or delta <= 0:
        raise ValueError("kind or delta")
    size = torch.abs(output - target)
    near = size.clamp(max=delta)
    loss = near * near / 2 + delta * (size - near)
    return loss.mean() if kind == "huber" else (loss / delta).mean()


def newton_sqrt(a, tol=1e-12, max_iter=100):
    def root(number):
        if number.item() <= 0:
            raise ValueError("positive numbers only")
        x, change, rounds = number, math.inf, 0
        while change > tol and rounds < max_iter:
            new = 0.5 * (x + number / x)
            change, x, rounds = abs(new.item() - x.item()) / new.item(), new, rounds + 1
        return x

    roots = [root(number) for number in a.flatten().unbind()]
    return torch.stack(roots).reshape(a.shape) if roots else a.clone()


def repeat_until_small(layer, x, threshold, max_steps):
    if max_steps == 0 or math.sqrt(float((x.detach() ** 2).sum())) <= threshold:
        return x, 0
    h, steps = repeat_until_small(layer, torch.tanh(layer(x)), threshold, max_steps - 1)
    return h, steps + 1
