import torch
import torch.nn.functional as F
from torch import Tensor


# kind: single
# belief: The learner thinks view can give any tensor the wanted shape, and overlooks that a target with another memory layout (transposed, strided) cannot be viewed.
# edit: The line `target = target.view(output.size())` is wrong; it should use target.reshape(output.shape).
def compute_mse_loss__A_view_on_any_layout(output: Tensor, target: Tensor) -> Tensor:
    if output.numel() != target.numel():
        raise ValueError("output and target need the same number of elements")
    target = target.view(output.size())
    diff = output - target
    return (diff * diff).mean()


# kind: single
# belief: The learner believes an assert is as good as raising the promised exception.
# edit: The `assert` line is wrong because it raises AssertionError; it should be `if output.numel() != target.numel(): raise ValueError(...)`.
def compute_mse_loss__A_assert_for_sizes(output: Tensor, target: Tensor) -> Tensor:
    assert output.numel() == target.numel(), f"{output.numel()} predictions but {target.numel()} targets"
    return F.mse_loss(output, target.reshape(output.shape))


# kind: pair
# belief: The learner thinks the mean runs over the samples (rows) only instead of over all N * C elements. | The learner overlooks that a target with another number of elements must be refused, and leaves it to broadcasting.
# edit: `total / output.shape[0]` is wrong; it should divide by output.numel(). | A check `if output.numel() != target.numel(): raise ValueError(...)` is missing before the subtraction.
def compute_mse_loss__A_per_row_unchecked(output: Tensor, target: Tensor) -> Tensor:
    flat_out = output.reshape(-1)
    flat_tgt = target.reshape(-1)
    errors = flat_out - flat_tgt
    total = torch.sum(errors ** 2)
    return total / output.shape[0]


# kind: single
# belief: The learner believes that the subtraction itself complains whenever the shapes differ, forgetting that broadcastable shapes go through.
# edit: The `try: ... except RuntimeError` is wrong as a shape check; it should be `if output.shape != target.shape: raise ValueError(...)`.
def mse_by_hand__A_trust_subtraction_error(output: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(f"unknown reduction: {reduction!r}")
    try:
        squared = (output - target) ** 2
    except RuntimeError as err:
        raise ValueError("shapes do not match") from err
    if reduction == "none":
        return squared
    if reduction == "sum":
        return squared.sum()
    return squared.sum() / squared.numel()


# kind: single
# belief: The learner thinks the mean is to be taken along the last dimension, which is the same thing for the 1-D example only.
# edit: `"mean": lambda e: e.mean(-1)` is wrong; it should be e.mean() over all elements.
def mse_by_hand__A_mean_last_dim(output: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    if output.shape != target.shape:
        raise ValueError("output and target differ in shape")
    reducers = {
        "none": lambda e: e,
        "sum": lambda e: e.sum(),
        "mean": lambda e: e.mean(-1),
    }
    if reduction not in reducers:
        raise ValueError("reduction must be one of " + ", ".join(reducers))
    return reducers[reduction]((output - target).square())


# kind: pair
# belief: The learner believes equal numbers of elements mean equal shapes. | The learner treats every other reduction as 'mean' and overlooks that an unknown one is an error.
# edit: `if output.numel() != target.numel()` is wrong; it should compare output.shape with target.shape. | The final `else` branch is wrong; it should be `elif reduction == "mean"`, followed by a ValueError for anything else.
def mse_by_hand__A_numel_and_default_mean(output: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    if output.numel() != target.numel():
        raise ValueError("output and target are of different shapes")
    d = output - target
    loss = d * d
    if reduction == "none":
        return loss
    elif reduction == "sum":
        return loss.sum()
    else:
        return loss.mean()


# kind: single
# belief: The learner believes one maximum over the whole batch makes the exponentials safe, overlooking rows that lie far below it and underflow to log(0).
# edit: `logits.max()` is wrong; the maximum must be taken per row, logits.max(dim=1, keepdim=True).values.
def cross_entropy_from_logits__A_global_max(logits: Tensor, target: Tensor) -> Tensor:
    if logits.dim() != 2 or target.dim() != 1 or target.size(0) != logits.size(0):
        raise ValueError("need logits (N, C) and target (N,)")
    # log-sum-exp trick
    shifted = logits - logits.max().detach()
    log_norm = shifted.exp().sum(dim=1).log()
    rows = torch.arange(logits.size(0), device=logits.device)
    picked = shifted[rows, target]
    return (log_norm - picked).mean()


# kind: single
# belief: The learner thinks bounding the probability away from zero before the log is a harmless way to be stable, overlooking that it caps the loss and kills the gradient.
# edit: The `probs.clamp_min(1e-12)` lines are wrong; use torch.log_softmax(logits, dim=1) (or logsumexp) in place of softmax, clamp and log.
def cross_entropy_from_logits__A_clamped_softmax(logits: Tensor, target: Tensor) -> Tensor:
    if logits.ndim != 2:
        raise ValueError(f"logits must be 2-D, not {logits.ndim}-D")
    if target.ndim != 1 or len(target) != len(logits):
        raise ValueError("target must be 1-D with one class for each row")

    probs = torch.softmax(logits, dim=1)
    p_true = probs.gather(1, target.unsqueeze(1)).squeeze(1)
    p_true = p_true.clamp_min(1e-12)
    return -p_true.log().mean()


# kind: pair
# belief: The learner adds up the losses of the samples and forgets the mean over the batch, which the one-row examples do not show. | The learner checks the ranks only and overlooks that target must be as long as logits.
# edit: `losses.sum()` is wrong; it should be losses.mean(). | The check is wrong without `or target.shape[0] != logits.shape[0]`.
def cross_entropy_from_logits__A_sum_and_short_target(logits: Tensor, target: Tensor) -> Tensor:
    if logits.dim() != 2 or target.dim() != 1:
        raise ValueError("logits must be 2-D and target 1-D")
    log_probs = F.log_softmax(logits, dim=-1)
    losses = -log_probs[torch.arange(len(target)), target]
    return losses.sum()


# kind: single
# belief: The learner believes that binary_cross_entropy of the sigmoid equals the stable form, overlooking that the sigmoid saturates and the logs are cut off at -100.
# edit: `F.binary_cross_entropy(torch.sigmoid(logits), target)` is wrong; it should work on the logits, such as (F.softplus(logits) - logits * target).mean().
def bce_with_logits__A_sigmoid_first(logits: Tensor, target: Tensor) -> Tensor:
    if logits.shape != target.shape:
        raise ValueError("logits and target must have the same shape")
    probabilities = torch.sigmoid(logits)
    return F.binary_cross_entropy(probabilities, target)


# kind: single
# belief: The learner trusts the well-known formula relu(x) - x*t + log1p(exp(-|x|)) and overlooks that relu and abs both have slope 0 at 0, so the gradient there is -t instead of 0.5 - t.
# edit: `F.relu(logits)` with the abs term is wrong at 0; F.softplus(logits) or torch.logaddexp(logits, zeros) - logits * target gives the right slope.
def bce_with_logits__A_relu_kink_at_zero(logits: Tensor, target: Tensor) -> Tensor:
    if tuple(logits.shape) != tuple(target.shape):
        raise ValueError(f"shapes differ: {tuple(logits.shape)} and {tuple(target.shape)}")
    per_element = F.relu(logits) - logits * target + torch.log1p(torch.exp(-logits.abs()))
    return per_element.mean()


# kind: pair
# belief: The learner assumes that the labels are 0 or 1 and picks a branch by threshold, so that soft labels are rounded. | The learner compares the lengths of the first dimension only and takes this for a check of the shapes.
# edit: `torch.where(target > 0.5, ...)` is wrong; both terms should be weighted, target * softplus(-logits) + (1 - target) * softplus(logits). | `len(logits) != len(target)` is wrong; it should be logits.shape != target.shape.
def bce_with_logits__A_hard_labels_len_check(logits: Tensor, target: Tensor) -> Tensor:
    if logits.dim() > 0 and target.dim() > 0:
        if len(logits) != len(target):
            raise ValueError("logits and target do not fit together")
    elif logits.dim() != target.dim():
        raise ValueError("logits and target do not fit together")
    loss_if_one = F.softplus(-logits)
    loss_if_zero = F.softplus(logits)
    loss = torch.where(target > 0.5, loss_if_one, loss_if_zero)
    return loss.mean()
