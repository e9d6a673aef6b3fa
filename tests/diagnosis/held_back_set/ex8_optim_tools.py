import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn


# kind: single
# belief: Thinks that the parameters without decay are those called bias.
# edit: `name.endswith("bias")` puts the scales of norm layers into the decay group; p.dim() < 2 should decide.
def decay_param_groups__B_by_name(net: nn.Module, weight_decay: float) -> list[dict]:
    decay, no_decay = [], []
    for name, p in net.named_parameters():
        if not p.requires_grad:
            continue
        if name.endswith("bias"):
            no_decay.append(p)
        else:
            decay.append(p)
    return [
        {"params": decay, "weight_decay": weight_decay},
        {"params": no_decay, "weight_decay": 0.0},
    ]


# kind: single
# belief: Overlooks that two modules may own the same parameter when walking over the modules by hand.
# edit: The loop over net.modules() with recurse=False lists a shared parameter twice; net.named_parameters() lists it once.
def decay_param_groups__B_shared_twice(net: nn.Module, weight_decay: float) -> list[dict]:
    groups = [
        {"params": [], "weight_decay": weight_decay},
        {"params": [], "weight_decay": 0.0},
    ]
    for module in net.modules():
        for p in module.parameters(recurse=False):
            if p.requires_grad:
                groups[0 if p.ndim >= 2 else 1]["params"].append(p)
    return groups


# kind: pair
# belief: Thinks that frozen parameters do no harm in a group because they get no gradient. | Thinks that a group without the key simply has no weight decay.
# edit: The comprehensions lack `if p.requires_grad`. | The second dict lacks 'weight_decay': 0.0.
def decay_param_groups__B_frozen_and_no_key(net: nn.Module, weight_decay: float) -> list[dict]:
    params = list(net.parameters())
    weights = [p for p in params if p.dim() >= 2]
    others = [p for p in params if p.dim() < 2]
    return [{"params": weights, "weight_decay": weight_decay}, {"params": others}]


# kind: single
# belief: Copies the small constant of clip_grad_norm_ without noticing that this contract divides by the total alone.
# edit: `max_norm / (total + 1e-6)` should be max_norm / total.
def clip_gradients__B_plus_1e6(params: Iterable[Tensor], max_norm: float) -> float:
    grads = [p.grad for p in params if p.grad is not None]
    if len(grads) == 0:
        return 0.0
    total = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(g.detach()) for g in grads])).item()
    if not math.isfinite(total):
        raise ValueError("the total norm of the gradients is not finite")
    if total > max_norm:
        clip_coef = max_norm / (total + 1e-6)
        with torch.no_grad():
            for g in grads:
                g.mul_(clip_coef)
    return total


# kind: single
# belief: Overlooks that params may be a generator, which is empty after the first loop.
# edit: The second `for p in params` finds nothing when params is a generator; params = list(params) is missing at the top.
def clip_gradients__B_second_loop_empty(params: Iterable[Tensor], max_norm: float) -> float:
    squares = 0.0
    for p in params:
        if p.grad is not None:
            squares += p.grad.detach().double().square().sum().item()
    total = math.sqrt(squares)
    if math.isnan(total) or math.isinf(total):
        raise ValueError("gradients are nan or inf")
    if total > max_norm:
        for p in params:
            if p.grad is not None:
                p.grad.detach().mul_(max_norm / total)
    return total


# kind: pair
# belief: Thinks that the norms of the single gradients add up to the total norm. | Thinks of nan as the only broken value.
# edit: `sum(norms)` should be the square root of the sum of squared norms. | `math.isnan(total)` lets inf pass; it should be not math.isfinite(total).
def clip_gradients__B_sum_of_norms_nan_only(params: Iterable[Tensor], max_norm: float) -> float:
    params = [p for p in params if p.grad is not None]
    norms = [p.grad.detach().norm().item() for p in params]
    total = float(sum(norms))
    if math.isnan(total):
        raise ValueError("nan in the gradients")
    if total > max_norm:
        for p in params:
            p.grad.data.mul_(max_norm / total)
    return total


# kind: single
# belief: Overlooks that the cosine rises again when p becomes greater than 1.
# edit: After the warm-up there is no `if step >= total_steps: return min_lr`, so later steps get a growing rate.
def lr_at_step__B_rises_again(step: int, base_lr: float, warmup_steps: int, total_steps: int, min_lr: float = 0.0) -> float:
    if step < 0:
        raise ValueError("step must not be negative")
    if not 0 <= warmup_steps < total_steps:
        raise ValueError("need 0 <= warmup_steps < total_steps")
    if step < warmup_steps:
        return base_lr * (step + 1) / warmup_steps
    p = (step - warmup_steps) / (total_steps - warmup_steps)
    return min_lr + (base_lr - min_lr) * (1 + math.cos(math.pi * p)) / 2


# kind: single
# belief: Thinks that the progress of the cosine is counted from step 0, warm-up included.
# edit: `progress = step / total_steps` should be (step - warmup_steps) / (total_steps - warmup_steps).
def lr_at_step__B_progress_from_zero(step: int, base_lr: float, warmup_steps: int, total_steps: int, min_lr: float = 0.0) -> float:
    if step < 0 or warmup_steps < 0 or warmup_steps >= total_steps:
        raise ValueError("bad step, warmup_steps or total_steps")
    if step < warmup_steps:
        return float(base_lr * (step + 1) / warmup_steps)
    if step >= total_steps:
        return float(min_lr)
    progress = step / total_steps
    cosine = 0.5 * (1.0 + math.cos(math.pi * progress))
    return float(min_lr + (base_lr - min_lr) * cosine)


# kind: pair
# belief: Thinks that there must be at least one step of warm-up. | Thinks that min_lr is simply added under the whole curve.
# edit: `warmup_steps <= 0` rejects 0, which is allowed; it should be warmup_steps < 0. | `min_lr + base_lr * ...` should be min_lr + (base_lr - min_lr) * ....
def lr_at_step__B_warmup_required_offset(step: int, base_lr: float, warmup_steps: int, total_steps: int, min_lr: float = 0.0) -> float:
    if step < 0:
        raise ValueError("step < 0")
    if warmup_steps <= 0 or warmup_steps >= total_steps:
        raise ValueError("warmup_steps must lie between 0 and total_steps")
    if step >= total_steps:
        return float(min_lr)
    if step < warmup_steps:
        return base_lr * (step + 1) / warmup_steps
    p = (step - warmup_steps) / (total_steps - warmup_steps)
    return min_lr + base_lr * (1 + math.cos(math.pi * p)) / 2


# kind: single
# belief: Thinks that net.parameters() only gives what is trained, or that frozen ones in the optimizer do not matter.
# edit: The optimizer is built from `net.parameters()`; it should get the filtered list [p for p in net.parameters() if p.requires_grad].
def make_optimizer__B_all_parameters(net: nn.Module, name: str = "sgd", lr: float = 0.01) -> torch.optim.Optimizer:
    classes = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
    key = name.lower()
    if key not in classes:
        raise ValueError(f"unknown optimizer {name!r}")
    if lr <= 0:
        raise ValueError("lr must be positive")
    if not any(p.requires_grad for p in net.parameters()):
        raise ValueError("nothing to train")
    return classes[key](net.parameters(), lr=lr)


# kind: single
# belief: Thinks that SGD is always used with momentum 0.9, as in the tutorials.
# edit: `momentum=0.9` changes a default that should stay; it should be torch.optim.SGD(params, lr=lr).
def make_optimizer__B_sgd_with_momentum(net: nn.Module, name: str = "sgd", lr: float = 0.01) -> torch.optim.Optimizer:
    if lr <= 0:
        raise ValueError("learning rate must be > 0")
    params = [p for p in net.parameters() if p.requires_grad]
    if not params:
        raise ValueError("net has no trainable parameters")
    name = name.lower()
    if name == "sgd":
        return torch.optim.SGD(params, lr=lr, momentum=0.9)
    if name == "adam":
        return torch.optim.Adam(params, lr=lr)
    if name == "adamw":
        return torch.optim.AdamW(params, lr=lr)
    raise ValueError("name must be sgd, adam or adamw")


# kind: pair
# belief: Thinks that only negative learning rates are invalid, as torch.optim does. | Thinks that names come in lower case or exactly as the classes are spelled.
# edit: `lr < 0` lets 0 pass; it should be lr <= 0. | The names are compared as given, so 'ADAM' is refused; name.lower() is missing.
def make_optimizer__B_zero_lr_case(net: nn.Module, name: str = "sgd", lr: float = 0.01) -> torch.optim.Optimizer:
    if lr < 0:
        raise ValueError(f"Invalid learning rate: {lr}")
    trainable = [p for p in net.parameters() if p.requires_grad]
    if len(trainable) == 0:
        raise ValueError("no trainable parameter")
    if name in ("sgd", "SGD"):
        return torch.optim.SGD(trainable, lr=lr)
    elif name in ("adam", "Adam"):
        return torch.optim.Adam(trainable, lr=lr)
    elif name in ("adamw", "AdamW"):
        return torch.optim.AdamW(trainable, lr=lr)
    else:
        raise ValueError("Unknown optimizer: " + name)
