"""Hidden experiments of exercise 3: reading the backward graph."""

import re
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import nn

from grader import Given, experiment

WAVES = (torch.sin, torch.cos, torch.tanh, torch.atan)
CURVES = (torch.sigmoid, torch.neg, torch.asinh, torch.square)


def drawn(given, h, low, high, operations=WAVES):
    """Apply between low and high - 1 operations that the seed chooses, one after the other."""
    for _ in range(given.whole(low, high)):
        h = operations[given.whole(0, len(operations))](h)
    return h


def plain_name(name):
    """A node's name without its namespace and trailing digits; addresses, which no two runs share, are masked."""
    if not isinstance(name, str):
        return "(not a string)"
    return re.sub("0x[0-9A-Fa-f]+", "0x...", name).rpartition("::")[2].rstrip("0123456789")


def names(result):
    """The node names of a list, made comparable."""
    if not isinstance(result, list | tuple):
        return f"(no list: {type(result).__name__})"
    return [plain_name(name) for name in result]


def counts(result):
    """The numbers of nodes by name, made comparable; names that become equal are added up."""
    if not isinstance(result, Mapping):
        return f"(no dict: {type(result).__name__})"
    total = {}
    for name, number in result.items():
        name = plain_name(name)
        total[name] = total[name] + number if name in total else number
    return dict(sorted(total.items()))


def listed_names(result):
    """Names of parameters in the order of the list; an entry that is no string is named by its type."""
    if not isinstance(result, list | tuple):
        return f"(no list: {type(result).__name__})"
    return [name if isinstance(name, str) else f"(no string: {type(name).__name__})" for name in result]


def sorted_names(result):
    """Names of parameters, whatever their order."""
    found = listed_names(result)
    return sorted(found) if isinstance(found, list) else found


def tried(call):
    """What a call returns, or the kind of exception that it raises: other observations are still made."""
    results = []
    kind = Given.error(lambda: results.append(call()))
    return results[0] if results else kind


def state(net):
    """What freezing is about: which parameters require grad, and their gradients."""
    return {
        "requires_grad": {name: p.requires_grad for name, p in net.named_parameters()},
        "gradients": {name: p.grad for name, p in net.named_parameters()},
    }


def with_gradients(given, net):
    """Give every parameter of a net random numbers and an old gradient."""
    given.fill(net)
    given.new_gradients(list(net.parameters()))
    return net


@experiment(zh="第一个后继是空位（None）时就停下，即使第二个后继通向参数。", node_names=True)
def first_child_is_none(inspect_grad_fn, given: Given):
    """Where the first child is None the walk stops, even if the second one leads to a parameter."""
    data, weight = given.tensor("data", 3), given.tensor("weight", 3, requires_grad=True)
    product = data * drawn(given, weight, 2, 5)
    return {
        "at once": names(inspect_grad_fn(product, 7)),
        "later": names(inspect_grad_fn(drawn(given, product, 3, 7, WAVES[:2]), steps=9)),
        "sum": names(inspect_grad_fn(drawn(given, torch.stack([data, product]), 1, 4), 9)),
    }


@experiment(zh="叶子、detach 过的张量、no_grad 下的结果都没有 grad_fn：返回 []；再做运算，图才开始。", node_names=True)
def nothing_without_graph(inspect_grad_fn, given: Given):
    """Leaves, detached tensors and results made under no_grad have no grad_fn: []; operations start the graph."""
    x, plain = given.tensor("x", 2, requires_grad=True), given.tensor("plain", 2)
    h = drawn(given, x, 4, 7)
    with torch.no_grad():
        unseen = drawn(given, x, 1, 3)
    without = (x, plain, h.detach(), unseen, nn.Parameter(plain))
    return {"without": [names(inspect_grad_fn(t)) for t in without], "with": names(inspect_grad_fn(h, steps=9))}


@experiment(zh="永远走第一个后继：哪怕别的分支更长，或者排在最后。", node_names=True)
def always_the_first_child(inspect_grad_fn, given: Given):
    """It is always the first child that is followed, even if others lead further."""
    x = given.tensor("x", 3, requires_grad=True)
    short, long = drawn(given, x, 2, 4, CURVES), drawn(given, x, 5, 9)
    both, other = torch.stack([short, long, x.exp()]).sum(0), long * short
    return {
        "short first": names(inspect_grad_fn(drawn(given, both, 1, 3), 30)),
        "long first": names(inspect_grad_fn(other + both, steps=30)),
        "leaf first": names(inspect_grad_fn(torch.addcmul(x, other, both), steps=30)),
    }


@experiment(
    zh="steps 很大时走到图的尽头，较小时恰好给出 steps 个名字；看过之后计算图仍可用于 backward()。", node_names=True
)
def long_walk(inspect_grad_fn, given: Given):
    """Many steps go to the end of the graph, fewer give exactly as many names, and backward() works afterwards."""
    x = given.tensor("x", 2, requires_grad=True)
    h = drawn(given, x, 70, 90)
    return {
        "steps=1000": names(inspect_grad_fn(h, steps=1000)),
        "steps=60": names(inspect_grad_fn(tensor=h, steps=60)),
        "x.grad before": x.grad,
        **given.gradients(h, x=x),
    }


@experiment(zh="两支一样长时走第一支，与名字、创建的先后无关。", node_names=True)
def ties_go_to_the_first(backward_chain, given: Given):
    """Of branches that are equally long the first one is followed, whatever their names are and which came earlier."""
    x, y = given.tensor("x", 3, requires_grad=True), given.tensor("y", 3, requires_grad=True)
    n = given.whole(2, 5)
    left, right = torch.sin(y), torch.cos(y)
    one, two, three = (
        drawn(given, x, n, n + 1),
        drawn(given, y, n, n + 1, CURVES),
        drawn(given, x, n, n + 1, (torch.exp,)),
    )
    return {
        "one, two": names(backward_chain(one * two)),
        "two, one": names(backward_chain(two * one)),
        "three, two, one": names(backward_chain(torch.stack([three, two, one]))),
        "one, three, two": names(backward_chain(torch.stack([x, one, three, two]))),
        "nested": names(backward_chain(torch.sub(two + three, three + two).sin() * torch.cos(one - two))),
        "meeting again": names(backward_chain(torch.stack([left, right.tanh()]).sum(0) * left.neg().sigmoid().exp())),
    }


@experiment(zh="捷径先到达的节点，绕远路的分支也要完整地量到底（残差连接）。", node_names=True)
def skip_connections(backward_chain, given: Given):
    """A node that a short cut reaches first still counts in full for the long way round (residual connections)."""
    x = given.tensor("x", 3, requires_grad=True)
    h = drawn(given, x, 3, 6)
    h = h + drawn(given, h, 2, 4, CURVES)
    late = h * drawn(given, h, 1, 3, CURVES)
    blocks = h
    for _ in range(3):
        blocks = torch.sub(drawn(given, blocks, 2, 4, CURVES), blocks) + h
    return {
        "once": names(backward_chain(h)),
        "twice": names(backward_chain(late)),
        "blocks": names(backward_chain(blocks)),
        "short cut to the start": names(backward_chain(torch.stack([x, h, late, x.exp(), late.exp()]))),
    }


@experiment(zh="比的是路径的长度，不是分支里节点的多少。", node_names=True)
def many_nodes_are_not_long(backward_chain, given: Given):
    """It is the length of a path that counts, not how many nodes hang on a branch."""
    leaves = [given.tensor(f"leaf {i}", 2, requires_grad=True) for i in range(6)]
    wide = torch.stack([leaf.exp().log1p() for leaf in leaves]).sum(0)
    long = torch.stack([wide, drawn(given, leaves[0], 6, 10)])
    deep = torch.stack([drawn(given, long, 40, 50), drawn(given, long, 60, 70)])
    found = {"wide or long": names(backward_chain(long)), "long or longer": names(backward_chain(deep))}
    return {**found, "x.grad before": leaves[0].grad, **given.gradients(deep, x=leaves[0])}


@experiment(zh="没有图时返回 []；只有一步运算时返回一个名字；每多一步运算就多一个名字。", node_names=True)
def from_nothing_to_one_more(backward_chain, given: Given):
    """Without a graph the chain is []; every further operation adds one name in front."""
    x = given.tensor("x", 2, requires_grad=True)
    h = drawn(given, x, 1, 6)
    return {
        "without": [names(backward_chain(t)) for t in (x, x.detach(), h.detach(), nn.Parameter(x.detach()))],
        "one": names(backward_chain(drawn(given, x, 1, 2))),
        "some": names(backward_chain(h)),
        "two more": names(backward_chain(h.exp().exp())),
        "x with itself": names(backward_chain(x * x)),
    }


@experiment(zh="最长的路也可能经过权重、跳过空位，而不经过数据。", node_names=True)
def longest_through_the_weight(backward_chain, given: Given):
    """The longest path may lead through a weight and past empty places instead of through the data."""
    x, weight = given.tensor("x", 4, 3), drawn(given, given.tensor("weight", 2, 3, requires_grad=True), 3, 7)
    bias = given.tensor("bias", 2, requires_grad=True)
    h = F.linear(x, weight, bias)
    return {
        "no other": names(backward_chain(h)),
        "data too": names(backward_chain(F.linear(torch.relu(h), weight.reshape(3, 2)))),
        "bias": names(backward_chain(torch.addmm(drawn(given, bias, 8, 11), x, weight.t()))),
        "past None at once": names(backward_chain(x * drawn(given, x.new_ones((), requires_grad=True), 1, 3))),
        "past None": names(backward_chain(torch.where(x[:, :2] > 0, x[:, :2], drawn(given, h, 1, 3)))),
    }


@experiment(zh="同一个叶子用了几次，只有一个 AccumulateGrad；几个叶子就有几个。", node_names=True)
def one_node_per_leaf(count_graph_nodes, given: Given):
    """A leaf has one AccumulateGrad however often it is used, and every leaf has its own."""
    leaves = [given.tensor(f"leaf {i}", 2, requires_grad=True) for i in range(given.whole(2, 6))]
    plain = given.tensor("plain", 2)
    terms = [a * b + plain for a in leaves for b in leaves]
    return {
        "leaves": counts(count_graph_nodes(torch.stack(terms))),
        "square": counts(count_graph_nodes(leaves[0] * leaves[0])),
        "plain first": counts(count_graph_nodes(drawn(given, plain * leaves[0], 2, 6))),
    }


@experiment(zh="没有 grad_fn 时返回 {}；一步运算就有两个节点。", node_names=True)
def no_graph_no_nodes(count_graph_nodes, given: Given):
    """Without grad_fn there is nothing to count: {}; one operation makes two nodes."""
    x = given.tensor("x", 2, requires_grad=True)
    h = drawn(given, x, 1, 6).neg().neg()
    return {
        "without": [counts(count_graph_nodes(t)) for t in (x, x.detach(), h.detach(), nn.Parameter(x.detach()))],
        "with": counts(count_graph_nodes(h)),
        "x + 1": counts(count_graph_nodes(x + 1)),
        "one view more": counts(count_graph_nodes(h.view_as(h))),
    }


@experiment(zh="一个节点可以有好几个输出（unbind、split）：从哪个输出走到它，都是同一个节点。", node_names=True)
def several_outputs(count_graph_nodes, given: Given):
    """A node may have several outputs (unbind, split): from whichever one it is reached, it is the same node."""
    x = given.tensor("x", 6, 2, requires_grad=True)
    rows = x.unbind()[: given.whole(3, 7)]
    parts = drawn(given, x, 1, 4).split(2)
    values, _ = x.max(dim=1)
    return {
        "unbind": counts(count_graph_nodes(torch.stack([row.sin() for row in rows]))),
        "split": counts(count_graph_nodes(parts[0] * parts[1] + parts[2] * parts[1])),
        "max": counts(count_graph_nodes(values * values.exp())),
    }


@experiment(zh="数完以后什么都没变：没有出现梯度，计算图仍可用于 backward()，再数一次结果一样。", node_names=True)
def counting_changes_nothing(count_graph_nodes, given: Given):
    """Counting leaves no gradient and no trace: backward() works afterwards, and a second count is the same."""
    x, weight = given.tensor("x", 3, requires_grad=True), given.tensor("weight", 3, requires_grad=True)
    weight.grad = given.tensor("weight.grad", 3)
    loss = (drawn(given, x, 3, 8) * weight.exp()).sum()
    first, other, again = (counts(count_graph_nodes(t)) for t in (loss, loss.exp(), loss))
    before = {"x.grad before": x.grad, "weight.grad before": weight.grad.clone()}
    weight.grad = None
    return {"counts": [first, other, again], **before, **given.gradients(loss, x=x, weight=weight)}


@experiment(zh="名字总按 named_parameters 的顺序，不管各层以什么顺序用到；用了几次也只列一次。")
def used_in_another_order(parameters_in_graph, given: Given):
    """The order is that of named_parameters, in whatever order the layers were used; used twice is listed once."""
    net = nn.ModuleDict({name: nn.Linear(2, 2) for name in ("zoom", "alpha", "mid", "beta", "10", "9")})
    given.fill(net)
    h = given.tensor("x", 3, 2)
    for number in given.rng.permutation(4):
        h = torch.tanh(net[("beta", "zoom", "10", "alpha")[number]](h))
    h = torch.stack([net["beta"](h), net[("9", "mid")[given.whole(0, 2)]](h)])
    return {"names": listed_names(parameters_in_graph(h, net))}


@experiment(zh="图里还有别的叶子：输入、别的网络的参数都不算；名字以 module 为准，不以整个网络为准。")
def strangers_in_the_graph(parameters_in_graph, given: Given):
    """Other leaves in the graph do not count, and names are those that the module itself uses."""
    body, head = nn.Sequential(*[nn.Linear(2, 2) for _ in range(given.whole(1, 5))]), nn.Linear(2, 2)
    net, stranger = given.fill(nn.ModuleDict({"body": body, "head": head})), given.fill(nn.Linear(2, 2))
    x = given.tensor("x", 3, 2, requires_grad=True)
    h = stranger(head(body(x)) * x)
    return {
        "net": sorted_names(parameters_in_graph(h, net)),
        "body": sorted_names(parameters_in_graph(h, body)),
        "head alone": sorted_names(parameters_in_graph(head(x), net)),
        "not in it": sorted_names(parameters_in_graph(body(x), head)),
        "x": x.grad,
    }


@experiment(zh="每条分支都要走到：参数可能只在最后一个后继后面，也可能藏在视图或别的参数之后。")
def every_branch(parameters_in_graph, given: Given):
    """Every branch is searched: a parameter may hang on the last child, on a view, or behind other parameters."""
    net = nn.Module()
    for name in ("scale", "shift", "table", "gate", "unused", "weight", "cut"):
        setattr(net, name, nn.Parameter(torch.zeros(4)))
    given.fill(net)
    x = given.tensor("x", 4)
    h = torch.stack([x, x * net.scale, net.table.view(2, 2).t().reshape(4)])
    h = torch.where(h > 0, h, net.gate[:1] * h.detach()) + net.cut.detach()
    picked = (net.shift, net.weight)[given.whole(0, 2)]
    return {
        "all": sorted_names(parameters_in_graph(h * x + picked.expand(3, 4), net)),
        "sum": sorted_names(parameters_in_graph((x + x.exp() + picked.sum()).sum(), net)),
        "zero": sorted_names(parameters_in_graph(torch.relu(picked.square() * 0.0 - 1.0).sum(), net)),
    }


@experiment(zh="被 detach() 或 no_grad 切断的部分不算；没有计算图时返回 []，即使参数里有旧梯度。")
def cut_off(parameters_in_graph, given: Given):
    """What detach() or no_grad cut off does not count; without a graph the list is [], old gradients or not."""
    net = with_gradients(given, nn.Sequential(*[nn.Linear(2, 2) for _ in range(6)]))
    x, cut = given.tensor("x", 3, 2), given.whole(1, 5)
    h = net[:cut](x)
    with torch.no_grad():
        unseen = net[0](x)
    without = (x, x.clone().requires_grad_(), h.detach(), unseen)
    return {
        "detached": sorted_names(parameters_in_graph(net[cut:](h.detach()), net)),
        "no_grad": sorted_names(parameters_in_graph(net[cut](unseen), net)),
        "without": [sorted_names(parameters_in_graph(t, net)) for t in without],
        "gradients": {name: p.grad for name, p in net.named_parameters()},
    }


@experiment(zh="前缀也可以是一个参数的全名，或者网络自己的参数；只冻结它一个。")
def single_parameters(freeze_parameters, given: Given):
    """A prefix may be the full name of one parameter, the net's own too: that one alone is frozen."""
    net = nn.ModuleDict({"fc": nn.Linear(2, 2), "fc_last": nn.Linear(2, 2)})
    for name in ("weight_scale", "weight", "scale"):
        net.register_parameter(name, nn.Parameter(torch.zeros(3)))
    with_gradients(given, net)
    return {"names": sorted_names(freeze_parameters(net, ["fc.bias", "weight"])), **state(net)}


@experiment(zh="本来就冻结的参数保持冻结，不出现在返回值里；重复冻结不报错，也不再改变什么。")
def frozen_before(freeze_parameters, given: Given):
    """What was frozen before stays so and is not returned; freezing twice is no error and changes nothing more."""
    net = with_gradients(given, nn.ModuleDict({name: nn.Linear(2, 2) for name in ("a", "b", "c", "d")}))
    net["a"].weight.requires_grad_(False)
    net["d"].requires_grad_(False)
    first = sorted_names(freeze_parameters(net, ["c"]))
    net["b"].weight.grad = given.tensor("new gradient", 2, 2)
    second, other = freeze_parameters(net, ["c"]), freeze_parameters(net, ["d", "b.bias"])
    return {"first": first, "second": sorted_names(second), "third": sorted_names(other), **state(net)}


@experiment(zh="前缀可以重叠或重复；空列表什么也不冻结；传入的列表保持原样。")
def overlapping_prefixes(freeze_parameters, given: Given):
    """Prefixes may overlap or be repeated, an empty list freezes nothing, and the list stays as it was."""
    net = nn.ModuleDict({"body": nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2)), "head": nn.Linear(2, 2)})
    with_gradients(given, net)
    prefixes = ["body", "body.1", "head.bias", "body", "body.0.weight"]
    nothing = sorted_names(freeze_parameters(net, []))
    before = {name: p.requires_grad for name, p in net.named_parameters()}
    found = sorted_names(freeze_parameters(net, prefixes))
    return {"nothing": nothing, "before": before, "names": found, "prefixes": prefixes, **state(net)}


@experiment(zh="匹配不到参数的前缀都抛出 ValueError：没有参数的层、缓冲区、半截名字、空字符串、末尾多一个点。")
def matches_no_parameter(freeze_parameters, given: Given):
    """Layers without parameters, buffers, parts of names, '' and a dot at the end all match nothing: ValueError."""
    net = nn.ModuleDict(
        {"fc1": nn.Linear(2, 2), "relu": nn.ReLU(), "norm": nn.BatchNorm1d(2), "body": nn.Sequential(nn.Linear(2, 2))}
    )
    with_gradients(given, net)
    wrong = (
        "relu",
        "norm.running_mean",
        "fc",
        "",
        "fc1.",
        "weight",
        "0",
        "FC1",
        "fc1.weight.0",
        "body.1",
        "fc.",
        "norm.*",
    )
    errors = {repr(prefix): given.error(lambda p=prefix: freeze_parameters(net, ["norm", p])) for prefix in wrong}
    return {**errors, **state(net), "names": sorted_names(freeze_parameters(net, ["norm"]))}


@experiment(zh="点是分隔符：'body.1' 不包括 body.10、body_1 和 tail.body.1，数字编号的层也一样。")
def dots_separate(freeze_parameters, given: Given):
    """A dot separates: 'body.1' is neither body.10, nor body_1, nor tail.body.1."""
    body = nn.Sequential(*[nn.Linear(1, 1) for _ in range(given.whole(11, 14))])
    net = nn.ModuleDict(
        {
            "body_1": nn.Linear(1, 1),
            "tail": nn.ModuleDict({"body": nn.Sequential(nn.ReLU(), nn.Linear(1, 1))}),
            "body": body,
        }
    )
    body.add_module("1-old", nn.Linear(1, 1))
    with_gradients(given, net)
    return {"names": sorted_names(freeze_parameters(net, ["body.1"])), **state(net)}


@experiment(zh="之后再训练一步，冻结的参数一点也不动（即使有权重衰减），其余的照常更新。")
def a_step_afterwards(freeze_parameters, given: Given):
    """A training step afterwards, with weight decay, moves none of the frozen values and all of the others."""
    net = with_gradients(given, nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 1)))
    held = dict(net.named_parameters())
    freeze_parameters(net, ["0", "2.bias"])
    net(given.tensor("x", 4, 2)).square().sum().backward()
    with torch.no_grad():
        for p in held.values():
            if p.grad is not None:
                p -= 0.1 * (p.grad + 0.5 * p)
    return {
        "values": held,
        "requires_grad": {name: p.requires_grad for name, p in held.items()},
        "same parameters": [net.get_parameter(name) is p for name, p in held.items()],
    }


@experiment(zh="f 原样返回一个不需要梯度的 x：结果正确，x 仍然不需要梯度。")
def plain_x_handed_back(intermediate_gradient, given: Given):
    """When f hands back an x that requires no grad, the result is right and x still requires none."""
    x = given.tensor("x", 2, 3)
    gradient = tried(lambda: intermediate_gradient(lambda x: x, lambda h: (h.sin() * h).sum(), x))
    return {"gradient": gradient, "kind": given.flags(gradient), "x.grad": x.grad}


@experiment(zh="f 返回 x 的视图（转置、切片）时也一样；h 的每一处用法都算，没用到的地方梯度为 0。")
def views_of_x(intermediate_gradient, given: Given):
    """Views of x (transposed, sliced) are as good; every use of h counts, and unused entries have gradient 0."""
    x = given.tensor("x", 3, 4, requires_grad=True)
    x.grad = given.tensor("x.grad", 3, 4)
    plain = given.tensor("plain", 2, 5)
    transposed = tried(
        lambda: intermediate_gradient(lambda x: x.t(), lambda h: (h[1:] ** 2).sum() + h[0, 0] * h[3, 2], x)
    )
    sliced = tried(lambda: intermediate_gradient(lambda x: x[:, 1:3], lambda h: h.exp().sum() * h.mean(), plain))
    flat = tried(lambda: intermediate_gradient(lambda x: x.view(-1), lambda h: h[2] ** 3, x))
    return {"transposed": transposed, "sliced": sliced, "flat": flat, "x.grad": x.grad}


@experiment(zh="结果与 h 同形状，不是与 x 同形状：h 可以是零维，也可以比 x 大。")
def shape_of_h(intermediate_gradient, given: Given):
    """The result has the shape of h, not that of x: h may be zero-dim, or larger than x."""
    x, weight = given.tensor("x", 3), given.tensor("weight", 3, requires_grad=True)
    zero = tried(lambda: intermediate_gradient(lambda x: (x * weight).sum(), lambda h: h**3, x))
    large = tried(lambda: intermediate_gradient(lambda x: torch.outer(x, weight), lambda h: (h * h.t()).sum(), x))
    ones = tried(lambda: intermediate_gradient(lambda x: x.repeat(2, 1), torch.sum, x))
    scalar = tried(
        lambda: intermediate_gradient(torch.exp, lambda h: h.log().cos(), given.tensor("scalar", requires_grad=True))
    )
    return {"zero-dim": zero, "large": large, "g = sum": ones, "zero-dim x": scalar, "kind": given.flags(zero)}


@experiment(zh="第二次调用不会改变第一次的结果，也不会把第一次的梯度加进来。")
def second_call(intermediate_gradient, given: Given):
    """A second call neither changes the first result nor adds to it."""
    x, plain = given.tensor("x", 4, requires_grad=True), given.tensor("plain", 4)
    results = [
        tried(lambda x=t: intermediate_gradient(lambda x: x, lambda h: (h**4).sum(), x)) for t in (x, x, plain, plain)
    ]
    results += [tried(lambda x=t: intermediate_gradient(torch.sin, lambda h: (h * h).sum(), x)) for t in (x, x, plain)]
    return {"results": results, "x.grad": x.grad, "plain.grad": plain.grad}


@experiment(zh="f 和 g 里可以有网络；float32 的结果仍是 float32。", rtol=1e-5, atol=1e-6)
def nets_inside(intermediate_gradient, given: Given):
    """f and g may be nets; in float32 the result is float32."""
    f, g = given.mlp(3, 5).float(), given.mlp(5, 4, 1).float()
    x = given.tensor("x", 2, 3, dtype=torch.float32, requires_grad=True)
    single = tried(lambda: intermediate_gradient(f, lambda h: g(h.tanh()).sum(), x))
    return {"gradient": single, "kind": given.flags(single), "x.grad": x.grad}
