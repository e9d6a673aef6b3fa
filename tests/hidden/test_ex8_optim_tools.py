"""Hidden experiments of exercise 8: around the optimizer."""

import torch
from torch import nn

from grader import Given, experiment


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


class Odd(nn.Module):
    """A net with parameters of many ranks, some directly in the net; their names do not tell their rank."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.Sequential(nn.Linear(2, 1)))
        self.norm = nn.LayerNorm((2, 3))
        self.temperature = nn.Parameter(torch.zeros(()))
        self.bias = nn.Parameter(torch.zeros(1, 1))
        self.weight = nn.Parameter(torch.zeros(6))
        self.kernels = nn.ParameterList([torch.zeros(2, 1, 2), torch.zeros(1), torch.zeros(1, 5)])
        self.register_buffer("table", torch.zeros(2, 2))


def tied_net(given: Given) -> nn.Module:
    """Return a net with shared weights of embedding and output, shared norm scales, and a layer with equal values."""
    net = nn.ModuleDict({"embed": nn.Embedding(4, 3), "twin": nn.Linear(3, 4), "norm": nn.LayerNorm(3)})
    net["last"], net["head"] = nn.LayerNorm(3), nn.Linear(3, 4)
    given.fill(net)
    net["head"].weight, net["last"].weight = net["embed"].weight, net["norm"].weight
    net["twin"].load_state_dict(net["head"].state_dict())
    return net


@experiment(zh="只有维数决定参数在哪一组，与名字、层的类型、元素个数和在网络中的位置无关。")
def only_dimensions_count(decay_param_groups, given: Given):
    """The number of dimensions alone decides the group, not name, layer, size or place in the net."""
    net = given.fill(Odd(), keep=True)
    return members(net, decay_param_groups(net, given.number(0.02, 0.3)))


@experiment(zh="共享的参数只出现一次，值相等的不同参数各出现一次。")
def shared_parameters_once(decay_param_groups, given: Given):
    """A shared parameter is listed once, and different parameters with equal values are each listed."""
    net = tied_net(given)
    return members(net, decay_param_groups(net, given.number(0.02, 0.3)))


@experiment(zh="torch.optim.AdamW 接受返回的分组；梯度为 0 时只有第一组缩小。")
def adamw_decays_first_group_only(decay_param_groups, given: Given):
    """torch.optim.AdamW accepts the groups, and with zero gradients it shrinks only the first group."""
    net = given.fill(nn.Sequential(nn.Linear(3, 2), nn.LayerNorm(2), nn.Linear(2, 2)))
    net[2].requires_grad_(False)
    groups = decay_param_groups(weight_decay=given.number(0.5, 2.0), net=net)
    sizes = [sum(p.numel() for p in group["params"]) for group in groups]
    for p in net.parameters():
        p.grad = torch.zeros_like(p)
    torch.optim.AdamW(groups, lr=0.1, weight_decay=3.0).step()
    return {"sizes": sizes, **dict(net.named_parameters())}


@experiment(zh="即使有一组为空、全部参数冻结或 weight_decay 为 0，也返回两组。")
def always_two_groups(decay_param_groups, given: Given):
    """It returns two groups even when one is empty, all parameters are frozen or weight_decay is 0."""
    matrices, vectors = given.fill(nn.Linear(2, 2, bias=False)), given.fill(nn.LayerNorm(3))
    frozen = given.fill(nn.Linear(2, 2)).requires_grad_(False)
    decay = given.number(0.02, 0.3)
    nets = {"only matrices": (matrices, decay), "only vectors": (vectors, decay), "frozen": (frozen, decay)}
    nets["no decay"] = (given.fill(nn.Linear(2, 2)), 0.0)
    groups = {name: (net, decay_param_groups(net, decay)) for name, (net, decay) in nets.items()}
    return {name: {"groups": len(held), **members(net, held)} for name, (net, held) in groups.items()}


@experiment(zh="每次调用都返回新的分组，不改变以前的分组，也不改变网络的梯度和模式。")
def calls_are_independent(decay_param_groups, given: Given):
    """Each call makes new groups and changes neither the earlier ones nor the net's gradients and modes."""
    one, other = given.mlp(2, 3), given.mlp(3, 2, 2)
    given.new_gradients(list(one.parameters()))
    one.eval()
    decay = given.number(0.02, 0.1)
    first = decay_param_groups(one, decay)
    second = decay_param_groups(other, given.number(0.2, 0.3))
    again = decay_param_groups(one, decay)
    again[0]["params"], again[1]["weight_decay"] = [], 7.0
    one[0].weight.requires_grad_(False)
    return {
        "first": members(one, first),
        "second": members(other, second),
        "with a frozen weight": members(one, decay_param_groups(one, decay)),
        "gradients": [p.grad for p in one.parameters()],
        "training": [one.training, other.training],
    }


@experiment(zh="每个梯度都计入，零维的和冻结参数的也一样；没有梯度的参数被跳过。", rtol=1e-5)
def every_gradient_counts(clip_gradients, given: Given):
    """Every gradient counts, a zero-dim one or that of a frozen parameter too; a missing one is skipped."""
    parameters = given.parameters((2, 3), (), (3, 2), (4,), (1,))
    parameters[0].grad = None
    parameters[3].requires_grad_(False)
    parameters[4].grad = given.tensor("big", 1, low=3.0, high=5.0, may_change=True)
    clip_gradients(iter(parameters), 1.5)
    return {
        "gradients": [p.grad for p in parameters],
        "requires_grad": [p.requires_grad for p in parameters],
    }


@experiment(zh="无论裁剪与否，每个梯度都仍是同一个张量，参数的值不变。", rtol=1e-5)
def scaled_in_place(clip_gradients, given: Given):
    """Clipped or not, every gradient stays the same tensor, and the parameters keep their values."""
    parameters = given.parameters((4, 2), (3,))
    gradients = [p.grad for p in parameters]
    before = [p.detach().clone() for p in parameters]
    clip_gradients(params=parameters, max_norm=30.0)
    kept = [p.grad is g for p, g in zip(parameters, gradients, strict=True)]
    clip_gradients(params=parameters, max_norm=1.25)
    return {
        "same objects when short": kept,
        "the gradients from before": gradients,
        "same objects": [p.grad is g for p, g in zip(parameters, gradients, strict=True)],
        "moved by": [p.detach() - old for p, old in zip(parameters, before, strict=True)],
        "requires_grad": [p.requires_grad for p in parameters] + [g.requires_grad for g in gradients],
    }


@experiment(zh="任何一个梯度里有 inf 或 nan 时，不论 max_norm 多大都抛出 ValueError，并且什么都不改动。", rtol=1e-5)
def infinite_gradients(clip_gradients, given: Given):
    """An inf or nan in any gradient raises ValueError for every max_norm and changes nothing."""
    finite, observed = given.parameters((3,), (2, 2)), {}
    for p in finite:
        p.grad *= 10.0
    clip_gradients(finite, 1.5)
    for name, bad, place, max_norm in (
        ("inf", torch.inf, 0, 1.5),
        ("-inf", -torch.inf, 2, 1.5),
        ("nan first", torch.nan, 0, 1e6),
        ("nan last", torch.nan, 2, 1.5),
        ("inf, no limit", torch.inf, 1, float("inf")),
    ):
        parameters = given.parameters((3,), (2, 2), (4,))
        parameters[place].grad.view(-1)[-1] = bad
        observed[name] = given.error(lambda p=parameters, m=max_norm: clip_gradients(p, m))
        observed[f"gradients with {name}"] = [p.grad for p in parameters]
    return {**observed, "finite gradients": [p.grad for p in finite]}


@experiment(zh="没有梯度或梯度全为 0 时返回 0.0，全 0 的梯度仍为 0。", rtol=1e-5)
def nothing_to_clip(clip_gradients, given: Given):
    """Without gradients or with zero gradients it returns 0.0, and zero gradients stay zero."""
    bare, zeros = given.parameters((2, 3), (3,), grads=False), given.parameters((2,), (2, 2))
    for p in zeros:
        p.grad.zero_()
    some = given.parameters((3, 3))
    return {
        "no parameters": clip_gradients([], 1.5),
        "no gradients": clip_gradients(bare, 1.5),
        "their .grad": [p.grad for p in bare],
        "zeros": clip_gradients((p for p in zeros), 1.5),
        "zero gradients": [p.grad for p in zeros],
        "some": clip_gradients(some, 1.0),
    }


@experiment(zh="再用更大的上限调用一次，什么都不变；换了新的梯度，就重新计算范数。", rtol=1e-5)
def clipping_twice(clip_gradients, given: Given):
    """A second call with a larger limit changes nothing, and new gradients get a new norm."""
    parameters = given.parameters((3, 3), (6,))
    clip_gradients(parameters, 1.5)
    clip_gradients(parameters, 1.75)
    clipped = [p.grad.clone() for p in parameters]
    for p in parameters:
        p.grad *= 8.0
    clip_gradients(parameters, 2.0)
    return {"clipped": clipped, "clipped to 2": [p.grad for p in parameters]}


@experiment(zh="总范数不超过 max_norm 时什么都不变；max_norm 可以小于 1，也可以是无穷大。", rtol=1e-5)
def limits(clip_gradients, given: Given):
    """Up to a total of max_norm nothing changes, and max_norm may be less than 1 or infinite."""
    observed = {}
    for name, lengths, max_norm in (
        ("exact", (3.0, 4.0), 5.0),
        ("just short enough", (3.0, -4.0), 5.25),
        ("just too long", (-6.0, 8.0), 9.5),
        ("less than 1", (0.0, 1.0), 0.5),
    ):
        parameters = given.parameters((1,), (1,))
        for p, length in zip(parameters, lengths, strict=True):
            p.grad.fill_(length)
        clip_gradients(parameters, max_norm)
        observed[name] = [p.grad for p in parameters]
    free, barely = given.parameters((3, 2), (2,)), given.parameters((5,))
    barely[0].grad *= 10.0
    clip_gradients(free, float("inf"))
    clip_gradients(barely, 1e-3)
    return {**observed, "no limit": [p.grad for p in free], "barely": barely[0].grad * 1e3}


@experiment(zh="float32 的梯度也能裁剪，裁剪之后仍是 float32。", rtol=1e-5, atol=1e-6)
def single_precision(clip_gradients, given: Given):
    """float32 gradients are clipped as well, and they stay float32."""
    net = given.mlp(5, 4, 2).float()
    for name, p in net.named_parameters():
        p.grad = given.tensor(name, *p.shape, dtype=torch.float32, may_change=True)
    clip_gradients(net.parameters(), 1.75)
    return {"gradients": [p.grad for p in net.parameters()]}


@experiment(zh="step 为负数，或不满足 0 <= warmup_steps < total_steps 时，抛出 ValueError。")
def impossible_schedules(lr_at_step, given: Given):
    """A negative step raises ValueError, and so does a schedule without 0 <= warmup_steps < total_steps."""
    base_lr = given.number(0.3, 0.9)
    return {
        "step -1": given.error(lambda: lr_at_step(-1, base_lr, 2, 10)),
        "step -1 without warm-up": given.error(lambda: lr_at_step(-1, base_lr, 0, 10)),
        "step -20": given.error(lambda: lr_at_step(-20, base_lr, 3, 10)),
        "warm-up -1": given.error(lambda: lr_at_step(4, base_lr, -1, 10)),
        "warm-up 10 of 10": given.error(lambda: lr_at_step(4, base_lr, 10, 10)),
        "warm-up 11 of 10, afterwards": given.error(lambda: lr_at_step(12, base_lr, 11, 10)),
        "0 of -5": given.error(lambda: lr_at_step(3, base_lr, 0, -5)),
        "step 0, 9 of 10": lr_at_step(0, base_lr, 9, 10),
    }


@experiment(zh="只有一步预热、只有一步余弦或总共只有一步时，学习率也正确。")
def shortest_schedules(lr_at_step, given: Given):
    """The rates are right when there is only one step of warm-up, one of cosine or one in all."""
    base_lr, min_lr = given.number(0.5, 0.9), given.number(0.05, 0.1)
    return {
        "1 of 3": [lr_at_step(step, base_lr, 1, 3, min_lr) for step in range(4)],
        "4 of 5": [lr_at_step(step, base_lr, 4, 5, min_lr) for step in range(6)],
        "0 of 1": [lr_at_step(step, base_lr, 0, 1, min_lr) for step in range(3)],
        "1 of 2": [lr_at_step(step, base_lr, 1, 2, min_lr) for step in range(4)],
    }


@experiment(zh="不传 min_lr 时它是 0.0；所有参数都能按名字传入。")
def default_and_keywords(lr_at_step, given: Given):
    """min_lr is 0.0 unless given, and every argument can be passed by name."""
    base_lr = given.number(0.3, 0.9)
    named = [lr_at_step(total_steps=9, warmup_steps=2, base_lr=base_lr, step=step) for step in (0, 1, 2, 5, 8, 9, 12)]
    limited = [lr_at_step(step, base_lr, 2, 9, min_lr=base_lr / 5) for step in (0, 1, 2, 5, 8, 9, 12)]
    return {"without min_lr": named, "with min_lr": limited}


@experiment(zh="预热的头几步，学习率可以低于 min_lr。")
def warmup_below_min_lr(lr_at_step, given: Given):
    """In the first steps of the warm-up the rate may be below min_lr."""
    base_lr = given.number(0.5, 0.9)
    return {f"step {step}": lr_at_step(step, base_lr, 8, 20, base_lr * 0.6) for step in range(0, 20, 3)}


@experiment(zh="学习率只取决于参数，与以前的调用无关；它可以大于 1。")
def no_memory(lr_at_step, given: Given):
    """The rate depends only on the arguments, not on earlier calls, and it may exceed 1."""
    base_lr, min_lr = given.number(2.0, 30.0), given.number(1.1, 1.9)
    asked = ((30, 5, 50), (3, 5, 50), (30, 5, 31), (30, 5, 50), (60, 5, 50), (6, 7, 50), (6, 0, 50), (999, 100, 2000))
    return {
        f"{number}: {asked[number]}": lr_at_step(a, base_lr, b, c, min_lr) for number, (a, b, c) in enumerate(asked)
    }


@experiment(zh="一步和三步之后，参数与 torch.optim 的结果一致。")
def steps_with_known_gradients(make_optimizer, given: Given):
    """After one step and after three, the parameters are where torch.optim would be."""
    observed = {}
    for name in ("sgd", "adam", "adamw"):
        net = given.mlp(2, 3, 1)
        optimizer = make_optimizer(net, name, given.number(0.1, 0.5))
        for step in range(3):
            given.new_gradients(list(net.parameters()))
            for p in net.parameters():
                p.grad *= 0.1**step
            optimizer.step()
            if step != 1:
                observed[f"{name} after {step + 1}"] = [p.detach().clone() for p in net.parameters()]
    return observed


@experiment(zh="默认是 SGD，学习率 0.01；所有参数都能按名字传入。")
def default_name_and_rate(make_optimizer, given: Given):
    """The default is SGD with a learning rate of 0.01, and every argument can be passed by name."""
    net = given.mlp(3, 2, keep=True)
    plain, named = make_optimizer(net), make_optimizer(lr=given.number(0.1, 0.5), net=net, name="adamw")
    only_name, only_rate = make_optimizer(net, "adam"), make_optimizer(net, lr=given.number(1.5, 5.0))
    made = {"plain": plain, "named": named, "only the name": only_name, "only the rate": only_rate}
    return {text: [kind(made[text]), made[text].param_groups[0]["lr"], listed(net, made[text])] for text in made}


@experiment(zh="每次调用都返回还没走过一步的新优化器，与其他优化器不共享状态和选项。")
def every_call_is_fresh(make_optimizer, given: Given):
    """Each call returns a new optimizer that has made no step and shares no state or options with others."""
    net, lr = given.mlp(2, 2), given.number(0.1, 0.5)
    first = make_optimizer(net, "adam", lr)
    for factor in (1.0, 0.01):
        given.new_gradients(list(net.parameters()))
        net[0].weight.grad *= factor
        first.step()
    first.param_groups[0]["lr"] = 7.0
    second = make_optimizer(net, "adam", lr)
    rate, states = second.param_groups[0]["lr"], len(second.state)
    given.new_gradients(list(net.parameters()))
    second.step()
    net[0].bias.requires_grad_(False)
    third = make_optimizer(net, "adam", lr)
    return {
        "second is first": second is first,
        "lr of the second": rate,
        "states of the second": states,
        "after its step": list(net.parameters()),
        "third lists": listed(net, third),
    }


@experiment(zh="每个可训练的参数恰好列一次：共享的、值相等的、直接属于网络的都一样。")
def each_parameter_once(make_optimizer, given: Given):
    """Each trainable parameter is listed once: shared ones, equal ones and those of the net itself."""
    tied, odd = tied_net(given), given.fill(Odd())
    odd.norm.bias.requires_grad_(False)
    odd.kernels[1].requires_grad_(False)
    optimizers = [
        make_optimizer(tied, "adam", given.number(0.1, 0.5)),
        make_optimizer(odd, "sgd", given.number(0.1, 0.5)),
    ]
    lone = nn.Linear(2, 2)
    return {
        "tied": listed(tied, optimizers[0]),
        "odd": listed(odd, optimizers[1]),
        "one layer": listed(lone, make_optimizer(lone, "adamw")),
        "lr": [sorted({group["lr"] for group in optimizer.param_groups}) for optimizer in optimizers],
    }


@experiment(zh="无论调用成功还是出错，网络的值、梯度、requires_grad、模式和缓冲区都不变。")
def net_untouched(make_optimizer, given: Given):
    """Neither a successful nor a failing call changes values, gradients, requires_grad, modes or buffers of the net."""
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))
    net[0].bias.requires_grad_(False)
    given.new_gradients(list(given.fill(net, keep=True).parameters()))
    net[2].weight.grad = None
    net[1].eval()
    attributes = set(vars(net))
    optimizer = make_optimizer(net, "adam", given.number(0.1, 0.5))
    errors = [
        answer(given, lambda: make_optimizer(net, "lbfgs", 0.1)),
        answer(given, lambda: make_optimizer(net, "sgd", 0.0)),
    ]
    return {
        "gradients": [p.grad for p in net.parameters()],
        "requires_grad": [p.requires_grad for p in net.parameters()],
        "training": [module.training for module in net.modules()],
        "buffers": list(net.buffers()),
        "new attributes": sorted(set(vars(net)) - attributes),
        "listed": listed(net, optimizer),
        "lr": optimizer.param_groups[0]["lr"],
        "errors": errors,
    }


@experiment(zh="除了三个名字，其他名字都抛出 ValueError，torch.optim 里有的也一样；很小的正 lr 可以接受。")
def similar_names(make_optimizer, given: Given):
    """Any other name than the three raises ValueError, even one of torch.optim, and a tiny lr is accepted."""
    net = given.mlp(3, 2, keep=True)
    names = ("adamax", "NAdam", "sgdw", "sg", "", "Adagrad", "optimizer", "lr_scheduler", "adamw2", "ada")
    tiny = make_optimizer(net, "AdamW", given.number(1.0, 2.0) * 1e-6)
    return {
        **{repr(name): answer(given, lambda name=name: make_optimizer(net, name, 0.1)) for name in names},
        "lr = -1e-9": answer(given, lambda: make_optimizer(net, "adam", -1e-9)),
        "adamw with lr = 0": answer(given, lambda: make_optimizer(net, "adamw", 0.0)),
        "sgd with lr = 0": answer(given, lambda: make_optimizer(net, "sgd", 0.0)),
        "tiny": [kind(tiny), tiny.param_groups[0]["lr"] * 1e6],
    }
