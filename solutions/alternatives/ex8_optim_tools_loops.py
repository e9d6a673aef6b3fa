"""Exercise 8 in plain Python: explicit loops, tables and chains of if."""

import math

import torch


def decay_param_groups(net, weight_decay):
    trainable = {name: p for name, p in net.named_parameters() if p.requires_grad}
    matrices = [name for name in trainable if len(trainable[name].size()) > 1]
    vectors = [name for name in trainable if name not in matrices]
    return [
        {"params": [trainable[name] for name in names], "weight_decay": decay}
        for names, decay in ((matrices, weight_decay), (vectors, 0))
    ]


def clip_gradients(params, max_norm):
    params = [p for p in params if p.grad is not None]
    total = math.hypot(*(float(p.grad.detach().norm(2)) for p in params))
    if math.isnan(total) or math.isinf(total):
        raise ValueError(f"total norm {total}")
    scale = min(1.0, max_norm / (total + 1e-6))
    for p in params:
        p.grad.data *= scale
    return total


def lr_at_step(step, base_lr, warmup_steps, total_steps, min_lr=0.0):
    if not (step >= 0 and warmup_steps >= 0 and total_steps > warmup_steps):
        raise ValueError((step, warmup_steps, total_steps))
    rates = [base_lr * count / warmup_steps for count in range(1, warmup_steps + 1)]
    falling = total_steps - warmup_steps
    rates += [min_lr + (base_lr - min_lr) * (math.cos(k / falling * math.pi) + 1) / 2 for k in range(falling)]
    return rates[step] if step < total_steps else min_lr


def make_optimizer(net, name="sgd", lr=0.01):
    trainable = []
    for _, p in net.named_parameters():
        if p.requires_grad:
            trainable.append(p)
    if len(trainable) == 0:
        raise ValueError("nothing to train")
    if lr <= 0:
        raise ValueError("lr must be positive")
    name = name.lower()
    if name == "sgd":
        return torch.optim.SGD(trainable, lr=lr, momentum=0.0)
    if name == "adam":
        return torch.optim.Adam([{"params": trainable, "lr": lr}])
    if name == "adamw":
        return torch.optim.AdamW(trainable, lr=lr)
    raise ValueError(f"no such optimizer: {name}")
