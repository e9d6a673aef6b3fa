"""Exercise 7: optimizers by hand.

An optimizer changes the parameters in place, outside the graph, with the
gradients that backward() left in .grad.

Files and the network are not available in grading.

Background: the PyTorch tutorial "Neural Networks",
https://docs.pytorch.org/tutorials/beginner/blitz/neural_networks_tutorial.html

中文 (zh)
---------
练习 7：手写优化器。

优化器利用 backward() 留在 .grad 里的梯度，在计算图之外原地更新参数。

评分时不能使用文件和网络。

背景知识见 PyTorch 教程“Neural Networks”：
https://docs.pytorch.org/tutorials/beginner/blitz/neural_networks_tutorial.html
"""

from collections.abc import Iterable

import torch
from torch import Tensor


def manual_sgd_step(params: Iterable[Tensor], lr: float) -> None:
    """Subtract lr times its gradient from every parameter, in place.

    This happens outside the graph: the parameters stay the same leaf objects,
    with the same requires_grad. Every .grad stays unchanged: do not clear it.

    Args:
        params: parameters, possibly a generator; skip parameters whose .grad is
            None
        lr: learning rate

    Returns:
        None; the parameters change in place.

    Example:
        >>> w = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> (w * w).sum().backward()
        >>> manual_sgd_step([w], lr=0.25)
        >>> w
        tensor([0.5000, 1.0000], requires_grad=True)

    中文 (zh)
    ---------
    原地从每个参数中减去 lr 乘以它的梯度。

    这在计算图之外进行：参数仍是原来的叶子对象，requires_grad 不变。
    不改动任何 .grad：不清零。

    参数：
        params：参数，可能是生成器；跳过 .grad 为 None 的参数
        lr：学习率

    返回：
        None；参数原地改变。

    示例：
        >>> w = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> (w * w).sum().backward()
        >>> manual_sgd_step([w], lr=0.25)
        >>> w
        tensor([0.5000, 1.0000], requires_grad=True)
    """
    ### BEGIN SOLUTION
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p -= lr * p.grad
    ### END SOLUTION


def sgd_step(
    params: Iterable[Tensor],
    state: dict,
    lr: float,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
) -> None:
    """Do one step of torch.optim.SGD: momentum, weight decay and Nesterov.

    Let g = grad + weight_decay * p. With momentum, each parameter has a buffer:
    buf = g on its first step, and buf = momentum * buf + g afterwards. Then p
    goes down by lr * step, where step is g without momentum, buf with momentum,
    and g + momentum * buf with nesterov. buf has the dtype of the parameter.
    Every .grad stays unchanged.

    Args:
        params: parameters, possibly a generator; skip parameters whose .grad is
            None
        state: a dict, empty at first; every call gets the same dict again, and
            you may store anything in it
        lr: learning rate; it may change from step to step
        momentum: factor of buf; 0 means no momentum
        weight_decay: factor of p in g
        nesterov: whether to use Nesterov momentum

    Returns:
        None; the parameters change in place.

    Raises:
        ValueError: if nesterov is True and momentum is 0

    Example:
        >>> w, state = torch.tensor([1.0], requires_grad=True), {}
        >>> w.grad = torch.tensor([2.0])
        >>> sgd_step([w], state, lr=0.25, momentum=0.5)  # 1 - 0.25 * 2
        >>> sgd_step([w], state, lr=0.25, momentum=0.5)  # 0.5 - 0.25 * 3
        >>> w
        tensor([-0.2500], requires_grad=True)

    中文 (zh)
    ---------
    手写 torch.optim.SGD 的一步：动量、权重衰减与 Nesterov。

    设 g = grad + weight_decay * p；有动量时，该参数第一次 buf = g，之后
    buf = momentum * buf + g；然后 p 减去 lr * step：没有动量时 step 为 g，
    有动量时为 buf，nesterov 时为 g + momentum * buf。buf 的 dtype 与参数相同。
    不改动任何 .grad。

    参数：
        params：参数，可能是生成器；跳过 .grad 为 None 的参数
        state：最初为空、每步传回的字典；存什么由你决定
        lr：学习率，每步可以不同
        momentum：buf 的系数；0 表示没有动量
        weight_decay：g 中 p 的系数
        nesterov：是否使用 Nesterov 动量

    返回：
        None；参数原地改变。

    抛出：
        ValueError：nesterov 而没有动量

    示例：
        >>> w, state = torch.tensor([1.0], requires_grad=True), {}
        >>> w.grad = torch.tensor([2.0])
        >>> sgd_step([w], state, lr=0.25, momentum=0.5)  # 1 - 0.25 * 2
        >>> sgd_step([w], state, lr=0.25, momentum=0.5)  # 0.5 - 0.25 * 3
        >>> w
        tensor([-0.2500], requires_grad=True)
    """
    ### BEGIN SOLUTION
    if nesterov and momentum == 0:
        raise ValueError("nesterov needs momentum")
    with torch.no_grad():
        for p in params:
            if p.grad is None:
                continue
            g = p.grad + weight_decay * p
            step = g
            if momentum != 0:
                buf = momentum * state[p] + g if p in state else g
                state[p] = buf
                step = g + momentum * buf if nesterov else buf
            p -= lr * step
    ### END SOLUTION


def adam_step(
    params: Iterable[Tensor],
    state: dict,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    decoupled: bool = False,
) -> None:
    """Do one step of torch.optim.Adam, or of AdamW if decoupled is True.

    Adam adds weight_decay * p to the gradient g; AdamW first multiplies p by
    1 - lr * weight_decay. Then m = b1*m + (1-b1)*g, v = b2*v + (1-b2)*g*g,
    p -= lr * mhat / (sqrt(vhat) + eps) with mhat = m / (1 - b1^t) and
    vhat = v / (1 - b2^t), where t counts the steps of THIS parameter. m and v
    have the dtype of the parameter. Every .grad stays unchanged.

    Args:
        params: parameters, possibly a generator; skip parameters whose .grad is
            None
        state: a dict, empty at first; every call gets the same dict again, and
            you may store anything in it
        lr: learning rate; it may change from step to step
        betas: the pair (b1, b2)
        eps: added to the denominator
        weight_decay: factor of the weight decay
        decoupled: False for Adam, True for AdamW

    Returns:
        None; the parameters change in place.

    Example:
        >>> w = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> w.grad = torch.tensor([4.0, -4.0])
        >>> adam_step([w], {}, lr=0.5)
        >>> w
        tensor([0.5000, 2.5000], requires_grad=True)

    中文 (zh)
    ---------
    手写 torch.optim.Adam 的一步；decoupled=True 时为 torch.optim.AdamW。

    Adam 把 weight_decay * p 加进梯度 g；AdamW 则先令 p 乘以
    1 - lr * weight_decay。随后 m = b1*m + (1-b1)*g，v = b2*v + (1-b2)*g*g，
    p -= lr * mhat / (sqrt(vhat) + eps)，其中 mhat = m / (1 - b1^t)，
    vhat = v / (1 - b2^t)，t 是“该参数”自己走过的步数。m 和 v 的 dtype 与参数
    相同。不改动任何 .grad。

    参数：
        params：参数，可能是生成器；跳过 .grad 为 None 的参数
        state：最初为空、每步传回的字典；存什么由你决定
        lr：学习率，每步可以不同
        betas：一对系数 (b1, b2)
        eps：加在分母上的小数
        weight_decay：权重衰减的系数
        decoupled：False 为 Adam，True 为 AdamW

    返回：
        None；参数原地改变。

    示例：
        >>> w = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> w.grad = torch.tensor([4.0, -4.0])
        >>> adam_step([w], {}, lr=0.5)
        >>> w
        tensor([0.5000, 2.5000], requires_grad=True)
    """
    ### BEGIN SOLUTION
    beta1, beta2 = betas
    with torch.no_grad():
        for p in params:
            if p.grad is None:
                continue
            g = p.grad
            if decoupled:
                p *= 1 - lr * weight_decay
            else:
                g = g + weight_decay * p
            t, m, v = state.get(p, (0, 0.0, 0.0))
            t += 1
            m = beta1 * m + (1 - beta1) * g
            v = beta2 * v + (1 - beta2) * g * g
            state[p] = t, m, v
            m_hat = m / (1 - beta1**t)
            v_hat = v / (1 - beta2**t)
            p -= lr * m_hat / (v_hat.sqrt() + eps)
    ### END SOLUTION
