"""Exercise 8: around the optimizer.

Three topics around the update rule: which parameters it changes, how long a
step may be, and how the learning rate changes.

Files and the network are not available in grading.

Background: the PyTorch tutorial "Neural Networks",
https://docs.pytorch.org/tutorials/beginner/blitz/neural_networks_tutorial.html

中文 (zh)
---------
练习 8：优化器周边。

更新公式之外的事：更新哪些参数、一步最多走多远、学习率怎样变化。

评分时不能使用文件和网络。

背景知识见 PyTorch 教程“Neural Networks”：
https://docs.pytorch.org/tutorials/beginner/blitz/neural_networks_tutorial.html
"""

### BEGIN SOLUTION
import math

### END SOLUTION
from collections.abc import Iterable

import torch
from torch import Tensor, nn


def decay_param_groups(net: nn.Module, weight_decay: float) -> list[dict]:
    """Sort the trainable parameters of a net into two groups for torch.optim.

    The first group has weight decay and holds the parameters with 2 or more
    dimensions. The second group has no weight decay and holds the parameters
    with fewer dimensions (biases, norm scales). Each trainable parameter is
    listed exactly once, in named_parameters order; frozen parameters are in
    neither group.

    Args:
        net: some of its parameters may be frozen or shared
        weight_decay: the weight decay of the first group

    Returns:
        A list of two dicts:
            {'params': [...], 'weight_decay': weight_decay}
            {'params': [...], 'weight_decay': 0.0}

    Example:
        >>> groups = decay_param_groups(nn.Linear(2, 3), 0.01)
        >>> [group["weight_decay"] for group in groups]
        [0.01, 0.0]
        >>> [[tuple(p.shape) for p in group["params"]] for group in groups]
        [[(3, 2)], [(3,)]]

    中文 (zh)
    ---------
    把网络中可训练的参数分成两组，交给 torch.optim。

    第一组做权重衰减，放维数 >= 2 的参数；第二组不做，放其余参数（偏置、
    归一化缩放）。每个参数恰好出现一次，按 named_parameters 的顺序；冻结的
    参数两组都不放。

    参数：
        net：部分参数可能被冻结或共享
        weight_decay：第一组的衰减系数

    返回：
        两个字典的列表：
            {'params': [...], 'weight_decay': weight_decay}
            {'params': [...], 'weight_decay': 0.0}

    示例：
        >>> groups = decay_param_groups(nn.Linear(2, 3), 0.01)
        >>> [group["weight_decay"] for group in groups]
        [0.01, 0.0]
        >>> [[tuple(p.shape) for p in group["params"]] for group in groups]
        [[(3, 2)], [(3,)]]
    """
    ### BEGIN SOLUTION
    trainable = [p for p in net.parameters() if p.requires_grad]
    return [
        {"params": [p for p in trainable if p.dim() >= 2], "weight_decay": weight_decay},
        {"params": [p for p in trainable if p.dim() < 2], "weight_decay": 0.0},
    ]
    ### END SOLUTION


def clip_gradients(params: Iterable[Tensor], max_norm: float) -> float:
    """Shorten all gradients together to a total norm of at most max_norm.

    The total norm is the Euclidean norm of all gradients taken together. If it
    is larger than max_norm, multiply every .grad in place by max_norm / total;
    otherwise change nothing.

    Args:
        params: parameters, possibly a generator; skip parameters whose .grad is
            None
        max_norm: the maximum total norm after the call

    Returns:
        The total norm before clipping as a float; 0.0 if there is no gradient.

    Raises:
        ValueError: if the total norm is nan or inf; then nothing is changed

    Example:
        >>> w = torch.zeros(2, requires_grad=True)
        >>> w.grad = torch.tensor([3.0, 4.0])
        >>> clip_gradients([w], max_norm=1.0)
        5.0
        >>> w.grad
        tensor([0.6000, 0.8000])

    中文 (zh)
    ---------
    把所有梯度一起缩短，使总范数不超过 max_norm。

    总范数 total 是所有梯度合在一起的欧氏范数。它更大时，每个 .grad 原地乘以
    max_norm / total；否则什么都不改。

    参数：
        params：参数，可能是生成器；跳过 .grad 为 None 的参数
        max_norm：总范数的上限

    返回：
        裁剪前的总范数，float；没有梯度时为 0.0。

    抛出：
        ValueError：总范数为 nan 或 inf；此时不得改动任何东西

    示例：
        >>> w = torch.zeros(2, requires_grad=True)
        >>> w.grad = torch.tensor([3.0, 4.0])
        >>> clip_gradients([w], max_norm=1.0)
        5.0
        >>> w.grad
        tensor([0.6000, 0.8000])
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
    """Return the learning rate of a step: a warm-up, then half a cosine.

    During the linear warm-up, while step < warmup_steps, the rate is
    base_lr * (step + 1) / warmup_steps. Then the rate falls to min_lr: it is
    min_lr + (base_lr - min_lr) * (1 + cos(pi * p)) / 2 with
    p = (step - warmup_steps) / (total_steps - warmup_steps).
    From step total_steps on, the rate is min_lr.

    Args:
        step: 0, 1, 2, ...
        base_lr: the highest rate
        warmup_steps: the number of steps of the warm-up
        total_steps: the rate is min_lr from this step on
        min_lr: the last rate

    Returns:
        The learning rate as a float.

    Raises:
        ValueError: for step < 0, or unless 0 <= warmup_steps < total_steps

    Example:
        >>> [lr_at_step(step, 1.0, 2, 4, min_lr=0.0) for step in range(5)]
        [0.5, 1.0, 1.0, 0.5, 0.0]

    中文 (zh)
    ---------
    返回某一步的学习率：先线性预热，再沿半个余弦降到 min_lr。

    step < warmup_steps 时学习率为 base_lr * (step + 1) / warmup_steps。之后为
    min_lr + (base_lr - min_lr) * (1 + cos(pi * p)) / 2，其中
    p = (step - warmup_steps) / (total_steps - warmup_steps)。
    从 total_steps 起为 min_lr。

    参数：
        step：0、1、2……
        base_lr：最高的学习率
        warmup_steps：预热的步数
        total_steps：降到 min_lr 为止的步数
        min_lr：最后的学习率

    返回：
        学习率，float。

    抛出：
        ValueError：step < 0，或不满足 0 <= warmup_steps < total_steps

    示例：
        >>> [lr_at_step(step, 1.0, 2, 4, min_lr=0.0) for step in range(5)]
        [0.5, 1.0, 1.0, 0.5, 0.0]
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
    """Create a torch.optim optimizer for the trainable parameters of a net.

    The optimizer gets each parameter that requires gradients exactly once. Do
    not change net.

    Args:
        net: the net to optimize
        name: 'sgd', 'adam' or 'adamw', in any letter case
        lr: learning rate; all other options keep their defaults

    Returns:
        A new torch.optim.SGD, Adam or AdamW.

    Raises:
        ValueError: if the name is unknown, if lr <= 0, or if net has no
            trainable parameter

    Example:
        >>> optimizer = make_optimizer(nn.Linear(2, 1), "AdamW", lr=0.1)
        >>> type(optimizer).__name__, optimizer.param_groups[0]["lr"]
        ('AdamW', 0.1)

    中文 (zh)
    ---------
    用 torch.optim 为网络中可训练的参数创建优化器。

    优化每个需要梯度的参数，每个恰好一次；不得改动 net。

    参数：
        net：要优化的网络
        name：'sgd'、'adam' 或 'adamw'，不分大小写
        lr：学习率；其余选项取默认值

    返回：
        每次都新建的 torch.optim.SGD、Adam 或 AdamW。

    抛出：
        ValueError：名字未知、lr <= 0，或网络没有可训练的参数

    示例：
        >>> optimizer = make_optimizer(nn.Linear(2, 1), "AdamW", lr=0.1)
        >>> type(optimizer).__name__, optimizer.param_groups[0]["lr"]
        ('AdamW', 0.1)
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
