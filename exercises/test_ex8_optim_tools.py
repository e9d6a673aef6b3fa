"""Public experiments of exercise 8: around the optimizer."""

import torch
from torch import nn

from grader import Given, exercise, experiment

exercise(
    en="Around the optimizer",
    zh="优化器周边",
    points={"decay_param_groups": 3, "clip_gradients": 3, "lr_at_step": 2, "make_optimizer": 2},
)


def names_of(net, tensors):
    """The names of parameters of the net, found by identity."""
    names = {id(p): name for name, p in net.named_parameters()}
    return [names.get(id(p), "not a parameter of the net") for p in tensors]


def number(option):
    """An option of a group: a whole number is as good as a float."""
    return float(option) if type(option) is int else option


def content(net, groups):
    """What parameter groups hold."""
    return {
        "params": [names_of(net, group["params"]) for group in groups],
        "weight_decay": [number(group.get("weight_decay")) for group in groups],
        "keys": [sorted(group) for group in groups],
    }


def kind(optimizer):
    """The class of an optimizer, the most special first."""
    for known in (torch.optim.AdamW, torch.optim.Adam, torch.optim.SGD):
        if isinstance(optimizer, known):
            return known.__name__
    return type(optimizer).__name__


def answer(given, make):
    """What a call gives: the kind of its exception, or of its optimizer when it raises none."""
    made = []
    error = given.error(lambda: made.append(make()))
    return kind(made[0]) if made else error


@experiment(zh="矩阵放第一组并带上给定的 weight_decay；偏置放第二组，weight_decay 为 0.0。")
def matrices_and_biases(decay_param_groups, given: Given):
    """Matrices form the first group, with the given weight decay; biases the second, with 0.0."""
    net = given.mlp(3, 4, 2, keep=True)
    return content(net, decay_param_groups(net, given.number(0.02, 0.3)))


@experiment(zh="归一化层的缩放虽然叫 weight，却是向量：和偏置放在一起。")
def norm_scales(decay_param_groups, given: Given):
    """The scale of a norm layer is called weight, but it is a vector: it goes with the biases."""
    net = nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.PReLU(), nn.Flatten(), nn.Linear(8, 3), nn.LayerNorm(3)
    )
    given.fill(net, keep=True)
    return content(net, decay_param_groups(net, given.number(0.02, 0.3)))


@experiment(zh="冻结的参数两组都不放，并且保持冻结。")
def frozen_in_neither(decay_param_groups, given: Given):
    """Frozen parameters are in neither group, and stay frozen."""
    net = given.mlp(2, 3, 3, 2)
    net[0].requires_grad_(False)
    net[4].bias.requires_grad_(False)
    observed = content(net, decay_param_groups(net, given.number(0.02, 0.3)))
    return {**observed, "requires_grad": [p.requires_grad for p in net.parameters()]}


@experiment(zh="总范数超过 max_norm 时，所有梯度乘以同一个系数；返回裁剪前的总范数。", rtol=1e-5)
def long_gradients(clip_gradients, given: Given):
    """When the norm of all gradients together is too large, all shrink by one factor; the norm before is returned."""
    parameters = given.parameters((3, 4), (5,), (2, 2, 2))
    parameters[1].grad *= 0.1
    total = clip_gradients(parameters, 1.25)
    return {"total": total, "gradients": [p.grad for p in parameters]}


@experiment(zh="总范数不超过 max_norm 时，梯度保持不变。")
def short_gradients(clip_gradients, given: Given):
    """Gradients that are short enough stay as they are, whatever single entries look like."""
    parameters = given.parameters((3, 2), (4,))
    total = clip_gradients(parameters, 40.0)
    return {"total": total, "gradients": [p.grad for p in parameters]}


@experiment(zh="params 可以是生成器 net.parameters()，它只能遍历一遍。", rtol=1e-5)
def generator_of_parameters(clip_gradients, given: Given):
    """The parameters may come as the generator net.parameters(), which can be walked through only once."""
    net = given.mlp(4, 5, 3)
    given.new_gradients(list(net.parameters()))
    total = clip_gradients(net.parameters(), 2.0)
    return {"total": total, "gradients": [p.grad for p in net.parameters()]}


@experiment(zh="有一个梯度是 nan 时抛出 ValueError，其他梯度不得改动。")
def nan_gradient(clip_gradients, given: Given):
    """One nan among the gradients raises ValueError, and no gradient is changed."""
    parameters = given.parameters((3,), (2, 4), (5,))
    parameters[1].grad[1, 2] = torch.nan
    error = given.error(lambda: clip_gradients(parameters, 1.5))
    return {
        "error": error,
        "gradients": [p.grad for p in parameters],
        "total without it": clip_gradients(parameters[::2], 100.0),
    }


@experiment(zh="从第 0 步到最后一步：先线性升到 base_lr，再沿半个余弦降向 min_lr。")
def whole_schedule(lr_at_step, given: Given):
    """From step 0 to the last: a straight line up to base_lr, then half a cosine down towards min_lr."""
    base_lr, min_lr = given.number(0.3, 0.9), given.number(0.05, 0.1)
    return {f"step {step}": lr_at_step(step, base_lr, 4, 11, min_lr) for step in range(11)}


@experiment(zh="没有预热（warmup_steps = 0）时，第 0 步就是 base_lr。")
def no_warmup(lr_at_step, given: Given):
    """Without warm-up the cosine begins at step 0, with base_lr."""
    base_lr = given.number(0.3, 0.9)
    return {f"step {step}": lr_at_step(step, base_lr, 0, 5) for step in range(5)}


@experiment(zh="从 total_steps 起，学习率一直是 min_lr，不再回升。")
def after_the_end(lr_at_step, given: Given):
    """From total_steps on the rate is min_lr and never rises again."""
    base_lr, min_lr = given.number(0.3, 0.9), given.number(0.05, 0.1)
    steps = (8, 9, 10, 11, 13, 15, 17, 22, 1000)
    return {f"step {step}": lr_at_step(step, base_lr, 3, 10, min_lr) for step in steps}


@experiment(zh="'sgd'、'adam'、'adamw' 分别得到各自的类，学习率为 lr，其余选项取默认值。")
def class_and_options(make_optimizer, given: Given):
    """Each name gives its class, with the given learning rate and every other option at its default."""
    net = given.mlp(3, 2, keep=True)
    keys = ("lr", "momentum", "dampening", "nesterov", "betas", "eps", "amsgrad", "weight_decay")
    keys += ("maximize", "foreach", "fused", "capturable", "differentiable")
    observed = {}
    for name in ("sgd", "adam", "adamw"):
        optimizer = make_optimizer(net, name, given.number(0.1, 0.5))
        group = optimizer.param_groups[0]
        observed |= {
            f"class of {name}": kind(optimizer),
            f"options of {name}": {key: number(group.get(key)) for key in keys},
        }
    return observed


@experiment(zh="名字不分大小写：'SGD'、'Adam'、'AdamW' 都认识。")
def any_letter_case(make_optimizer, given: Given):
    """Names count in any letter case."""
    net = given.mlp(3, 2, keep=True)
    observed = {}
    for name in ("SGD", "Adam", "AdamW", "aDAM", "ADAMW", "Sgd"):
        optimizer = make_optimizer(net, name, given.number(0.1, 0.5))
        observed[name] = [kind(optimizer), optimizer.param_groups[0]["lr"]]
    return observed


@experiment(zh="冻结的参数不交给优化器：即使残留着旧梯度，step() 也不会移动它们。")
def frozen_stay_put(make_optimizer, given: Given):
    """Frozen parameters are not on the optimizer's list: step() leaves them, even with an old gradient."""
    net = given.mlp(3, 4, 2)
    net[0].requires_grad_(False)
    given.new_gradients(list(net.parameters()))
    optimizer = make_optimizer(net, "sgd", given.number(0.1, 0.5))
    listed = sorted(names_of(net, [p for group in optimizer.param_groups for p in group["params"]]))
    optimizer.step()
    return {"listed": listed, **{f"{name} after a step": p for name, p in net.named_parameters()}}


@experiment(zh="名字未知、lr ≤ 0、没有可训练参数：都抛出 ValueError。")
def bad_arguments(make_optimizer, given: Given):
    """An unknown name, lr <= 0 and a net with nothing to train raise ValueError."""
    net, frozen = given.mlp(3, 2, keep=True), given.mlp(2, 2).requires_grad_(False)
    return {
        "'rmsprop'": answer(given, lambda: make_optimizer(net, "rmsprop", 0.1)),
        "lr = 0": answer(given, lambda: make_optimizer(net, "adam", 0.0)),
        "lr = -0.1": answer(given, lambda: make_optimizer(net, "sgd", -0.1)),
        "all frozen": answer(given, lambda: make_optimizer(frozen, "sgd", 0.1)),
        "no parameters": answer(given, lambda: make_optimizer(nn.ReLU(), "adamw", 0.1)),
        "fine": make_optimizer(net, "sgd", given.number(0.1, 0.5)).param_groups[0]["lr"],
    }
