"""Exercise 8: around the optimizer (优化器周边).

What stands beside the update rule: which parameters it moves, how long a step may be, and how the learning rate runs.
更新公式之外的事：更新哪些参数、一步最多走多远、学习率怎样变化。
"""

### BEGIN SOLUTION
import math

### END SOLUTION
from collections.abc import Iterable

import torch
from torch import Tensor, nn


def decay_param_groups(net: nn.Module, weight_decay: float) -> list[dict]:
    """Sort the trainable parameters of a net into two groups for torch.optim: with weight decay, and without.

    把网络中可训练的参数分成两组交给 torch.optim：做权重衰减的一组，不做的一组。

    net: some of its parameters may be frozen or shared                  (部分参数可能被冻结或共享)
    weight_decay: the decay of the first group                           (第一组的衰减系数)
    Returns [{'params': [...], 'weight_decay': weight_decay}, {'params': [...], 'weight_decay': 0.0}]: parameters with
    2 or more dimensions in the first group, those with fewer (biases, norm scales) in the second; each exactly once,
    in named_parameters order, frozen ones in neither.
                         (维数 ≥ 2 的参数放第一组，其余（偏置、归一化缩放）放第二组；每个恰好一次，
                          按 named_parameters 的顺序；冻结的参数两组都不放)
    """
    ### BEGIN SOLUTION
    trainable = [p for p in net.parameters() if p.requires_grad]
    return [
        {"params": [p for p in trainable if p.dim() >= 2], "weight_decay": weight_decay},
        {"params": [p for p in trainable if p.dim() < 2], "weight_decay": 0.0},
    ]
    ### END SOLUTION


def clip_gradients(params: Iterable[Tensor], max_norm: float) -> float:
    """Shorten all gradients together so that their common Euclidean norm is at most max_norm.

    把所有梯度一起缩短，使它们合在一起的欧氏范数不超过 max_norm。

    params: parameters, possibly a generator; skip those whose .grad is None  (可能是生成器；跳过没有梯度的参数)
    max_norm: when the total norm is larger, every .grad is multiplied in place by max_norm / total; otherwise
    nothing changes.                         (总范数更大时，每个 .grad 原地乘以 max_norm/total；否则什么都不改)
    Returns the total norm before clipping as a float, 0.0 without gradients.  (返回裁剪前的总范数；没有梯度时为 0.0)
    Raises ValueError, with nothing changed, when the total is nan or inf.
                                             (总范数为 nan 或 inf 时抛出 ValueError，且不改动任何东西)
    """
    ### BEGIN SOLUTION
    gradients = [p.grad for p in params if p.grad is not None]
    total = math.sqrt(sum(g.double().square().sum().item() for g in gradients))
    if not math.isfinite(total):
        raise ValueError(f"the norm of the gradients is {total}")
    if total > max_norm:
        for g in gradients:
            g.mul_(max_norm / total)
    return total
    ### END SOLUTION


def lr_at_step(step: int, base_lr: float, warmup_steps: int, total_steps: int, min_lr: float = 0.0) -> float:
    """Return the learning rate of a step: a linear warm-up, then half a cosine down to min_lr.

    返回某一步的学习率：先线性预热，再沿半个余弦降到 min_lr。

    step: 0, 1, 2, ...; from total_steps on the rate is min_lr           (从 total_steps 起为 min_lr)
    warmup_steps: while step < warmup_steps the rate is base_lr * (step + 1) / warmup_steps
                                                                  (预热：base_lr·(step+1)/warmup_steps)
    total_steps: after the warm-up the rate is min_lr + (base_lr - min_lr) * (1 + cos(pi * p)) / 2
    with p = (step - warmup_steps) / (total_steps - warmup_steps)  (p 为预热之后走完的比例)
    Raises ValueError for step < 0 or unless 0 <= warmup_steps < total_steps.
                                     (step < 0 或不满足 0 ≤ warmup_steps < total_steps 时抛出 ValueError)
    """
    ### BEGIN SOLUTION
    if step < 0 or not 0 <= warmup_steps < total_steps:
        raise ValueError(f"step {step}, {warmup_steps} warm-up steps of {total_steps}")
    if step < warmup_steps:
        return base_lr * (step + 1) / warmup_steps
    if step >= total_steps:
        return float(min_lr)
    progress = (step - warmup_steps) / (total_steps - warmup_steps)
    return min_lr + (base_lr - min_lr) * (1 + math.cos(math.pi * progress)) / 2
    ### END SOLUTION


def make_optimizer(net: nn.Module, name: str = "sgd", lr: float = 0.01) -> torch.optim.Optimizer:
    """Create an optimizer from torch.optim for the trainable parameters of a net.

    用 torch.optim 为网络中可训练的参数创建优化器。

    net: its parameters that require gradients are optimized, each once; nothing of it is changed
                                                      (优化需要梯度的参数，每个恰好一次；不得改动 net)
    name: 'sgd', 'adam' or 'adamw', in any letter case                   (不分大小写)
    lr: learning rate; every other option keeps its default              (学习率；其余选项取默认值)
    Returns a fresh torch.optim.SGD, Adam or AdamW.                      (每次都返回新建的优化器)
    Raises ValueError for an unknown name, for lr <= 0, and for a net without a trainable parameter.
                                     (名字未知、lr ≤ 0 或没有可训练参数时抛出 ValueError)
    """
    ### BEGIN SOLUTION
    kinds = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
    if name.lower() not in kinds:
        raise ValueError(f"unknown optimizer {name!r}")
    if lr <= 0:
        raise ValueError(f"the learning rate must be positive, not {lr}")
    trainable = [p for p in net.parameters() if p.requires_grad]
    if not trainable:
        raise ValueError("the net has no trainable parameter")
    return kinds[name.lower()](trainable, lr=lr)
    ### END SOLUTION
