"""Right answers that keep a real optimizer of torch in the state and only set its rate."""

import torch


def manual_sgd_step(params, lr):
    """A throw-away optimizer: without momentum there is nothing to remember."""
    torch.optim.SGD(params, lr=lr).step()


def sgd_step(params, state, lr, momentum=0.0, weight_decay=0.0, nesterov=False):
    """The optimizer is built at the first step; torch itself raises the ValueError."""
    if "optimizer" not in state:
        options = {"momentum": momentum, "weight_decay": weight_decay, "nesterov": nesterov}
        state["optimizer"] = torch.optim.SGD(params, lr=lr, **options)
    state["optimizer"].param_groups[0]["lr"] = lr
    state["optimizer"].step()


def adam_step(params, state, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, decoupled=False):
    """Adam or AdamW, whichever is asked for."""
    if "optimizer" not in state:
        kind = torch.optim.AdamW if decoupled else torch.optim.Adam
        state["optimizer"] = kind(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)
    state["optimizer"].param_groups[0]["lr"] = lr
    state["optimizer"].step()
