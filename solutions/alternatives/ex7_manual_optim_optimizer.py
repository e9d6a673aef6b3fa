"""Exercise 7 with an optimizer of torch in the state; each call only sets its learning rate."""

import torch


def manual_sgd_step(params, lr):
    """Each call makes a new optimizer, because without momentum there is no state to keep."""
    torch.optim.SGD(params, lr=lr).step()


def sgd_step(params, state, lr, momentum=0.0, weight_decay=0.0, nesterov=False):
    """The first step makes the optimizer; torch itself raises the ValueError."""
    if "optimizer" not in state:
        options = {"momentum": momentum, "weight_decay": weight_decay, "nesterov": nesterov}
        state["optimizer"] = torch.optim.SGD(params, lr=lr, **options)
    state["optimizer"].param_groups[0]["lr"] = lr
    state["optimizer"].step()


def adam_step(params, state, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, decoupled=False):
    """The first step makes the optimizer, Adam or AdamW."""
    if "optimizer" not in state:
        kind = torch.optim.AdamW if decoupled else torch.optim.Adam
        state["optimizer"] = kind(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)
    state["optimizer"].param_groups[0]["lr"] = lr
    state["optimizer"].step()
