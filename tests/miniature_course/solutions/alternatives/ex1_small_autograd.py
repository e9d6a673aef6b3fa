"""Gradient descent with the gradient that autograd gives."""

import torch


def descend(x, rate, steps):
    """Ask autograd for the gradient of each step."""
    y = x.detach().clone()
    for _ in range(steps):
        y.requires_grad_()
        (gradient,) = torch.autograd.grad((y**2).sum(), y)
        y = (y - rate * gradient).detach()
    return y
