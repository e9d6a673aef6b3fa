"""Exercise 7 with new data for each parameter, and with buffers in numpy or in lists by position."""

import numpy as np
import torch


def manual_sgd_step(params, lr):
    """p.data gets a new tensor; the parameter itself stays the same object."""
    for p in list(params):
        if p.grad is not None:
            p.data = p.data - lr * p.grad.data


@torch.no_grad()
def sgd_step(params, state, lr, momentum=0.0, weight_decay=0.0, nesterov=False):
    """The buffers are found by position, because the list of parameters and its order stay the same."""
    if nesterov and not momentum:
        raise ValueError("momentum must not be 0")
    for i, p in enumerate(params):
        if p.grad is None:
            continue
        g = p.grad + weight_decay * p
        state[i] = g + momentum * state[i] if i in state else g.clone()
        p.copy_(p - lr * (g + momentum * state[i] if nesterov else state[i]))


def adam_step(params, state, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, decoupled=False):
    """Everything is computed in numpy; the parameter shares its memory with an array."""
    b1, b2 = betas
    for i, p in enumerate(params):
        if p.grad is None:
            continue
        w, g = p.detach().numpy(), p.grad.numpy().copy()
        if decoupled:
            w *= 1 - lr * weight_decay
        elif weight_decay:
            g += weight_decay * w
        history = state.setdefault(i, {"m": np.zeros_like(g), "v": np.zeros_like(g), "b1t": 1.0, "b2t": 1.0})
        history["b1t"] *= b1
        history["b2t"] *= b2
        history["m"] += (1 - b1) * (g - history["m"])
        history["v"] += (1 - b2) * (g**2 - history["v"])
        corrected = np.sqrt(history["v"] / (1 - history["b2t"]))
        w -= lr * (history["m"] / (1 - history["b1t"])) / (corrected + eps)
