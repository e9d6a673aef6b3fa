"""Exercise 7: optimizers by hand (手写优化器).

An optimizer changes the parameters in place, outside the graph, with the gradients that backward() left in .grad.
优化器利用 backward() 留在 .grad 里的梯度，在计算图之外原地更新参数。
"""

from collections.abc import Iterable

import torch
from torch import Tensor


def manual_sgd_step(params: Iterable[Tensor], lr: float) -> None:
    """Subtract lr times its gradient from every parameter, in place and outside the graph.

    原地、在计算图之外，从每个参数中减去 lr 乘以它的梯度。

    params: parameters, possibly a generator; skip those whose .grad is None  (可能是生成器；跳过没有梯度的参数)
    lr: learning rate                                                         (学习率)
    The parameters stay the same leaf objects, requires_grad unchanged.       (仍是原来的叶子对象，requires_grad 不变)
    Leaves every .grad as it was: no zeroing.                                 (不改动任何 .grad：不清零)
    """
    raise NotImplementedError("manual_sgd_step")


def sgd_step(
    params: Iterable[Tensor],
    state: dict,
    lr: float,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
) -> None:
    """Do one step of torch.optim.SGD: momentum, weight decay and Nesterov.

    手写 torch.optim.SGD 的一步：动量、权重衰减与 Nesterov。

    With g = grad + weight_decay * p and, if there is momentum, buf = g on a parameter's first step and
    momentum * buf + g afterwards, p goes down by lr * step, where step is g without momentum, buf with momentum,
    and g + momentum * buf with nesterov.
    设 g = grad + weight_decay·p；有动量时，该参数第一次 buf = g，之后 buf = momentum·buf + g；然后 p 减去 lr·step：
    没有动量时 step 为 g，有动量时为 buf，nesterov 时为 g + momentum·buf。

    params: parameters, possibly a generator; skip those whose .grad is None  (可能是生成器；跳过没有梯度的参数)
    state: a dict, empty at first, passed again at each step; keep in it what you like
                                                             (最初为空、每步传回的字典；存什么由你决定)
    lr: learning rate, may change from step to step                           (学习率，每步可以不同)
    Raises ValueError for nesterov without momentum.                          (nesterov 而没有动量时抛出 ValueError)
    Leaves every .grad as it was.                                             (不改动任何 .grad)
    """
    raise NotImplementedError("sgd_step")


def adam_step(
    params: Iterable[Tensor],
    state: dict,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    decoupled: bool = False,
) -> None:
    """Do one step of torch.optim.Adam, or of torch.optim.AdamW when decoupled.

    手写 torch.optim.Adam 的一步；decoupled=True 时为 torch.optim.AdamW。

    Adam adds weight_decay * p to the gradient g; AdamW first multiplies p by 1 - lr * weight_decay. Then
    m = b1*m + (1-b1)*g, v = b2*v + (1-b2)*g*g, p -= lr * mhat / (sqrt(vhat) + eps)
    with mhat = m / (1 - b1^t) and vhat = v / (1 - b2^t), where t counts the steps of THIS parameter.
    Adam 把 weight_decay·p 加进梯度 g；AdamW 则先令 p 乘以 1 - lr·weight_decay。随后更新 m、v 并做偏差修正，
    t 是“该参数”自己走过的步数。

    params: parameters, possibly a generator; skip those whose .grad is None  (可能是生成器；跳过没有梯度的参数)
    state: a dict, empty at first, passed again at each step; keep in it what you like
                                                             (最初为空、每步传回的字典；存什么由你决定)
    lr: learning rate, may change from step to step                           (学习率，每步可以不同)
    Leaves every .grad as it was.                                             (不改动任何 .grad)
    """
    raise NotImplementedError("adam_step")
