"""Public experiments of exercise 7: optimizers by hand."""

import torch
from torch import nn

from grader import Given, exercise, experiment

exercise(
    en="Optimizers by hand",
    zh="手写优化器",
    points={"manual_sgd_step": 2, "sgd_step": 4, "adam_step": 5},
)


def now(when, **params):
    """Return copies of the parameters, so that later steps do not change them."""
    return {f"{name} {when}": p.detach().clone() for name, p in params.items()}


def strong_gradients(given, params):
    """Give every parameter a new gradient with entries of at least 50 in size, so that a small eps has no effect."""
    given.new_gradients(params)
    for p in params:
        p.grad = 100 * p.grad + 50 * p.grad.sign()


def steps_without_gradient(given, step):
    """Compare parameters that lack a gradient in some of six steps with copies that are not stepped at all then.

    The three parameters are in one list with one state; each copy has a separate state. The differences are zero for
    any formula of the step, if a parameter without a gradient is skipped.
    """
    always, late, pausing = params = given.parameters((3,), (3,), (4, 1), grads=False)
    alone = {"late": nn.Parameter(late.detach().clone()), "pausing": nn.Parameter(pausing.detach().clone())}
    start, state, states, found = always.detach().clone(), {}, {"late": {}, "pausing": {}}, {}
    for number in range(1, 7):
        given.new_gradients(params)
        if number < 3:
            late.grad = None
        if number in (1, 3, 4):
            pausing.grad = None
        for name, p in (("late", late), ("pausing", pausing)):
            if p.grad is not None:
                alone[name].grad = p.grad.clone()
                step([alone[name]], states[name])
        before = pausing.detach().clone()
        step(params, state)
        if number == 2:
            found = now("before its first gradient", late=late)
        if number == 4:
            found["movement of pausing without a gradient"] = pausing.detach() - before
    return {
        **found,
        "late, compared with starting alone": late.detach() - alone["late"].detach(),
        "pausing, compared with no pause": pausing.detach() - alone["pausing"].detach(),
        "always has moved": not torch.equal(always.detach(), start),
        "late.grad": late.grad,
    }


def renew_gradients(given, params):
    """Write new numbers into the same gradient tensors, as zero_grad(set_to_none=False) and backward() do."""
    for p in params:
        numbers = given.tensor("gradient", *p.shape, may_change=True)
        p.grad = numbers if p.grad is None else p.grad.copy_(numbers)


def unusual(given):
    """Return a parameter that is stored column by column, and a tensor that requires no grad, both with gradients."""
    turned = nn.Parameter(given.tensor("turned", 3, 2, may_change=True).T)
    turned.grad = given.tensor("its gradient", 2, 3, low=0.5, high=2.0, may_change=True)
    frozen = given.tensor("frozen", 4, may_change=True)
    frozen.grad = given.tensor("gradient of frozen", 4, may_change=True)
    return turned, frozen


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


def step_with_rate_zero(given, step):
    """Compare a parameter with a copy after three steps: in the second step one has rate 0, the other a tiny rate."""
    (p,) = given.parameters((5,), grads=False)
    twin, start, states = nn.Parameter(p.detach().clone()), p.detach().clone(), ({}, {})
    for rates in ((0.1, 0.1), (0.0, 1e-12), (0.3, 0.3)):
        given.new_gradients([p])
        twin.grad = p.grad.clone()
        for each, state, rate in zip((p, twin), states, rates, strict=True):
            step([each], state, rate)
    moved = not torch.equal(p.detach(), start)
    return {"compared with a tiny rate": p.detach() - twin.detach(), "gradient": p.grad, "has moved": moved}


def direction(movement):
    """Return the sign of every entry; nan if the entry is nan or infinite."""
    return movement.sign() + 0.0 * movement


def single_precision(given):
    """Return a float32 parameter with a gradient."""
    p = nn.Parameter(given.tensor("float32", 5, dtype=torch.float32, may_change=True))
    p.grad = torch.ones(5)
    return p


@experiment(zh="每次调用都从 net.parameters() 的每个参数中减去 lr 乘以它的梯度。", rtol=1e-9, atol=1e-11)
def one_step_of_a_net(manual_sgd_step, given: Given):
    """Each call subtracts lr times its gradient from every parameter of net.parameters()."""
    net = given.mlp(3, 4, 2)
    (net(given.tensor("x", 5, 3)) - given.tensor("y", 5, 2)).square().mean().backward()
    manual_sgd_step(net.parameters(), given.number(0.05, 0.5))
    found = {name: p.detach().clone() for name, p in net.named_parameters()}
    given.new_gradients(list(net.parameters()))
    manual_sgd_step(list(net.parameters()), 0.3)
    return {**found, **{f"{name} after a second step": p for name, p in net.named_parameters()}}


@experiment(zh="没有梯度的参数保持不变，它后面的参数照常更新。", rtol=1e-9, atol=1e-11)
def no_gradient_no_step(manual_sgd_step, given: Given):
    """A parameter without a gradient stays as it is, and those after it still move."""
    first, idle, last = given.parameters((2, 3), (3,), (2, 3))
    idle.grad = None
    listed = [first, idle, last]
    manual_sgd_step(listed, given.number(0.5, 5.0) / 10)
    found = {**now("after the step", first=first, idle=idle, last=last), "idle.grad": idle.grad}
    same = [a is b for a, b in zip(listed, (first, idle, last), strict=True)]
    given.new_gradients([first, last])
    manual_sgd_step([first, last], 0.3)
    return {**found, **now("after a second step", first=first, last=last), "same parameters in the list": same}


@experiment(zh="每个 .grad 都保持原样：用同样的梯度走两步，等于用两倍的 lr 走一步。", rtol=1e-9, atol=1e-11)
def gradients_are_left_alone(manual_sgd_step, given: Given):
    """Every .grad stays as it was: two steps with the same gradients equal one step with twice the rate."""
    weight, bias = given.parameters((3, 2), (2,))
    lr = given.number(0.5, 5.0) / 10
    listed = [weight, bias]
    manual_sgd_step(listed, lr)
    manual_sgd_step(listed, lr)
    return {
        **now("after two steps", weight=weight, bias=bias),
        "weight.grad": weight.grad,
        "bias.grad": bias.grad,
        "same parameters in the list": [listed[0] is weight, listed[1] is bias],
    }


@experiment(zh="更新之后每个参数仍是叶子，requires_grad 不变，并且可以再次 backward()。", rtol=1e-9, atol=1e-11)
def parameters_stay_leaves(manual_sgd_step, given: Given):
    """After a step every parameter is still a leaf with the same requires_grad, and the next backward() works."""
    weight, frozen, last = given.parameters((4,), (4,), (3,))
    frozen.requires_grad_(False).grad = None
    listed = [weight, frozen, last]
    manual_sgd_step(listed, given.number(0.5, 5.0) / 10)
    found = {**now("after the step", weight=weight, last=last), "weight.grad after the step": weight.grad.clone()}
    found["same parameters in the list"] = [a is b for a, b in zip(listed, (weight, frozen, last), strict=True)]
    manual_sgd_step([weight, last], 0.3)
    found |= now("after a second step", weight=weight, last=last)
    recording = torch.is_grad_enabled()
    loss = (weight * frozen * given.tensor("x", 4)).square().sum()
    return {
        **found,
        "weight": given.flags(weight),
        "frozen": given.flags(frozen),
        "gradients are recorded": recording,
        **given.gradients(loss, weight=weight),
    }


@experiment(
    zh="只要有梯度，普通、冻结和转置的张量都更新，dtype 不变；lr 为 0 时什么都不动。",
    rtol=1e-9,
    atol=1e-11,
)
def every_gradient_counts(manual_sgd_step, given: Given):
    """Plain, frozen and transposed tensors with a gradient move and keep their dtype; with lr 0 nothing moves."""
    turned, frozen = unusual(given)
    single, free = single_precision(given), given.tensor("free", 4, requires_grad=True, may_change=True)
    (last,) = given.parameters((3,))
    free.grad = given.tensor("gradient of free", 4, may_change=True)
    manual_sgd_step((turned, frozen), 0.0)
    found = {"turned.grad after a step with lr 0": None if turned.grad is None else turned.grad.clone()}
    given.new_gradients([turned, frozen])
    listed = {"turned": turned, "frozen": frozen, "free": free, "single": single, "last": last}
    manual_sgd_step(listed.values(), given.number(0.5, 5.0) / 10)
    found |= now("after the step", turned=turned, frozen=frozen, free=free, last=last)
    return {**found, "turned.grad": turned.grad, "dtype of float32": str(single.dtype)}


@experiment(zh="没有动量和权重衰减时，每次调用都从每个参数中减去 lr * grad。", rtol=1e-9, atol=1e-11)
def plain_descent(sgd_step, given: Given):
    """Without momentum and weight decay, each call subtracts lr * grad from every parameter."""
    net, state = given.mlp(3, 2), {}
    for rate in (0.3, 0.1, 0.2):
        given.new_gradients(list(net.parameters()))
        sgd_step(net.parameters(), state, rate)
    found = {name: p.detach().clone() for name, p in net.named_parameters()}
    given.new_gradients(list(net.parameters()))
    sgd_step(list(net.parameters()), state, 0.4)
    return {**found, **{f"{name} after another step": p for name, p in net.named_parameters()}}


@experiment(zh="有动量时，第 1、2、10、50 步之后的参数都与 torch.optim.SGD 一致。", rtol=1e-10, atol=1e-12)
def fifty_steps_with_momentum(sgd_step, given: Given):
    """With momentum the parameter is where torch.optim.SGD would be after 1, 2, 10 and 50 steps."""
    (p,) = given.parameters((5,))
    state, found = {}, {}
    for step, gradient in enumerate(given.tensor("gradients", 50, 5), 1):
        p.grad.copy_(gradient)  # the same tensor with new numbers, as after zero_grad(set_to_none=False) and backward()
        sgd_step([p], state, lr=0.05, momentum=0.9)
        if step in (1, 2, 10, 50):
            found |= now(f"after step {step}", p=p)
    return found


@experiment(zh="学习率改变时，下一步对整个缓冲区都使用新的学习率。", rtol=1e-6, atol=1e-6)
def rate_changes_on_the_way(sgd_step, given: Given):
    """When the learning rate changes, the next step uses the new rate for the whole buffer."""
    p, q = params = given.parameters((4,), (2, 2))
    state, found = {}, {}
    for step, rate in enumerate((0.2, 0.02, 0.1), 1):
        given.new_gradients(params)
        sgd_step((each for each in params), state, lr=rate, momentum=0.8)
        found |= now(f"after step {step}", p=p, q=q)
    sgd_step(params, state, lr=0.3, momentum=0.8)  # the gradients stay the same tensors
    return found | now("after step 4", p=p, q=q)


@experiment(zh="权重衰减先并入梯度，再进入动量缓冲区；p.grad 本身不变。", rtol=1e-6, atol=1e-6)
def decay_joins_the_gradient(sgd_step, given: Given):
    """Weight decay joins the gradient before the momentum buffer is made, and p.grad itself stays as it was."""
    params = given.parameters((3, 2))
    (p,) = params
    state, found = {}, {}
    for step in (1, 2, 3):
        given.new_gradients(params)
        sgd_step(params, state, lr=0.2, momentum=0.7, weight_decay=0.3)
        found |= {**now(f"after step {step}", p=p), f"p.grad after step {step}": p.grad.clone()}
    sgd_step(params, state, lr=0.2, momentum=0.7, weight_decay=0.3)  # the gradient stays the same tensor
    return found | now("after step 4", p=p)


@experiment(
    zh="使用 nesterov 时，从第一步起 step 就是 g + momentum·buf；没有动量时抛出 ValueError。",
    rtol=1e-6,
    atol=1e-6,
)
def nesterov_looks_ahead(sgd_step, given: Given):
    """With nesterov each step is g + momentum * buf, the first one too; without momentum it raises ValueError."""
    params = given.parameters((4,))
    (p,) = params
    found = {
        "default momentum": given.error(lambda: sgd_step(params, {}, 0.1, nesterov=True)),
        "momentum 0": given.error(lambda: sgd_step(params, {}, 0.1, momentum=0.0, weight_decay=0.1, nesterov=True)),
        **now("after the errors", p=p),
    }
    state = {}
    for step in (1, 2, 3):
        given.new_gradients(params)
        sgd_step(params, state, lr=0.1, momentum=0.4, nesterov=True)
        found |= now(f"after step {step}", p=p)
    sgd_step(params, state, lr=0.1, momentum=0.4, nesterov=True)  # the gradient stays the same tensor
    return found | now("after step 4", p=p)


@experiment(zh="某一步没有梯度时，参数和它的缓冲区都不变，无论之前是否有过梯度。", rtol=1e-6, atol=1e-6)
def gradients_that_come_and_go(sgd_step, given: Given):
    """In a step without a gradient a parameter and its buffer do not change, before its first gradient or later."""
    return steps_without_gradient(given, lambda params, state: sgd_step(params, state, 0.2, 0.9, 0.1))


@experiment(zh="权重衰减不需要动量，也能与 nesterov 一起使用。", rtol=1e-6, atol=1e-6)
def decay_with_other_options(sgd_step, given: Given):
    """Weight decay works without momentum, and together with nesterov."""
    p, q = given.parameters((5, 1), (3,))
    sgd_step([p], {}, 0.2, weight_decay=0.4)
    found, state = now("after decay alone", p=p), {}
    for step, rate in enumerate((0.1, 0.2), 1):
        given.new_gradients([q])
        sgd_step([q], state, rate, 0.8, 0.05, True)
        found |= now(f"after nesterov step {step}", q=q)
    sgd_step([q], state, 0.2, 0.8, 0.05, True)  # the gradient stays the same tensor
    return found | now("after nesterov step 3", q=q)


@experiment(zh="每个 state 字典有自己的缓冲区；换一个空字典，同一个参数就重新开始。", rtol=1e-6, atol=1e-6)
def each_state_on_its_own(sgd_step, given: Given):
    """Each state dict has its own buffers, and with an empty dict the same parameter starts again."""
    return separate_states(given, lambda params, state: sgd_step(params, state, lr=0.1, momentum=0.9))


@experiment(zh="学习率为 0 的一步不移动参数，但照样更新缓冲区。", rtol=1e-6, atol=1e-6)
def rate_of_zero_fills_the_buffer(sgd_step, given: Given):
    """A step with a rate of 0 moves nothing, but updates the buffer."""
    return step_with_rate_zero(given, lambda params, state, lr: sgd_step(params, state, lr, momentum=0.8))


@experiment(
    zh="普通、冻结和转置的参数都更新，requires_grad 和 dtype 不变；之后自动求导照常记录。",
    rtol=1e-6,
    atol=1e-6,
)
def any_parameter(sgd_step, given: Given):
    """Plain, frozen and transposed parameters move and keep flags and dtype; autograd still records afterwards."""
    turned, frozen = unusual(given)
    single, state = single_precision(given), {}
    sgd_step((turned, frozen, single), state, lr=0.1)
    return {
        **now("after a step", turned=turned, frozen=frozen),
        "flags": [given.flags(turned), given.flags(frozen)],
        "gradients are recorded": torch.is_grad_enabled(),
        "dtype of float32": str(single.dtype),
    }


@experiment(zh="全部使用默认值时与 torch.optim.Adam 一致：第一步每个元素逆着梯度移动约 lr。", rtol=1e-5, atol=1e-6)
def first_steps_with_defaults(adam_step, given: Given):
    """With all defaults it equals torch.optim.Adam: the first step moves each entry downhill by about lr."""
    net, state, found = given.mlp(3, 2), {}, {}
    weight, bias = net.parameters()
    for step in (1, 2, 3):
        strong_gradients(given, [weight, bias])
        before = weight.detach().clone(), bias.detach().clone()
        adam_step(net.parameters(), state)
        found[f"1000 * movement of weight in step {step}"] = 1000 * (weight.detach() - before[0])
        found[f"1000 * movement of bias in step {step}"] = 1000 * (bias.detach() - before[1])
    before = bias.detach().clone()
    adam_step([weight, bias], state, lr=0.05)
    return found | {"movement of bias with lr 0.05": bias.detach() - before}


@experiment(zh="第 1、2、10、50 步之后的参数都与 torch.optim.Adam 一致。", rtol=1e-10, atol=1e-12)
def fifty_steps(adam_step, given: Given):
    """The parameter is where torch.optim.Adam would be after 1, 2, 10 and 50 steps."""
    (p,) = given.parameters((5,))
    state, found = {}, {}
    scales = torch.tensor([1.0, 1.0, 1.0, 1.0, 1e-4], dtype=torch.float64)  # eps is large beside the last
    for step, gradient in enumerate(given.tensor("gradients", 50, 5) * scales, 1):
        p.grad.copy_(gradient)  # the same tensor with new numbers, as after zero_grad(set_to_none=False) and backward()
        adam_step([p], state, lr=0.1, betas=(0.8, 0.95), eps=1e-3)
        if step in (1, 2, 10, 50):
            found |= now(f"after step {step}", p=p)
    return found


@experiment(zh="Adam 的权重衰减并入梯度，因此进入 m 和 v 两个滑动平均；p.grad 本身不变。", rtol=1e-6, atol=1e-6)
def adam_decay_joins_the_gradient(adam_step, given: Given):
    """In Adam weight decay joins the gradient and so enters both averages, and p.grad itself stays as it was."""
    params = given.parameters((2, 3))
    (p,) = params
    state, found = {}, {}
    for step in (1, 2, 3):
        strong_gradients(given, params)
        adam_step(params, state, lr=0.05, weight_decay=8.0)
        found |= {**now(f"after step {step}", p=p), f"p.grad after step {step}": p.grad.clone()}
    adam_step(params, {}, lr=0.05, weight_decay=8.0, decoupled=True)
    return found | now("after a step of AdamW", p=p)


@experiment(zh="AdamW（decoupled=True）把参数乘以 1 - lr·weight_decay，两个滑动平均都不含衰减。", rtol=1e-6, atol=1e-6)
def adamw_shrinks_the_parameter(adam_step, given: Given):
    """In AdamW (decoupled=True) the parameter shrinks by 1 - lr * weight_decay, and no average contains the decay."""
    params = given.parameters((2, 3))
    (p,) = params
    state, found = {}, {}
    for step, rate in enumerate((0.1, 0.05, 0.2), 1):
        strong_gradients(given, params)
        adam_step(params, state, lr=rate, weight_decay=0.4, decoupled=True)
        found |= {**now(f"after step {step}", p=p), f"p.grad after step {step}": p.grad.clone()}
    coupled = {}
    adam_step(params, coupled, lr=0.1, weight_decay=100.0)
    strong_gradients(given, params)
    adam_step(params, coupled, lr=0.1, weight_decay=100.0)
    return found | now("after two steps of Adam", p=p)


@experiment(zh="某一步没有梯度时，参数不变，它的 t、m 和 v 也不变。", rtol=1e-6, atol=1e-6)
def steps_count_per_parameter(adam_step, given: Given):
    """In a step without a gradient a parameter does not change, and neither do its t, m and v."""
    return steps_without_gradient(
        given, lambda params, state: adam_step(params, state, lr=0.05, weight_decay=0.2, decoupled=True)
    )


@experiment(zh="默认的 eps 是 1e-8：梯度同样小时，它决定更新量的大小。", rtol=1e-6, atol=1e-6)
def default_eps(adam_step, given: Given):
    """The default eps is 1e-8, which decides the size of the step when the gradients are as small."""
    (tiny,) = given.parameters((4,), grads=False)
    sizes = torch.tensor([0.25, 1.0, 1.0, 1.0], dtype=torch.float64)
    state, found = {}, {}
    for step in (1, 2):
        tiny.grad = 1e-8 * sizes * given.tensor("gradient", 4, low=1.0, high=4.0, may_change=True)
        adam_step([tiny], state, lr=0.1)
        found |= now(f"after step {step}", tiny=tiny)
    return found


@experiment(zh="每个 state 字典有自己的滑动平均；换一个空字典，同一个参数就重新开始。", rtol=1e-6, atol=1e-6)
def each_state_with_its_averages(adam_step, given: Given):
    """Each state dict has its own averages, and with an empty dict the same parameter starts again."""
    return separate_states(given, lambda params, state: adam_step(params, state, 0.1, betas=(0.4, 0.3)))


@experiment(zh="学习率为 0 的一步不移动参数，但照样计入 t 并更新 m 和 v。", rtol=1e-6, atol=1e-6)
def rate_of_zero_counts(adam_step, given: Given):
    """A step with a rate of 0 moves nothing, but it counts in t and updates the averages."""
    return step_with_rate_zero(given, lambda params, state, lr: adam_step(params, state, lr, betas=(0.4, 0.3)))


@experiment(
    zh="普通、冻结和转置的参数都更新，requires_grad 和 dtype 不变；之后自动求导照常记录。",
    rtol=1e-6,
    atol=1e-6,
)
def adam_takes_any_parameter(adam_step, given: Given):
    """Plain, frozen and transposed parameters move and keep flags and dtype; autograd still records afterwards."""
    turned, frozen = unusual(given)
    single, before = single_precision(given), (turned.detach().clone(), frozen.clone())
    adam_step((turned, frozen, single), {}, lr=0.1)
    return {
        "direction of turned": direction(turned.detach() - before[0]),
        "direction of frozen": direction(frozen - before[1]),
        "flags": [given.flags(turned), given.flags(frozen)],
        "gradients are recorded": torch.is_grad_enabled(),
        "dtype of float32": str(single.dtype),
    }
