"""Exercise 8 with one pass over the parameters, and with torch's own tools where they exist."""

import math

import torch


def decay_param_groups(net, weight_decay):
    yes, no = [], []
    for p in net.parameters():
        if p.requires_grad:
            (no if p.ndim <= 1 else yes).append(p)
    return [{"weight_decay": weight_decay, "params": yes}, {"weight_decay": 0.0, "params": no}]


def clip_gradients(params, max_norm):
    try:
        return float(torch.nn.utils.clip_grad_norm_(params, max_norm, error_if_nonfinite=True))
    except RuntimeError as error:
        raise ValueError(str(error)) from error


def lr_at_step(step, base_lr, warmup_steps, total_steps, min_lr=0.0):
    if step < 0:
        raise ValueError("step")
    if warmup_steps < 0 or warmup_steps >= total_steps:
        raise ValueError("warmup_steps")
    if step < warmup_steps:
        return base_lr * ((step + 1) / warmup_steps)
    p = min(1.0, (step - warmup_steps) / (total_steps - warmup_steps))
    return min_lr + 0.5 * (base_lr - min_lr) * (1.0 + math.cos(math.pi * p))


def make_optimizer(net, name="sgd", lr=0.01):
    if not lr > 0:
        raise ValueError("lr")
    trainable = filter(lambda p: p.requires_grad, net.parameters())  # torch raises ValueError if it is empty
    match name.casefold():
        case "sgd":
            return torch.optim.SGD(trainable, lr)
        case "adam":
            return torch.optim.Adam(trainable, lr)
        case "adamw":
            return torch.optim.AdamW(trainable, lr)
    raise ValueError(name)
