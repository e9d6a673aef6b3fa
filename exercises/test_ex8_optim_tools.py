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
    """Return the names that tensors have as parameters of the net; a text for any other tensor."""
    names = {id(p): name for name, p in net.named_parameters()}
    return [names.get(id(p), "not a parameter of the net") for p in tensors]


def number(option):
    """Return an option of a group; an int becomes a float, so that both are accepted."""
    return float(option) if type(option) is int else option


def members(net, groups):
    """Return which parameters share a group, and the sums of their entries, sorted: the order makes no difference."""
    together = sorted(
        sorted(zip(names_of(net, held), sums_of(held), strict=True)) for held in map(parameters_of, groups)
    )
    return {
        "parameters that share a group": [[name for name, _ in group] for group in together],
        "sums of their entries": [[total for _, total in group] for group in together],
    }


def parameters_of(group):
    """Return the list of parameters of a group."""
    return list(group["params"])


def sums_of(tensors):
    """Return the sum of the entries of each tensor."""
    return [float(p.detach().sum()) if isinstance(p, torch.Tensor) else 0.0 for p in tensors]


def kind(optimizer):
    """Return the name of the class of an optimizer; a subclass of Adam, AdamW or SGD counts as that class."""
    for known in (torch.optim.AdamW, torch.optim.Adam, torch.optim.SGD):
        if isinstance(optimizer, known):
            return known.__name__
    return type(optimizer).__name__


def answer(given, make):
    """Return the name of the exception that a call raises, or of the class of the optimizer that it returns."""
    made = []
    error = given.error(lambda: made.append(make()))
    return kind(made[0]) if made else error


def listed(net, optimizer):
    """Return the names of the parameters that an optimizer holds, sorted: their order makes no difference."""
    return sorted(names_of(net, [p for group in optimizer.param_groups for p in group["params"]]))


class Mixed(nn.Module):
    """A net with parameters of many ranks, some directly in the net; their names do not tell their rank."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Sequential(nn.Linear(3, 1)))
        self.norm = nn.LayerNorm((2, 3))
        self.scale = nn.Parameter(torch.zeros(()))
        self.bias = nn.Parameter(torch.zeros(1, 1))
        self.weight = nn.Parameter(torch.zeros(5))
        self.row = nn.Parameter(torch.zeros(1, 4))


def shared(given: Given) -> nn.Module:
    """Return a net with shared weights of embedding and output, shared norm scales, and a layer with equal values."""
    net = nn.ModuleDict({"words": nn.Embedding(5, 2), "equal": nn.Linear(2, 5), "norm": nn.LayerNorm(2)})
    net["last"], net["output"] = nn.LayerNorm(2), nn.Linear(2, 5)
    given.fill(net)
    net["output"].weight, net["last"].weight = net["words"].weight, net["norm"].weight
    net["equal"].load_state_dict(net["output"].state_dict())
    return net


@experiment(zh="矩阵所在的组带有给定的 weight_decay，偏置所在的组为 0.0。")
def matrices_decay(decay_param_groups, given: Given):
    """The group of the matrices has the given weight decay, and the group of the biases has 0.0."""
    net = given.mlp(3, 4, 1, keep=True)
    groups = decay_param_groups(net, given.number(0.02, 0.3))
    decays = {}
    for group in groups:
        decays |= dict.fromkeys(names_of(net, group["params"]), number(group.get("weight_decay", "missing")))
    return {f"decay of {name}": decays.get(name, "in no group") for name, _ in net.named_parameters()}


@experiment(zh="返回两个字典的列表，键是 params 和 weight_decay：先是给定的衰减系数，再是 0.0。")
def two_dicts(decay_param_groups, given: Given):
    """It returns a list of two dicts with the keys params and weight_decay: first the given decay, then 0.0."""
    net = given.mlp(3, 4, 2, keep=True)
    groups = decay_param_groups(net, given.number(0.02, 0.3))
    return {
        "type": type(groups).__name__,
        "weight_decay": [number(group.get("weight_decay", "missing")) for group in groups],
        "keys": [sorted(group) for group in groups],
    }


@experiment(zh="每组里的参数按 named_parameters 的顺序排列。")
def order_of_the_net(decay_param_groups, given: Given):
    """In each group the parameters come in named_parameters order."""
    net = shared(given)
    groups = decay_param_groups(net, given.number(0.02, 0.3))
    # Drop duplicates: another check is about them.
    held = [list({id(p): p for p in parameters_of(group)}.values()) for group in groups]
    lists = sorted((names_of(net, params), sums_of(params)) for params in held)
    return {"names": [names for names, _ in lists], "sums of their entries": [sums for _, sums in lists]}


@experiment(zh="归一化层的缩放虽然叫 weight，却和偏置在同一组。")
def norm_scales(decay_param_groups, given: Given):
    """The scale of a norm layer is in the group of the biases, although its name is weight."""
    net = nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.PReLU(), nn.Flatten(), nn.Linear(8, 3), nn.LayerNorm(3)
    )
    given.fill(net, keep=True)
    return members(net, decay_param_groups(net, given.number(0.02, 0.3)))


@experiment(zh="冻结的参数两组都不放，并且保持冻结。")
def frozen_in_neither(decay_param_groups, given: Given):
    """Frozen parameters are in neither group, and stay frozen."""
    net = given.mlp(2, 3, 3, 2)
    net[0].requires_grad_(False)
    net[4].bias.requires_grad_(False)
    observed = members(net, decay_param_groups(net, given.number(0.02, 0.3)))
    return {**observed, "requires_grad": [p.requires_grad for p in net.parameters()]}


@experiment(zh="只有维数决定参数在哪一组，与名字、层的类型、元素个数和在网络中的位置无关。")
def dimensions_decide(decay_param_groups, given: Given):
    """The number of dimensions alone decides the group, not name, layer, size or place in the net."""
    net = given.fill(Mixed(), keep=True)
    return members(net, decay_param_groups(net, given.number(0.02, 0.3)))


@experiment(zh="共享的参数只出现一次，值相等的不同参数各出现一次。")
def each_parameter_once(decay_param_groups, given: Given):
    """A shared parameter is listed once, and different parameters with equal values are each listed."""
    net = shared(given)
    return members(net, decay_param_groups(net, given.number(0.02, 0.3)))


@experiment(zh="每次调用都返回两个新列表，其中一个为空时也一样；梯度保持原样。")
def two_new_lists(decay_param_groups, given: Given):
    """Each call returns two new lists, even if one is empty, and the gradients stay as they were."""
    net, vectors = given.mlp(2, 3), given.fill(nn.LayerNorm(4))
    given.new_gradients(list(net.parameters()))
    decay = given.number(0.02, 0.3)
    first = decay_param_groups(net, decay)
    count = [sum(p.numel() for p in group["params"]) for group in first]
    net[0].weight.requires_grad_(False)
    return {
        "numbers in the groups": count,
        "first": members(net, first),
        "with a frozen weight": members(net, decay_param_groups(net, decay)),
        "only vectors": members(vectors, decay_param_groups(vectors, decay)),
        "gradients": [p.grad for p in net.parameters()],
    }


def direction(parameters):
    """Return all gradients as one vector divided by its norm, so that a common factor cancels out."""
    together = torch.cat([p.grad.reshape(-1) for p in parameters])
    return together / together.norm()


@experiment(weight=2, zh="以 float 返回裁剪前的总范数；没有梯度或梯度全为 0 时返回 0.0。", rtol=1e-5)
def norm_before_clipping(clip_gradients, given: Given):
    """It returns the total norm before clipping as a float, and 0.0 if all gradients are missing or zero."""
    parameters = given.parameters((3, 4), (5,), (2, 2, 2))
    bare, zeros = given.parameters((3,), (2, 4), grads=False), given.parameters((3,))
    zeros[0].grad.zero_()
    observed = {"no gradients": clip_gradients(bare, 1.5), "zeros": clip_gradients(zeros, 1.5)}
    return {
        "short enough": clip_gradients(parameters, 1000.0),
        "too long": clip_gradients(parameters, 1.25),
        **observed,
    }


@experiment(zh="总范数太大时，所有梯度乘以同一个小于 1 的系数。", rtol=1e-5)
def one_factor_for_all(clip_gradients, given: Given):
    """When the total norm is too large, all gradients are multiplied by the same factor below 1."""
    parameters = given.parameters((4, 3), (6,), (2, 1))
    for p, factor in zip(parameters, (16.0, 1 / 32, 32.0), strict=True):
        p.grad *= factor
    before = torch.cat([p.grad.reshape(-1) for p in parameters]).norm()
    clip_gradients(parameters, 1.25)
    after = torch.cat([p.grad.reshape(-1) for p in parameters]).norm()
    return {"direction": direction(parameters), "became shorter": bool(after < 0.9 * before)}


@experiment(zh="总范数超过 max_norm 时，裁剪之后的总范数等于 max_norm。", rtol=1e-5)
def long_gradients(clip_gradients, given: Given):
    """When the total norm is above max_norm, it is max_norm after clipping."""
    parameters = given.parameters((3, 4), (5,), (2, 2, 2))
    parameters[1].grad *= 0.1
    clip_gradients(parameters, 1.25)
    return {"gradients": [p.grad for p in parameters]}


@experiment(zh="总范数不超过 max_norm 时，梯度保持不变。")
def short_gradients(clip_gradients, given: Given):
    """When the total norm is at most max_norm, the gradients stay as they are."""
    parameters, long = given.parameters((3, 2), (4,)), given.parameters((5,))
    long[0].grad *= 10.0
    before = long[0].grad.norm()
    clip_gradients(parameters, 40.0)
    clip_gradients(long, 1.25)
    return {"gradients": [p.grad for p in parameters], "long ones became shorter": bool(long[0].grad.norm() < before)}


@experiment(zh="params 可以是 net.parameters() 这样的生成器，它只能遍历一次。", rtol=1e-5)
def generator_of_parameters(clip_gradients, given: Given):
    """params may be a generator such as net.parameters(), which can be walked only once."""
    net = given.mlp(4, 5, 3)
    given.new_gradients(list(net.parameters()))
    clip_gradients(net.parameters(), 2.0)
    return {"gradients": [p.grad for p in net.parameters()]}


@experiment(zh="每个梯度都计入，冻结参数的也一样，并且仍是原来的张量；没有梯度的参数被跳过。", rtol=1e-5)
def gradients_that_count(clip_gradients, given: Given):
    """Every gradient counts, that of a frozen parameter too, and stays the same tensor; a missing one is skipped."""
    parameters = given.parameters((2, 3), (5,), (), (4,))
    parameters[0].grad = None
    parameters[3].requires_grad_(False)
    parameters[1].grad *= 2.0
    gradients = [p.grad for p in parameters]
    clip_gradients(iter(parameters), 1.25)
    return {
        "gradients": [p.grad for p in parameters],
        "same tensors": [p.grad is g for p, g in zip(parameters, gradients, strict=True)],
    }


@experiment(zh="总范数略小于 max_norm 时不裁剪；max_norm 可以小于 1；全 0 的梯度仍为 0。", rtol=1e-5)
def limits_of_the_norm(clip_gradients, given: Given):
    """A total just below max_norm is not clipped, max_norm may be less than 1, and zero gradients stay zero."""
    zeros = given.parameters((3,))
    zeros[0].grad.zero_()
    clip_gradients(zeros, 1.5)
    short, small = given.parameters((1,), (1,)), given.parameters((1,), (1,))
    for parameters, lengths in ((short, (6.0, -8.0)), (small, (0.0, 1.0))):
        for p, length in zip(parameters, lengths, strict=True):
            p.grad.fill_(length)
    some = given.parameters((3, 4))
    clip_gradients(short, 10.5)
    clip_gradients(small, 0.75)
    clip_gradients(some, 0.75)
    observed = {"zeros": zeros, "10 of 10.5": short, "1 of 0.75": small, "some": some}
    return {name: [p.grad for p in parameters] for name, parameters in observed.items()}


def shorter(clip_gradients, parameters):
    """Clip the gradients; return their direction, and whether the first of them became shorter."""
    before = parameters[0].grad.norm()
    clip_gradients(parameters, 1.0)
    return [direction(parameters), bool(parameters[0].grad.norm() < before)]


@experiment(zh="梯度中有 nan 或 inf 时，不论 max_norm 多大都抛出 ValueError，并且不改动任何梯度。")
def nan_gradient(clip_gradients, given: Given):
    """A nan or inf among the gradients raises ValueError for every max_norm and changes no gradient."""
    parameters = given.parameters((3,), (2, 4), (5,))
    parameters[1].grad[1, 2] = torch.nan
    error = given.error(lambda: clip_gradients(parameters, 1.5))
    infinite = given.parameters((2,), (3,))
    infinite[1].grad[0] = -torch.inf
    return {
        "error": error,
        "inf": given.error(lambda: clip_gradients(infinite, 1.5)),
        "inf without a limit": given.error(lambda: clip_gradients(infinite, torch.inf)),
        "gradients": [p.grad.clone() for p in parameters],
        "the finite ones become shorter": shorter(clip_gradients, parameters[::2]),
    }


@experiment(zh="学习率先线性升到 base_lr，再沿半个余弦降向 min_lr。")
def whole_schedule(lr_at_step, given: Given):
    """The rate rises in a straight line to base_lr and then falls along half a cosine towards min_lr."""
    base_lr, min_lr = given.number(0.5, 0.9), given.number(0.05, 0.1)
    return {f"step {step}": lr_at_step(step, base_lr, 4, 11, min_lr) for step in range(11)}


@experiment(zh="没有预热时，余弦从第 0 步的 base_lr 开始。")
def no_warmup(lr_at_step, given: Given):
    """Without warm-up the cosine begins at step 0 with base_lr."""
    base_lr = given.number(0.3, 0.9)
    return {f"step {step}": lr_at_step(step, base_lr, 0, 5) for step in range(5)}


@experiment(zh="从 total_steps 起，学习率一直是 min_lr，不再回升。")
def after_the_end(lr_at_step, given: Given):
    """From total_steps on the rate is min_lr and never rises again."""
    base_lr, min_lr = given.number(0.3, 0.9), given.number(0.05, 0.1)
    steps = (8, 9, 10, 11, 13, 15, 17, 22, 1000)
    return {f"step {step}": lr_at_step(step, base_lr, 3, 10, min_lr) for step in steps}


@experiment(zh="step 为负数时抛出 ValueError，有没有预热都一样。")
def no_step_before_the_first(lr_at_step, given: Given):
    """A negative step raises ValueError, with and without warm-up."""
    base_lr = given.number(0.3, 0.9)
    return {
        "step -1": given.error(lambda: lr_at_step(-1, base_lr, 3, 8)),
        "step -1 without warm-up": given.error(lambda: lr_at_step(-1, base_lr, 0, 8)),
        "step 1": lr_at_step(1, base_lr, 3, 8),
    }


@experiment(zh="不满足 0 <= warmup_steps < total_steps 时，任何一步都抛出 ValueError。")
def schedules_that_cannot_be(lr_at_step, given: Given):
    """Without 0 <= warmup_steps < total_steps every step raises ValueError."""
    base_lr = given.number(0.3, 0.9)
    return {
        "warm-up -1": given.error(lambda: lr_at_step(5, base_lr, -1, 8)),
        "warm-up 8 of 8": given.error(lambda: lr_at_step(5, base_lr, 8, 8)),
        "warm-up 9 of 8, afterwards": given.error(lambda: lr_at_step(11, base_lr, 9, 8)),
        "step 4, 6 of 8": lr_at_step(4, base_lr, 6, 8),
    }


@experiment(zh="预热的头几步，学习率可以低于 min_lr；学习率也可以大于 1。")
def warmup_starts_small(lr_at_step, given: Given):
    """The rate may be below min_lr in the first steps of the warm-up, and it may exceed 1."""
    base_lr = given.number(5.0, 9.0)
    return {f"step {step}": lr_at_step(step, base_lr, 7, 16, base_lr * 0.6) for step in range(0, 16, 3)}


@experiment(zh="每个名字得到对应的类，学习率为给定的 lr，其余选项取默认值。")
def class_and_options(make_optimizer, given: Given):
    """Each name gives its class with the given learning rate and the default of every other option."""
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
    """Names are accepted in any letter case."""
    net = given.mlp(3, 2, keep=True)
    observed = {}
    for name in ("SGD", "Adam", "AdamW", "aDAM", "ADAMW", "Sgd"):
        optimizer = make_optimizer(net, name, given.number(0.1, 0.5))
        observed[name] = [kind(optimizer), optimizer.param_groups[0]["lr"]]
    return observed


@experiment(zh="优化器里没有冻结的参数，所以即使残留着旧梯度，step() 也不会移动它们。")
def frozen_stay_put(make_optimizer, given: Given):
    """The optimizer does not hold frozen parameters, so step() does not move them even with an old gradient."""
    net = given.mlp(3, 4, 2)
    net[0].requires_grad_(False)
    given.new_gradients(list(net.parameters()))
    optimizer = make_optimizer(net, "sgd", given.number(0.1, 0.5))
    names = listed(net, optimizer)
    optimizer.step()
    return {
        "listed": names,
        "requires_grad": [p.requires_grad for p in net.parameters()],
        **{f"{name} after a step": p for name, p in net.named_parameters()},
    }


@experiment(zh="默认是 SGD，学习率 0.01；任何大于 0 的 lr 都可以，很小或大于 1 也行。")
def defaults(make_optimizer, given: Given):
    """The default is SGD with a learning rate of 0.01, and any lr above 0 is accepted, tiny or above 1."""
    net = given.mlp(3, 2, keep=True)
    made = {
        "nothing said": make_optimizer(net),
        "only the name": make_optimizer(net, "adam"),
        "only the rate": make_optimizer(net, lr=given.number(1.5, 5.0)),
        "a tiny rate": make_optimizer(net, "AdamW", given.number(1.0, 2.0) * 1e-6),
    }
    return {text: [kind(made[text]), 1e6 * made[text].param_groups[0]["lr"]] for text in made}


@experiment(zh="每次调用都新建一个优化器，每个可训练的参数恰好列一次，共享的和值相等的也一样。")
def listed_once_and_anew(make_optimizer, given: Given):
    """Each call makes a new optimizer that holds every trainable parameter once, shared and equal ones too."""
    tied, mixed = shared(given), given.fill(Mixed())
    mixed.norm.bias.requires_grad_(False)
    lr = given.number(0.1, 0.5)
    first = make_optimizer(mixed, "adam", lr)
    given.new_gradients(list(mixed.parameters()))
    first.step()
    mixed.weight.requires_grad_(False)
    second = make_optimizer(mixed, "adam", lr)
    of_tied = make_optimizer(tied, "sgd", lr)
    return {
        "shared": listed(tied, of_tied),
        "first": listed(mixed, first),
        "second": listed(mixed, second),
        "states of the second": len(second.state),
        "lr": [optimizer.param_groups[0]["lr"] for optimizer in (of_tied, second)],
    }


@experiment(zh="网络的梯度和模式不变；走一步之后，参数与 torch.optim 的结果一致。")
def the_net_stays_as_it_was(make_optimizer, given: Given):
    """Gradients and modes of the net stay, and one step moves its parameters as torch.optim does."""
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))
    given.new_gradients(list(given.fill(net).parameters()))
    net[2].weight.grad = None
    net[1].eval()
    optimizer = make_optimizer(net, "adamw", given.number(0.1, 0.5))
    observed = {"gradients": [p.grad for p in net.parameters()], "training": [m.training for m in net.modules()]}
    names = listed(net, optimizer)
    optimizer.step()
    return {**observed, "listed": names, "after a step": [p.detach().clone() for p in net.parameters()]}


@experiment(zh="名字未知时抛出 ValueError，与已知名字相似的也一样。")
def unknown_names(make_optimizer, given: Given):
    """An unknown name raises ValueError, even if it resembles a known one."""
    net = given.mlp(3, 2, keep=True)
    return {
        "'rmsprop'": answer(given, lambda: make_optimizer(net, "rmsprop", 0.1)),
        "'adamax'": answer(given, lambda: make_optimizer(net, "adamax", 0.1)),
        "'sg'": answer(given, lambda: make_optimizer(net, "sg", 0.1)),
        "''": answer(given, lambda: make_optimizer(net, "", 0.1)),
        "'sgdw'": answer(given, lambda: make_optimizer(net, "sgdw", 0.1)),
        "fine": make_optimizer(net, "sgd", given.number(0.1, 0.5)).param_groups[0]["lr"],
    }


@experiment(zh="lr 小于或等于 0 时抛出 ValueError。")
def rates_above_zero(make_optimizer, given: Given):
    """An lr of 0 or less raises ValueError."""
    net = given.mlp(3, 2, keep=True)
    return {
        "lr = 0": answer(given, lambda: make_optimizer(net, "adam", 0.0)),
        "lr = -0.1": answer(given, lambda: make_optimizer(net, "sgd", -0.1)),
        "fine": make_optimizer(net, "sgd", given.number(0.1, 0.5)).param_groups[0]["lr"],
    }


@experiment(zh="网络没有可训练的参数时抛出 ValueError。")
def nothing_to_train(make_optimizer, given: Given):
    """A net without a trainable parameter raises ValueError."""
    net, frozen = given.mlp(3, 2, keep=True), given.mlp(2, 2).requires_grad_(False)
    return {
        "all frozen": answer(given, lambda: make_optimizer(frozen, "sgd", 0.1)),
        "no parameters": answer(given, lambda: make_optimizer(nn.ReLU(), "adamw", 0.1)),
        "fine": make_optimizer(net, "sgd", given.number(0.1, 0.5)).param_groups[0]["lr"],
    }
