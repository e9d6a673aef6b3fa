"""Exercise 4 with relu instead of a case, a new graph in every round, and a generator of states."""

import torch
import torch.nn.functional as F


def piecewise_loss(output, target, kind="huber", delta=1.0):
    if output.shape != target.shape:
        raise ValueError("shapes")
    if kind == "l1":
        return torch.linalg.vector_norm(output - target, 1) / output.numel()
    if kind not in ("huber", "smooth_l1") or delta < 0 or (delta == 0 and kind == "huber"):
        raise ValueError("kind or delta")
    size = (output - target).abs()
    if delta == 0:
        return size.mean()
    loss = 0.5 * size**2 - 0.5 * F.relu(size - delta) ** 2
    return (loss / delta if kind == "smooth_l1" else loss).mean()


def newton_sqrt(a, tol=1e-12, max_iter=100):
    if not torch.all(a > 0):
        raise ValueError("positive numbers only")
    x, rounds, settled = torch.ones_like(a), 0, False
    while not settled and rounds < max_iter:
        old = x.detach()
        x = 0.5 * (old + a / old)  # only the last round is in the graph of the result
        settled = torch.allclose(x, old, rtol=tol, atol=0.0)
        rounds += 1
    return x


def repeat_until_small(layer, x, threshold, max_steps):
    def states():
        h = x
        while True:
            yield h
            h = torch.tanh(layer(h))

    for steps, h in enumerate(states()):
        if steps == max_steps or torch.linalg.norm(h) <= threshold:
            break
    return h, steps
