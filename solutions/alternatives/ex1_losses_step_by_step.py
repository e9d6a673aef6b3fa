"""Exercise 1 element by element and with gradients written by hand."""

import torch
from torch import Tensor


def compute_mse_loss(output: Tensor, target: Tensor) -> Tensor:
    wanted = target.contiguous().view(-1)
    if wanted.shape[0] != output.numel():
        raise ValueError(f"{output.numel()} predictions, {wanted.shape[0]} targets")
    return (output.reshape(-1) - wanted).pow(2).mean()


def mse_by_hand(output: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    if output.dim() != target.dim() or any(a != b for a, b in zip(output.shape, target.shape, strict=True)):
        raise ValueError("shapes differ")
    squares = output * output - 2 * output * target + target * target
    match reduction:
        case "none":
            return squares
        case "sum":
            return squares.sum()
        case "mean":
            return squares.sum() / squares.numel()
    raise ValueError(reduction)


class _CrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx, logits: Tensor, target: Tensor) -> Tensor:
        logits = logits - logits.amax(1, keepdim=True)
        weights = logits.exp()
        sums = weights.sum(1, keepdim=True)
        rows = torch.arange(len(target))
        ctx.save_for_backward(weights / sums, target)
        return (sums.log()[:, 0] - logits[rows, target]).mean()

    @staticmethod
    def backward(ctx, upstream: Tensor):
        probabilities, target = ctx.saved_tensors
        gradient = probabilities.clone()
        gradient[torch.arange(len(target)), target] -= 1
        return upstream * gradient / len(target), None


def cross_entropy_from_logits(logits: Tensor, target: Tensor) -> Tensor:
    if logits.dim() != 2:
        raise ValueError("logits must be (N, C)")
    if target.dim() != 1:
        raise ValueError("target must be (N,)")
    if target.size(0) != logits.size(0):
        raise ValueError("one class index per row, please")
    return _CrossEntropy.apply(logits, target)


def bce_with_logits(logits: Tensor, target: Tensor) -> Tensor:
    if logits.shape != target.shape:
        raise ValueError("shapes differ")
    zero = torch.zeros_like(logits)
    larger = torch.maximum(logits, zero)  # at a tie each argument gets half the gradient, which equals sigmoid(0)
    return (larger - logits * target + torch.log1p(torch.exp(-logits.abs()))).mean()
