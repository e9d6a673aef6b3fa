"""Hidden experiments of exercise 7: optimizers by hand."""

import torch
from torch import nn

from grader import Given, experiment


def now(when, **params):
    """Return copies of the parameters, so that later steps do not change them."""
    return {f"{name} {when}": p.detach().clone() for name, p in params.items()}


def separate_states(given, step):
    """Compare a parameter with two copies that get the same gradients. All states are separate.

    The first copy takes the same two steps as the parameter, which takes turns with another parameter. The second copy
    starts two steps later, when the parameter continues with an empty state.
    """
    first, second = given.parameters((3,), (3,), grads=False)
    alone, start, states = nn.Parameter(first.detach().clone()), first.detach().clone(), ({}, {}, {})
    for _ in range(2):
        given.new_gradients([first, second])
        alone.grad = first.grad.clone()
        for p, state in zip((first, second, alone), states, strict=True):
            step([p], state)
    found = {"beside another parameter, compared with alone": first.detach() - alone.detach()}
    again, states = nn.Parameter(first.detach().clone()), ({}, {})
    for _ in range(2):
        given.new_gradients([first])
        again.grad = first.grad.clone()
        for p, state in zip((first, again), states, strict=True):
            step([p], state)
    found["with an empty dict, compared with a new parameter"] = first.detach() - again.detach()
    return {**found, "gradient": first.grad, "has moved": not torch.equal(first.detach(), start)}


def strong_gradients(given, params):
    """Give every parameter a new gradient with entries of at least 50 in size, so that a small eps has no effect."""
    given.new_gradients(params)
    for p in params:
        p.grad = 100 * p.grad + 50 * p.grad.sign()


def transposed(given: Given, rows: int, columns: int) -> nn.Parameter:
    """Return a float32 parameter that is stored column by column, with a gradient that is stored row by row."""
    p = nn.Parameter(given.tensor("base", columns, rows, dtype=torch.float32, may_change=True).T)
    p.grad = given.tensor("gradient", rows, columns, low=0.5, high=2.0, dtype=torch.float32, may_change=True)
    return p


@experiment(
    zh="任何有梯度的叶子张量都更新，requires_grad 不变，普通的和冻结的也一样。",
    rtol=1e-9,
    atol=1e-11,
)
def any_tensor_with_a_gradient(manual_sgd_step, given: Given):
    """Any leaf tensor with a gradient moves and keeps its requires_grad, also a plain or a frozen one."""
    free = given.tensor("free", 3, requires_grad=True, may_change=True)
    frozen = given.tensor("frozen", 2, 2, may_change=True)
    for p in (free, frozen):
        p.grad = given.tensor("gradient", *p.shape, may_change=True)
    manual_sgd_step((free, frozen), given.number(0.5, 5.0) / 10)
    return {
        **now("after the step", free=free, frozen=frozen),
        "free": given.flags(free),
        "frozen": given.flags(frozen),
        "frozen.grad": frozen.grad,
    }


@experiment(zh="转置的 float32 参数本身被更新，而不是它的副本；dtype 仍是 float32。", rtol=1e-5, atol=1e-6)
def other_layout_and_dtype(manual_sgd_step, given: Given):
    """A transposed float32 parameter is itself updated, not a copy of it, and it stays float32."""
    p = transposed(given, 3, 2)
    manual_sgd_step({"p": p}.values(), lr=given.number(0.2, 0.5))
    return {**now("after the step", p=p), "p.grad": p.grad, "p": given.flags(p)}


@experiment(zh="每次调用只用这一次的 lr 和梯度；lr 为 0 时什么都不动。", rtol=1e-9, atol=1e-11)
def each_call_stands_alone(manual_sgd_step, given: Given):
    """Each call uses only the lr and the gradients of that call, and with lr 0 nothing moves."""
    p, q, r = params = given.parameters((3,), (3,), (3,), grads=False)
    found = {}
    for step, lr in enumerate((0.3, 0.0, 1.7, 0.2), 1):
        given.new_gradients(params)
        if step == 4:
            q.grad = None
        manual_sgd_step(iter(params), lr)
        found |= {**now(f"after step {step}", p=p, q=q, r=r), f"p.grad after step {step}": p.grad}
    return found


@experiment(zh="在十步的训练循环里，损失下降，参数正确。", rtol=1e-9, atol=1e-11)
def ten_training_steps(manual_sgd_step, given: Given):
    """In a training loop of ten steps the losses go down and the parameters are right."""
    net, x, y = given.mlp(3, 2, 1), given.tensor("x", 6, 3), given.tensor("y", 6, 1)
    losses = []
    for _ in range(10):
        net.zero_grad()
        loss = (net(x) - y).square().mean()
        loss.backward()
        losses.append(loss.item())
        manual_sgd_step(net.parameters(), 0.05)
    return {
        "losses": torch.tensor(losses, dtype=torch.float64),
        **now("afterwards", weight=net[0].weight, bias=net[2].bias),
    }


@experiment(zh="每个 state 字典有自己的缓冲区；换一个空字典，同一个参数就重新开始。", rtol=1e-6, atol=1e-6)
def states_are_separate(sgd_step, given: Given):
    """Each state dict has its own buffers, and with an empty dict the same parameter starts again."""
    return separate_states(
        given, lambda params, state: sgd_step(params, state, 0.1, momentum=0.8, weight_decay=0.1, nesterov=True)
    )


@experiment(
    zh="nesterov、权重衰减和变化的学习率可以一起使用，按位置传参；每个 .grad 都保持原样。", rtol=1e-6, atol=1e-6
)
def everything_at_once(sgd_step, given: Given):
    """Nesterov, weight decay and a changing rate work together, with arguments by position, and every .grad stays."""
    net, state = given.mlp(2, 3), {}
    params = list(net.parameters())
    given.new_gradients(params)
    found = {}
    for step, rate in enumerate((0.1, 0.0, 0.3, 0.05, 0.2), 1):
        for p in params:
            p.grad.mul_(0.5).add_(given.tensor("gradient", *p.shape))
        sgd_step(net.parameters(), state, rate, 0.8, 0.05, True)
        found |= now(f"after step {step}", weight=params[0], bias=params[1])
    sgd_step(params, state, 0.1, 0.8, 0.05, True)
    found |= now("after a step with a list", weight=params[0], bias=params[1])
    return found | {"weight.grad": params[0].grad, "bias.grad": params[1].grad}


@experiment(zh="没有动量时权重衰减照样起作用；p.grad 本身不变。", rtol=1e-9, atol=1e-11)
def decay_without_momentum(sgd_step, given: Given):
    """Weight decay works without momentum as well, and p.grad itself stays as it was."""
    params = given.parameters((4,))
    (p,) = params
    state = {}
    sgd_step(params, state, 0.2, weight_decay=0.5)
    found = now("after step 1", p=p)
    sgd_step(params, state, 0.1, weight_decay=0.5)
    return {**found, **now("after step 2", p=p), "p.grad": p.grad}


@experiment(
    zh="内存布局不同的参数都更新，仍是叶子，requires_grad 和 dtype 不变；之后自动求导照常记录。", rtol=1e-5, atol=1e-6
)
def flags_layout_and_dtype(sgd_step, given: Given):
    """Parameters in any memory layout move and stay leaves with their flags and dtype; autograd still records."""
    p = transposed(given, 2, 3)
    frozen = nn.Parameter(given.tensor("frozen", 2, dtype=torch.float32, may_change=True), requires_grad=False)
    state = {}
    for _ in range(2):
        sgd_step((p, frozen), state, lr=0.1, momentum=0.5)
    return {
        **now("after two steps", p=p),
        "p.grad": p.grad,
        "p": given.flags(p),
        "frozen": given.flags(frozen),
        "frozen.grad": frozen.grad,
        "gradients are recorded": torch.is_grad_enabled(),
    }


@experiment(zh="eps 在偏差修正和开方之后才加上；eps 大的时候看得出来。", rtol=1e-6, atol=1e-6)
def large_eps(adam_step, given: Given):
    """eps is added after the bias correction and the root, which shows when eps is large."""
    params = given.parameters((4,))
    (p,) = params
    state, found = {}, {}
    for step in (1, 2, 3):
        p.grad = given.tensor("gradient", 4, low=0.5, high=3.0, may_change=True)
        adam_step(params, state, lr=0.1, eps=0.3)
        found |= now(f"after step {step}", p=p)
    return found


@experiment(zh="梯度约为 1e-8 时，默认的 eps 决定更新量；梯度为 0 的元素不动。", rtol=1e-6, atol=1e-6)
def tiny_gradients(adam_step, given: Given):
    """With gradients of about 1e-8 the default eps decides the step; an entry with a gradient of 0 does not move."""
    (p,) = given.parameters((4,), grads=False)
    state, found = {}, {}
    for step in (1, 2):
        p.grad = given.tensor("gradient", 4, low=1e-8, high=4e-8, may_change=True)
        p.grad[0] = 0.0
        adam_step([p], state, lr=0.1)
        found |= now(f"after step {step}", p=p)
    return found


@experiment(zh="每个 state 字典有自己的滑动平均；换一个空字典，同一个参数就重新开始。", rtol=1e-6, atol=1e-6)
def adam_states_are_separate(adam_step, given: Given):
    """Each state dict has its own averages, and with an empty dict the same parameter starts again."""
    return separate_states(given, lambda params, state: adam_step(params, state, 0.1, weight_decay=0.1, decoupled=True))


@experiment(zh="AdamW 可以按位置接收全部选项，学习率每步变化（可以为 0），参数由生成器给出。", rtol=1e-6, atol=1e-6)
def everything_by_position(adam_step, given: Given):
    """AdamW takes all options by position, with a changing rate (even 0) and a generator of parameters."""
    net, state = given.mlp(2, 3), {}
    params = list(net.parameters())
    given.new_gradients(params)
    found = {}
    for step, rate in enumerate((0.1, 0.0, 0.3, 0.05), 1):
        for p in params:
            p.grad.mul_(0.5).add_(given.tensor("gradient", *p.shape))
        adam_step(net.parameters(), state, rate, (0.7, 0.9), 0.01, 0.5, True)
        found |= now(f"after step {step}", weight=params[0], bias=params[1])
    adam_step(params, state, 0.1, (0.7, 0.9), 0.01, 0.5, True)
    found |= now("after a step with a list", weight=params[0], bias=params[1])
    return found | {"weight.grad": params[0].grad, "bias.grad": params[1].grad}


@experiment(
    zh="内存布局不同的参数都更新，仍是叶子，requires_grad 和 dtype 不变；之后自动求导照常记录。", rtol=1e-5, atol=1e-6
)
def adam_flags_layout_and_dtype(adam_step, given: Given):
    """Parameters in any memory layout move and stay leaves with their flags and dtype; autograd still records."""
    p = transposed(given, 2, 3)
    frozen = nn.Parameter(given.tensor("frozen", 2, dtype=torch.float32, may_change=True), requires_grad=False)
    state = {}
    for _ in range(2):
        adam_step((p, frozen), state, lr=0.003)
    return {
        **now("after two steps", p=p),
        "p.grad": p.grad,
        "p": given.flags(p),
        "frozen": given.flags(frozen),
        "frozen.grad": frozen.grad,
        "gradients are recorded": torch.is_grad_enabled(),
    }
