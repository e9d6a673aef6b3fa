"""Exercise 7 through .data, with buffers that start at zero and are updated in place."""

import torch


def manual_sgd_step(params, lr):
    """The line of the PyTorch tutorial, for parameters with a gradient only."""
    for f in params:
        if f.grad is None:
            continue
        f.data.sub_(f.grad.data * lr)


def sgd_step(params, state, lr, momentum=0.0, weight_decay=0.0, nesterov=False):
    """A buffer that starts at zero gives the same results. The state has ids as keys, and holds the parameter."""
    if nesterov and momentum <= 0:
        raise ValueError("Nesterov without momentum")
    for p in params:
        if p.grad is None:
            continue
        g = p.grad.data.add(p.data, alpha=weight_decay)
        _, buf = state.setdefault(id(p), (p, torch.zeros_like(p.data)))
        buf.mul_(momentum).add_(g)
        p.data.add_(g.add(buf, alpha=momentum) if nesterov else buf, alpha=-lr)


def adam_step(params, state, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, decoupled=False):
    """The averages are updated in place, and the step size contains the bias correction."""
    b1, b2 = betas
    for p in params:
        if p.grad is None:
            continue
        s = state.setdefault(p, {"t": 0, "m": torch.zeros_like(p.data), "v": torch.zeros_like(p.data)})
        s["t"] += 1
        g = p.grad.data.clone()
        if decoupled:
            p.data.mul_(1 - lr * weight_decay)
        else:
            g.add_(p.data, alpha=weight_decay)
        s["m"].lerp_(g, 1 - b1)
        s["v"].mul_(b2).addcmul_(g, g, value=1 - b2)
        denominator = s["v"].sqrt().div_((1 - b2 ** s["t"]) ** 0.5).add_(eps)
        p.data.addcdiv_(s["m"], denominator, value=-lr / (1 - b1 ** s["t"]))
