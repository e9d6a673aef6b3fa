"""Exercise 1 with torch's own functional losses; errors of torch become ValueError."""

import torch
import torch.nn.functional as F
from torch import Tensor


def compute_mse_loss(output: Tensor, target: Tensor) -> Tensor:
    try:
        target = target.reshape_as(output)
    except RuntimeError as error:
        raise ValueError("target does not hold as many elements as output") from error
    return F.mse_loss(output, target)


def mse_by_hand(output: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    reducers = {"none": torch.clone, "sum": torch.sum, "mean": torch.mean}
    if reduction not in reducers or output.shape != target.shape:
        raise ValueError("unknown reduction, or shapes that differ")
    return reducers[reduction](torch.sub(output, target).square())


def cross_entropy_from_logits(logits: Tensor, target: Tensor) -> Tensor:
    if (logits.ndim, target.ndim) != (2, 1) or logits.shape[0] != target.shape[0]:
        raise ValueError("expected (N, C) and (N,)")
    return F.nll_loss(F.log_softmax(logits, dim=-1), target)


def bce_with_logits(logits: Tensor, target: Tensor) -> Tensor:
    if logits.shape != target.shape:
        raise ValueError("logits and target must have the same shape")
    return F.binary_cross_entropy_with_logits(logits, target)
