import torch
import torch.nn.functional as F
from torch import Tensor


# kind: single
# belief: Thinks that view can give every tensor of the right number of elements the new shape, whatever its strides.
# edit: The line `target = target.view(output.shape)` fails on a non-contiguous target; it should be target.reshape(output.shape).
def compute_mse_loss__B_view_target(output: Tensor, target: Tensor) -> Tensor:
    if target.numel() != output.numel():
        raise ValueError("output and target have different numbers of elements")
    target = target.view(output.shape)
    return F.mse_loss(output, target)


# kind: single
# belief: Thinks that the mean squared error adds up the errors of one sample and averages over samples only.
# edit: The line `return (diff ** 2).sum(dim=1).mean()` must average over all N * C elements, (diff ** 2).mean().
def compute_mse_loss__B_sum_over_classes(output: Tensor, target: Tensor) -> Tensor:
    if output.numel() != target.numel():
        raise ValueError(f"{output.numel()} elements against {target.numel()}")
    diff = output - target.reshape(output.shape)
    return (diff ** 2).sum(dim=1).mean()


# kind: pair
# belief: Thinks that len gives the number of elements of a tensor, as it does for a flat list. | Thinks that a zero-dim result has to be a fresh tensor made from the number.
# edit: The test `len(output) != len(target)` compares first dimensions; it should compare numel(). | The last line `torch.tensor(loss.item())` cuts the graph; loss itself should be returned.
def compute_mse_loss__B_len_and_item(output: Tensor, target: Tensor) -> Tensor:
    if len(output) != len(target):
        raise ValueError("output and target must have the same size")
    criterion = torch.nn.MSELoss()
    loss = criterion(output, target.reshape(output.shape))
    return torch.tensor(loss.item())


# kind: single
# belief: Assumes that whatever is not 'none' or 'sum' must mean 'mean'.
# edit: The final `else` returns the mean for any unknown reduction; it should test for 'mean' and raise ValueError otherwise.
def mse_by_hand__B_else_is_mean(output: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    if output.shape != target.shape:
        raise ValueError("shapes differ")
    squared = (output - target) ** 2
    if reduction == "none":
        return squared
    elif reduction == "sum":
        return squared.sum()
    else:
        return squared.mean()


# kind: single
# belief: Thinks that shapes are fine as long as the two tensors can be broadcast together, as in numpy.
# edit: The try/except around broadcast_shapes lets (3, 1) against (3,) pass; it should raise ValueError when output.shape != target.shape.
def mse_by_hand__B_broadcast_ok(output: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    try:
        torch.broadcast_shapes(output.shape, target.shape)
    except RuntimeError as error:
        raise ValueError("output and target do not fit together") from error

    err = output - target
    sq = err * err
    if reduction == "none":
        return sq
    if reduction == "sum":
        return sq.sum()
    if reduction == "mean":
        return sq.sum() / sq.numel()
    raise ValueError(f"unknown reduction {reduction!r}")


# kind: pair
# belief: Thinks that an assert is the normal way to reject bad arguments. | Thinks that Python's sum adds up all elements of a tensor.
# edit: The `assert output.shape == target.shape` raises AssertionError; it should raise ValueError. | `return sum(squared)` only adds over the first dimension; it should be squared.sum().
def mse_by_hand__B_assert_and_builtin_sum(output: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    assert output.shape == target.shape, "shapes must be equal"
    if reduction not in ("none", "sum", "mean"):
        raise ValueError("reduction must be 'none', 'sum' or 'mean'")
    squared = (output - target).pow(2)
    if reduction == "none":
        return squared
    if reduction == "sum":
        return sum(squared)
    return squared.mean()


# kind: single
# belief: Thinks that subtracting the one largest logit of the whole batch is enough to make every row safe.
# edit: The line `shifted = logits - logits.max()` lets low rows underflow to log(0); the maximum should be taken per row, logits.max(dim=1, keepdim=True).values.
def cross_entropy_from_logits__B_global_max(logits: Tensor, target: Tensor) -> Tensor:
    if logits.dim() != 2 or target.dim() != 1 or target.shape[0] != logits.shape[0]:
        raise ValueError("need logits (N, C) and target (N,)")
    shifted = logits - logits.max()
    log_sum = torch.log(torch.exp(shifted).sum(dim=1))
    rows = torch.arange(logits.shape[0], device=logits.device)
    return (log_sum - shifted[rows, target]).mean()


# kind: single
# belief: Thinks that indexing the columns with target picks one entry per row.
# edit: `log_probs[:, target]` is an N x N matrix; it should be log_probs[torch.arange(N), target].
def cross_entropy_from_logits__B_column_index(logits: Tensor, target: Tensor) -> Tensor:
    if logits.ndim != 2:
        raise ValueError("logits must be 2-D")
    if target.ndim != 1 or len(target) != len(logits):
        raise ValueError("target must be 1-D, one class per row")
    log_probs = logits - torch.logsumexp(logits, dim=1, keepdim=True)
    picked = log_probs[:, target]
    return -picked.mean()


# kind: pair
# belief: Checks that there is one target per row and forgets that target could have more dimensions. | Thinks that mean() of the one-hot product is the mean over samples.
# edit: The check lacks target.dim() != 1, so that a target of shape (N, 1) passes. | `-(onehot * log_p).mean()` divides by N * C; it should be -(onehot * log_p).sum(dim=1).mean().
def cross_entropy_from_logits__B_onehot_mean(logits: Tensor, target: Tensor) -> Tensor:
    if logits.dim() != 2 or target.dim() == 0 or logits.size(0) != target.size(0):
        raise ValueError("logits must be (N, C) with N targets")
    log_p = F.log_softmax(logits, dim=1)
    onehot = F.one_hot(target, num_classes=logits.size(1)).to(log_p.dtype)
    return -(onehot * log_p).mean()


# kind: single
# belief: Trusts that the well-known stable formula has the right gradient everywhere because its values are right.
# edit: `logits.clamp(min=0)` has slope 1 at logit 0 while abs has slope 0 there, so the gradient at 0 is 1 - target; use -F.logsigmoid or softplus instead.
def bce_with_logits__B_clamp_formula(logits: Tensor, target: Tensor) -> Tensor:
    if logits.shape != target.shape:
        raise ValueError("logits and target must have the same shape")
    loss = logits.clamp(min=0) - logits * target + torch.log1p(torch.exp(-logits.abs()))
    return loss.mean()


# kind: single
# belief: Thinks that torch.where protects the gradient from the overflow in the branch that is not chosen.
# edit: Both branches of the torch.where compute exp of +-logits, and the unselected inf turns the gradient to nan; exp should only ever see -logits.abs(), or logsigmoid be used.
def bce_with_logits__B_where_nan(logits: Tensor, target: Tensor) -> Tensor:
    if target.shape != logits.shape:
        raise ValueError(f"{tuple(logits.shape)} vs {tuple(target.shape)}")
    x, y = logits, target
    positive = (1 - y) * x + torch.log1p(torch.exp(-x))
    negative = -y * x + torch.log1p(torch.exp(x))
    return torch.where(x >= 0, positive, negative).mean()


# kind: pair
# belief: Thinks that a binary target is either class 0 or class 1. | Thinks that the mean of a loss always divides by the batch size.
# edit: The torch.where on `target > 0.5` turns soft labels into hard ones; it should be -(target * logsigmoid(x) + (1 - target) * logsigmoid(-x)). | `loss.sum() / logits.shape[0]` should be loss.mean() over all elements.
def bce_with_logits__B_hard_labels_per_row(logits: Tensor, target: Tensor) -> Tensor:
    if logits.shape != target.shape:
        raise ValueError("shapes differ")
    loss_if_one = -F.logsigmoid(logits)
    loss_if_zero = -F.logsigmoid(-logits)
    loss = torch.where(target > 0.5, loss_if_one, loss_if_zero)
    return loss.sum() / logits.shape[0]
