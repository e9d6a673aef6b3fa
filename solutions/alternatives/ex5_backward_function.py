"""Exercise 5 with a custom autograd.Function: the reference is part of the graph, but gets no gradient."""

import torch


class _OneSided(torch.autograd.Function):
    @staticmethod
    def forward(ctx, output, reference):
        difference = output - reference
        ctx.save_for_backward(difference)
        return (difference * difference).mean()

    @staticmethod
    def backward(ctx, gradient):
        (difference,) = ctx.saved_tensors
        return 2 * gradient * difference / difference.numel(), None


def one_sided_mse(output, reference):
    if output.shape != reference.shape:
        raise ValueError("shapes differ")
    return _OneSided.apply(output, reference)
