import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn


# kind: single
# belief: The learner sorts by the name 'bias', overlooking that other parameters with fewer than 2 dimensions, such as norm scales, must not decay either.
# edit: `name.endswith("bias")` is wrong; the test should be p.dim() < 2.
def decay_param_groups__A_by_name_bias(net: nn.Module, weight_decay: float) -> list[dict]:
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
# belief: The learner collects the parameters module by module, overlooking that a parameter shared by two modules then comes twice.
# edit: The double loop over net.modules() and parameters(recurse=False) is wrong; net.named_parameters() gives each parameter once.
def decay_param_groups__A_module_by_module(net: nn.Module, weight_decay: float) -> list[dict]:
    with_decay = {"params": [], "weight_decay": weight_decay}
    without_decay = {"params": [], "weight_decay": 0.0}
    for module in net.modules():
        for p in module.parameters(recurse=False):
            if p.requires_grad:
                group = with_decay if p.ndim >= 2 else without_decay
                group["params"].append(p)
    return [with_decay, without_decay]


# kind: pair
# belief: The learner overlooks that frozen parameters belong in neither group. | The learner leaves the weight decay of the second group to the optimizer, overlooking that its default need not be 0.
# edit: The list comprehensions are wrong without `if p.requires_grad`. | `{"params": small}` is wrong; it should hold "weight_decay": 0.0 too.
def decay_param_groups__A_frozen_in_no_key(net: nn.Module, weight_decay: float) -> list[dict]:
    params = [p for _, p in net.named_parameters()]
    big = [p for p in params if len(p.shape) >= 2]
    small = [p for p in params if len(p.shape) < 2]
    return [{"params": big, "weight_decay": weight_decay}, {"params": small}]


# kind: single
# belief: The learner shortens each gradient by its own norm, overlooking that all are shortened together by the total norm.
# edit: `if norm > max_norm: g.mul_(max_norm / norm)` is wrong; the condition and the factor should use total.
def clip_gradients__A_each_by_itself(params: Iterable[Tensor], max_norm: float) -> float:
    grads = [p.grad for p in params if p.grad is not None]
    if not grads:
        return 0.0
    norms = [torch.linalg.vector_norm(g.detach()).item() for g in grads]
    total = math.hypot(*norms)
    if not math.isfinite(total):
        raise ValueError(f"total norm is {total}")
    with torch.no_grad():
        for g, norm in zip(grads, norms):
            if norm > max_norm:
                g.mul_(max_norm / norm)
    return total


# kind: single
# belief: The learner goes over params twice, overlooking that a generator is used up after the first time.
# edit: The second `for p in params` is wrong; params should be turned into a list first.
def clip_gradients__A_generator_used_up(params: Iterable[Tensor], max_norm: float) -> float:
    square_sum = 0.0
    for p in params:
        if p.grad is not None:
            square_sum += p.grad.detach().double().pow(2).sum().item()
    total = square_sum ** 0.5
    if math.isnan(total) or math.isinf(total):
        raise ValueError("gradients are not finite")
    if total > max_norm:
        scale = max_norm / total
        for p in params:
            if p.grad is not None:
                p.grad.detach().mul_(scale)
    return total


# kind: pair
# belief: The learner copies the 1e-6 of clip_grad_norm_ into the factor, although it should be max_norm / total exactly. | The learner checks for nan only, overlooking an infinite total norm.
# edit: `max_norm / (total + 1e-6)` is wrong; it should be max_norm / total. | `math.isnan(total)` is wrong; it should be not math.isfinite(total).
def clip_gradients__A_small_eps_nan_only(params: Iterable[Tensor], max_norm: float) -> float:
    grads = []
    for p in params:
        if p.grad is not None:
            grads.append(p.grad.detach())
    if len(grads) == 0:
        return 0.0
    total = torch.stack([g.norm() for g in grads]).norm().item()
    if math.isnan(total):
        raise ValueError("the gradient norm is not a number")
    if total > max_norm:
        factor = max_norm / (total + 1e-6)
        for g in grads:
            g *= factor
    return total


# kind: single
# belief: The learner thinks the cosine stays at its end, overlooking that after total_steps it rises again.
# edit: A line `if step >= total_steps: return min_lr` is missing before the cosine.
def lr_at_step__A_cosine_rises_again(
    step: int, base_lr: float, warmup_steps: int, total_steps: int, min_lr: float = 0.0
) -> float:
    if step < 0:
        raise ValueError("step must not be negative")
    if not 0 <= warmup_steps < total_steps:
        raise ValueError("need 0 <= warmup_steps < total_steps")
    if step < warmup_steps:
        return base_lr * (step + 1) / warmup_steps
    progress = (step - warmup_steps) / (total_steps - warmup_steps)
    return min_lr + (base_lr - min_lr) * (1 + math.cos(math.pi * progress)) / 2


# kind: single
# belief: The learner adds min_lr to a cosine of the full height base_lr, overlooking that the height is base_lr - min_lr.
# edit: `min_lr + base_lr * ...` is wrong; it should be min_lr + (base_lr - min_lr) * ....
def lr_at_step__A_full_height_cosine(
    step: int, base_lr: float, warmup_steps: int, total_steps: int, min_lr: float = 0.0
) -> float:
    if step < 0 or warmup_steps < 0 or warmup_steps >= total_steps:
        raise ValueError("invalid schedule")
    if step >= total_steps:
        return float(min_lr)
    if step < warmup_steps:
        lr = base_lr * (step + 1) / warmup_steps
    else:
        p = (step - warmup_steps) / (total_steps - warmup_steps)
        lr = min_lr + base_lr * 0.5 * (1.0 + math.cos(math.pi * p))
    return float(lr)


# kind: pair
# belief: The learner lets the warm-up rise from min_lr, although it is base_lr * (step + 1) / warmup_steps whatever min_lr is. | The learner allows warmup_steps equal to total_steps.
# edit: `min_lr + (base_lr - min_lr) * (step + 1) / warmup_steps` is wrong; it should be base_lr * (step + 1) / warmup_steps. | `warmup_steps > total_steps` is wrong; it should be warmup_steps >= total_steps.
def lr_at_step__A_warmup_from_min_equal_ok(
    step: int, base_lr: float, warmup_steps: int, total_steps: int, min_lr: float = 0.0
) -> float:
    if step < 0:
        raise ValueError(f"negative step: {step}")
    if warmup_steps < 0 or warmup_steps > total_steps:
        raise ValueError(f"cannot warm up for {warmup_steps} of {total_steps} steps")

    if step < warmup_steps:
        return min_lr + (base_lr - min_lr) * (step + 1) / warmup_steps
    elif step >= total_steps:
        return min_lr
    else:
        p = (step - warmup_steps) / (total_steps - warmup_steps)
        cosine = (1 + math.cos(math.pi * p)) / 2
        return min_lr + (base_lr - min_lr) * cosine


# kind: single
# belief: The learner checks that something is trainable but hands all parameters to the optimizer, overlooking the frozen ones.
# edit: `net.parameters()` in the last line is wrong; it should be the list of those with requires_grad.
def make_optimizer__A_frozen_too(net: nn.Module, name: str = "sgd", lr: float = 0.01) -> torch.optim.Optimizer:
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
# belief: The learner adds the customary momentum to SGD, overlooking that every other option keeps its default.
# edit: `momentum=0.9` is wrong; it should be left out.
def make_optimizer__A_sgd_momentum(net: nn.Module, name: str = "sgd", lr: float = 0.01) -> torch.optim.Optimizer:
    if lr <= 0:
        raise ValueError("learning rate must be > 0")
    trainable = [p for p in net.parameters() if p.requires_grad]
    if len(trainable) == 0:
        raise ValueError("the net has no trainable parameters")
    name = name.lower()
    if name == "sgd":
        return torch.optim.SGD(trainable, lr=lr, momentum=0.9)
    if name == "adam":
        return torch.optim.Adam(trainable, lr=lr)
    if name == "adamw":
        return torch.optim.AdamW(trainable, lr=lr)
    raise ValueError("name must be sgd, adam or adamw")


# kind: pair
# belief: The learner refuses negative learning rates only and lets lr = 0 through. | The learner looks the name up in a dict and thinks its KeyError is the promised error.
# edit: `lr < 0` is wrong; it should be lr <= 0. | `OPTIMIZERS[name.lower()]` is wrong without a check that raises ValueError for an unknown name.
def make_optimizer__A_zero_lr_keyerror(net: nn.Module, name: str = "sgd", lr: float = 0.01) -> torch.optim.Optimizer:
    OPTIMIZERS = dict(sgd=torch.optim.SGD, adam=torch.optim.Adam, adamw=torch.optim.AdamW)
    if lr < 0:
        raise ValueError(f"bad learning rate: {lr}")
    optimizer_class = OPTIMIZERS[name.lower()]
    params = list(filter(lambda p: p.requires_grad, net.parameters()))
    if not params:
        raise ValueError("no parameter requires a gradient")
    return optimizer_class(params, lr=lr)
