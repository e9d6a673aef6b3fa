"""Exercise 8 with operations on whole lists, numpy, and an optimizer that gets its groups one by one."""

import numpy as np
import torch


def decay_param_groups(net, weight_decay):
    groups = [{"params": [], "weight_decay": decay} for decay in (weight_decay, 0.0)]
    seen = set()
    for module in net.modules():
        for p in module._parameters.values():
            if p is not None and p.requires_grad and id(p) not in seen:
                seen.add(id(p))
                groups[len(p.shape) < 2]["params"].append(p)
    return groups


def clip_gradients(params, max_norm):
    gradients = [p.grad for p in params if p.grad is not None]
    if not gradients:
        return 0.0
    total = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
    if not bool(torch.isfinite(total)):
        raise ValueError("not finite")
    if total > max_norm:
        torch._foreach_mul_(gradients, float(max_norm / (total + 1e-6)))
    return total.item()


def lr_at_step(step, base_lr, warmup_steps, total_steps, min_lr=0.0):
    if min(step, warmup_steps) < 0 or warmup_steps >= total_steps:
        raise ValueError
    if step < warmup_steps:
        return np.linspace(0.0, base_lr, warmup_steps + 1)[step + 1]
    p = np.clip((step - warmup_steps) / (total_steps - warmup_steps), 0.0, 1.0)
    return float(min_lr + (base_lr - min_lr) * np.cos(np.pi * p / 2) ** 2)


def make_optimizer(net, name="sgd", lr=0.01):
    trainable = {p: None for p in net.parameters() if p.requires_grad}
    if lr <= 0 or not trainable:
        raise ValueError("nothing to do")
    try:
        kind = getattr(torch.optim, {"SGD": "SGD", "ADAM": "Adam", "ADAMW": "AdamW"}[name.upper()])
    except KeyError:
        raise ValueError(f"unknown optimizer: {name}") from None
    first, *others = trainable
    optimizer = kind([first], lr=lr)
    for p in others:
        optimizer.add_param_group({"params": p})
    return optimizer
