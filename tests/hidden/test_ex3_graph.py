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
    """Apply a random number of random operations to h, one after the other: at least `low`, at most `high` - 1."""
    for _ in range(given.whole(low, high)):
        h = operations[given.whole(0, len(operations))](h)
    return h


def plain_name(name):
    """Return a node's name without namespace and trailing digits; mask addresses, which differ from run to run."""
    if not isinstance(name, str):
        return "(not a string)"
    return re.sub("0x[0-9A-Fa-f]+", "0x...", name).rpartition("::")[2].rstrip("0123456789")


def names(result):
    """Return the node names of a list as `plain_name` writes them; a text if the result is no list."""
    if not isinstance(result, list | tuple):
        return f"(no list: {type(result).__name__})"
    return [plain_name(name) for name in result]


def in_any_order(result):
    """Return the node names of a list, sorted, so that their order makes no difference."""
    found = names(result)
    return sorted(found) if isinstance(found, list) else found


def path(result):
    """Return the node names of a list, sorted and without AccumulateGrad."""
    found = in_any_order(result)
    return [name for name in found if name != "AccumulateGrad"] if isinstance(found, list) else found


def counts(result):
    """Return the numbers of nodes by `plain_name`; the numbers of nodes with equal plain names are added up."""
    if not isinstance(result, Mapping):
        return f"(no dict: {type(result).__name__})"
    total = {}
    for name, number in result.items():
        name = plain_name(name)
        total[name] = total[name] + number if name in total else number
    return dict(sorted(total.items()))


def operations(result):
    """Return the numbers of nodes by name, without AccumulateGrad."""
    found = counts(result)
    return {name: found[name] for name in found if name != "AccumulateGrad"} if isinstance(found, dict) else found


def listed_names(result):
    """Return the names of parameters in the order of the list; an entry that is no string becomes a text."""
    if not isinstance(result, list | tuple):
        return f"(no list: {type(result).__name__})"
    return [name if isinstance(name, str) else f"(no string: {type(name).__name__})" for name in result]


def sorted_names(result):
    """Return the names of parameters, sorted, so that their order makes no difference."""
    found = listed_names(result)
    return sorted(found) if isinstance(found, list) else found


def tried(call):
    """Return the result of a call, or the name of its exception, so that the experiment can go on."""
    results = []
    kind = Given.error(lambda: results.append(call()))
    return results[0] if results else kind


def flags(net):
    """Return for each parameter whether it requires grad."""
    return {name: p.requires_grad for name, p in net.named_parameters()}


def gradients(net):
    """Return the gradient of each parameter; None if it has no gradient."""
    return {name: p.grad for name, p in net.named_parameters()}


def with_gradients(given, net):
    """Give every parameter of a net random numbers and an old gradient."""
    given.fill(net)
    given.new_gradients(list(net.parameters()))
    return net


@experiment(zh="第一个后继是 None 时就停下，即使第二个后继通向参数。", node_names=True)
def first_child_is_none(inspect_grad_fn, given: Given):
    """If the first successor is None the walk stops, even if the second one leads to a parameter."""
    data, weight = given.tensor("data", 3), given.tensor("weight", 3, requires_grad=True)
    product = data * drawn(given, weight, 2, 5)
    return {
        "at once": in_any_order(inspect_grad_fn(product, 7)),
        "later": in_any_order(inspect_grad_fn(drawn(given, product, 3, 7, WAVES[:2]), steps=9)),
        "sum": in_any_order(inspect_grad_fn(drawn(given, torch.stack([data, product]), 1, 4), 9)),
    }


@experiment(zh="叶子、detach 过的张量和 no_grad 下的结果没有 grad_fn，返回 []。", node_names=True)
def nothing_without_graph(inspect_grad_fn, given: Given):
    """Leaves, detached tensors and results made under no_grad have no grad_fn: the list is empty."""
    x, plain = given.tensor("x", 2, requires_grad=True), given.tensor("plain", 2)
    h = drawn(given, x, 4, 7)
    with torch.no_grad():
        unseen = drawn(given, x, 1, 3)
    without = (x, plain, h.detach(), unseen, nn.Parameter(plain))
    return {
        "without": [in_any_order(inspect_grad_fn(t)) for t in without],
        "with": in_any_order(inspect_grad_fn(h, steps=9)),
    }


@experiment(zh="每次都走第一个后继，即使别的分支更长。", node_names=True)
def always_the_first_child(inspect_grad_fn, given: Given):
    """The first successor is always followed, even if another branch is longer."""
    x = given.tensor("x", 3, requires_grad=True)
    short, long = drawn(given, x, 2, 4, CURVES), drawn(given, x, 5, 9)
    both, other = torch.stack([short, long, x.exp()]).sum(0), long * short
    return {
        "short first": names(inspect_grad_fn(drawn(given, both, 1, 3), 30)),
        "long first": names(inspect_grad_fn(other + both, steps=30)),
        "leaf first": names(inspect_grad_fn(torch.addcmul(x, other, both), steps=30)),
    }


@experiment(zh="steps 很大时走到图的尽头，较小时恰好返回 steps 个名字。", node_names=True)
def long_walk(inspect_grad_fn, given: Given):
    """A large steps leads to the end of the graph, and a smaller one gives exactly as many names."""
    x = given.tensor("x", 2, requires_grad=True)
    h = drawn(given, x, 70, 90)
    return {
        "steps=1000": names(inspect_grad_fn(h, steps=1000)),
        "steps=60": names(inspect_grad_fn(tensor=h, steps=60)),
        "x.grad before": x.grad,
        **given.gradients(h, x=x),
    }


@experiment(zh="几支一样长时走第一支，与名字和创建的先后无关。", node_names=True)
def ties_go_to_the_first(backward_chain, given: Given):
    """If several branches are equally long, the path follows the first, whatever their names or times of creation."""
    x, y = given.tensor("x", 3, requires_grad=True), given.tensor("y", 3, requires_grad=True)
    n = given.whole(2, 5)
    left, right = torch.sin(y), torch.cos(y)
    one, two, three = (
        drawn(given, x, n, n + 1),
        drawn(given, y, n, n + 1, CURVES),
        drawn(given, x, n, n + 1, (torch.exp,)),
    )
    return {
        "one, two": path(backward_chain(one * two)),
        "two, one": path(backward_chain(two * one)),
        "three, two, one": path(backward_chain(torch.stack([three, two, one]))),
        "one, three, two": path(backward_chain(torch.stack([x, one, three, two]))),
        "nested": path(backward_chain(torch.sub(two + three, three + two).sin() * torch.cos(one - two))),
        "meeting again": in_any_order(
            backward_chain(torch.stack([left, right.tanh()]).sum(0) * left.neg().sigmoid().exp())
        ),
    }


@experiment(zh="有捷径（残差连接）时，绕远的分支仍按完整的长度计算。", node_names=True)
def skip_connections(backward_chain, given: Given):
    """If there are short cuts (residual connections), the long way round still counts in full."""
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


@experiment(zh="比的是路径的长度，不是分支里节点的个数。", node_names=True)
def many_nodes_are_not_long(backward_chain, given: Given):
    """Branches are compared by the length of their longest path, not by their number of nodes."""
    leaves = [given.tensor(f"leaf {i}", 2, requires_grad=True) for i in range(6)]
    wide = torch.stack([leaf.exp().log1p() for leaf in leaves]).sum(0)
    long = torch.stack([wide, drawn(given, leaves[0], 6, 10)])
    deep = torch.stack([drawn(given, long, 40, 50), drawn(given, long, 60, 70)])
    found = {"wide or long": path(backward_chain(long)), "long or longer": path(backward_chain(deep))}
    return {**found, "x.grad before": leaves[0].grad, **given.gradients(deep, x=leaves[0])}


@experiment(zh="没有计算图时返回 []；每多做一次运算，最前面就多一个名字。", node_names=True)
def from_nothing_to_one_more(backward_chain, given: Given):
    """Without a graph the list is empty, and each further operation adds one name in front."""
    x = given.tensor("x", 2, requires_grad=True)
    h = drawn(given, x, 1, 6)
    return {
        "without": [names(backward_chain(t)) for t in (x, x.detach(), h.detach(), nn.Parameter(x.detach()))],
        "one": names(backward_chain(drawn(given, x, 1, 2))),
        "some": names(backward_chain(h)),
        "two more": names(backward_chain(h.exp().exp())),
        "x with itself": names(backward_chain(x * x)),
    }


@experiment(zh="最长的路可能经过权重，或排在空位 None 之后。", node_names=True)
def longest_through_the_weight(backward_chain, given: Given):
    """The longest path may go through a weight or stand behind a None."""
    x, weight = given.tensor("x", 4, 3), drawn(given, given.tensor("weight", 2, 3, requires_grad=True), 3, 7)
    bias = given.tensor("bias", 2, requires_grad=True)
    h = F.linear(x, weight, bias)
    return {
        "no other": path(backward_chain(h)),
        "data too": path(backward_chain(F.linear(torch.relu(h), weight.reshape(3, 2)))),
        "bias": path(backward_chain(torch.addmm(drawn(given, bias, 8, 11), x, weight.t()))),
        "past None at once": path(backward_chain(x * drawn(given, x.new_ones((), requires_grad=True), 1, 3))),
        "past None": path(backward_chain(torch.where(x[:, :2] > 0, x[:, :2], drawn(given, h, 1, 3)))),
    }


@experiment(zh="一个叶子无论用几次都只有一个 AccumulateGrad，每个叶子各有一个。", node_names=True)
def one_node_per_leaf(count_graph_nodes, given: Given):
    """A leaf has one AccumulateGrad however often it is used, and each leaf has its own."""
    leaves = [given.tensor(f"leaf {i}", 2, requires_grad=True) for i in range(given.whole(2, 6))]
    plain = given.tensor("plain", 2)
    terms = [a * b + plain for a in leaves for b in leaves]
    return {
        "leaves": counts(count_graph_nodes(torch.stack(terms))),
        "square": counts(count_graph_nodes(leaves[0] * leaves[0])),
        "plain first": counts(count_graph_nodes(drawn(given, plain * leaves[0], 2, 6))),
    }


@experiment(zh="没有 grad_fn 时返回 {}；一次运算有两个节点。", node_names=True)
def no_graph_no_nodes(count_graph_nodes, given: Given):
    """Without grad_fn the dict is empty, and one operation makes two nodes."""
    x = given.tensor("x", 2, requires_grad=True)
    h = drawn(given, x, 1, 6).neg().neg()
    return {
        "without": [counts(count_graph_nodes(t)) for t in (x, x.detach(), h.detach(), nn.Parameter(x.detach()))],
        "with": counts(count_graph_nodes(h)),
        "x + 1": counts(count_graph_nodes(x + 1)),
        "one view more": counts(count_graph_nodes(h.view_as(h))),
    }


@experiment(zh="一个节点有好几个输出（unbind、split）时，从哪个输出走到它都是同一个节点。", node_names=True)
def several_outputs(count_graph_nodes, given: Given):
    """A node with several outputs (unbind, split) is one node, from whichever output it is reached."""
    x = given.tensor("x", 6, 2, requires_grad=True)
    rows = x.unbind()[: given.whole(3, 7)]
    parts = drawn(given, x, 1, 4).split(2)
    values, _ = x.max(dim=1)
    return {
        "unbind": operations(count_graph_nodes(torch.stack([row.sin() for row in rows]))),
        "split": operations(count_graph_nodes(parts[0] * parts[1] + parts[2] * parts[1])),
        "max": operations(count_graph_nodes(values * values.exp())),
    }


@experiment(zh="数完之后什么都没变：没有出现梯度，backward() 仍然可用，再数一次结果一样。", node_names=True)
def counting_changes_nothing(count_graph_nodes, given: Given):
    """Counting changes nothing: no gradient appears, backward() still works, and a second count is the same."""
    x, weight = given.tensor("x", 3, requires_grad=True), given.tensor("weight", 3, requires_grad=True)
    weight.grad = given.tensor("weight.grad", 3)
    loss = (drawn(given, x, 3, 8) * weight.exp()).sum()
    first, other, again = (operations(count_graph_nodes(t)) for t in (loss, loss.exp(), loss))
    before = {"x.grad before": x.grad, "weight.grad before": weight.grad.clone()}
    weight.grad = None
    return {"counts": [first, other, again], **before, **given.gradients(loss, x=x, weight=weight)}


@experiment(zh="名字按 named_parameters 的顺序排列，与各层的使用顺序无关。")
def used_in_another_order(parameters_in_graph, given: Given):
    """The names are in the order of named_parameters, also if the layers were used in another order."""
    net = nn.ModuleDict({name: nn.Linear(2, 2) for name in ("zoom", "alpha", "mid", "beta", "10", "9")})
    given.fill(net)
    h = given.tensor("x", 3, 2)
    for number in given.rng.permutation(4):
        h = torch.tanh(net[("beta", "zoom", "10", "alpha")[number]](h))
    h = torch.stack([net["beta"](h), net[("9", "mid")[given.whole(0, 2)]](h)])
    return {"names": listed_names(parameters_in_graph(h, net))}


@experiment(zh="图里的其他叶子（输入、别的网络的参数）不列出；名字是 module 自己的叫法。")
def strangers_in_the_graph(parameters_in_graph, given: Given):
    """Other leaves (inputs, parameters of other nets) are not listed, and names are those that module uses."""
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


@experiment(zh="参数在最后一个后继、视图或其他参数之后时也列出。")
def every_branch(parameters_in_graph, given: Given):
    """A parameter behind the last successor, a view or another parameter is listed, too."""
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


@experiment(zh="被 detach() 或 no_grad 切断的参数不列出，即使它带着旧梯度。")
def cut_off(parameters_in_graph, given: Given):
    """Parameters that detach() or no_grad cuts off are not listed, even if they have old gradients."""
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
        "gradients": gradients(net),
    }


@experiment(zh="前缀是一个参数的全名时，只冻结这一个参数。")
def single_parameters(freeze_parameters, given: Given):
    """If a prefix is the full name of a parameter, that parameter alone is frozen."""
    net = nn.ModuleDict({"fc": nn.Linear(2, 2), "fc_last": nn.Linear(2, 2)})
    for name in ("weight_scale", "weight", "scale"):
        net.register_parameter(name, nn.Parameter(torch.zeros(3)))
    with_gradients(given, net)
    freeze_parameters(net, [("fc.bias", "fc_last.weight")[given.whole(0, 2)], "weight"])
    return {"requires_grad": flags(net), "gradients": gradients(net)}


@experiment(zh="早已冻结的参数不出现在返回值里；重复冻结不报错。")
def frozen_before(freeze_parameters, given: Given):
    """Parameters that were frozen before are not returned, and freezing twice is no error."""
    net = with_gradients(given, nn.ModuleDict({name: nn.Linear(2, 2) for name in ("a", "b", "c", "d")}))
    net["a"].weight.requires_grad_(False)
    net["d"].requires_grad_(False)
    first = sorted_names(freeze_parameters(net, ["c"]))
    net["b"].weight.grad = given.tensor("new gradient", 2, 2)
    second, other = (
        freeze_parameters(net, ["c"]),
        freeze_parameters(net, ["d", ("b.bias", "b.weight")[given.whole(0, 2)]]),
    )
    return {"first": first, "second": sorted_names(second), "third": sorted_names(other)}


@experiment(zh="前缀可以重叠或重复，也可以一个都没有；传入的列表保持原样。")
def overlapping_prefixes(freeze_parameters, given: Given):
    """Prefixes may overlap or be repeated, the list may be empty, and it stays as it was."""
    net = nn.ModuleDict({"body": nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2)), "head": nn.Linear(2, 2)})
    with_gradients(given, net)
    prefixes = ["body", "body.1", "head.bias", "body", "body.0.weight"]
    freeze_parameters(net, [])
    before = flags(net)
    freeze_parameters(net, prefixes)
    return {"after []": before, "requires_grad": flags(net), "gradients": gradients(net), "prefixes": prefixes}


@experiment(zh="没有参数的层、缓冲区、名字的一部分、空字符串和末尾多一个点都匹配不到参数，抛出 ValueError。")
def matches_no_parameter(freeze_parameters, given: Given):
    """Layers without parameters, buffers, parts of names, '' and a final dot match nothing: ValueError is raised."""
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
    after = {"requires_grad": flags(net), "gradients": gradients(net)}
    freeze_parameters(net, ["norm"])
    return {**errors, **after, "requires_grad of a right call": flags(net)}


@experiment(zh="点是分隔符：'body.1' 不包括 body.10、body_1 和 tail.body.1。")
def dots_separate(freeze_parameters, given: Given):
    """A dot separates: 'body.1' means neither body.10 nor body_1 nor tail.body.1."""
    body = nn.Sequential(*[nn.Linear(1, 1) for _ in range(given.whole(11, 14))])
    net = nn.ModuleDict(
        {
            "body_1": nn.Linear(1, 1),
            "tail": nn.ModuleDict({"body": nn.Sequential(nn.ReLU(), nn.Linear(1, 1))}),
            "body": body,
        }
    )
    body.add_module("1-old", nn.Linear(1, 1))
    freeze_parameters(given.fill(net), ["body.1"])
    return {"requires_grad": flags(net)}


@experiment(zh="之后再训练一步（带权重衰减），被冻结的值不动，其余的照常更新。")
def a_step_afterwards(freeze_parameters, given: Given):
    """A training step with weight decay afterwards moves none of the frozen values and all of the others."""
    net = with_gradients(given, nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 1)))
    held = dict(net.named_parameters())
    freeze_parameters(net, ["0", "2.bias"])
    net(given.tensor("x", 4, 2)).square().sum().backward()
    with torch.no_grad():
        for p in held.values():
            if p.grad is not None:
                p -= 0.1 * (p.grad + 0.5 * p)
    return {"values": held, "same parameters": [net.get_parameter(name) is p for name, p in held.items()]}


@experiment(zh="f 原样返回一个不需要梯度的 x 时，结果正确，x 仍然不需要梯度。")
def plain_x_handed_back(intermediate_gradient, given: Given):
    """If f returns an x itself that requires no grad, the result is right and x still requires none."""
    x = given.tensor("x", 2, 3)
    gradient = tried(lambda: intermediate_gradient(lambda x: x, lambda h: (h.sin() * h).sum(), x))
    return {"gradient": gradient, "kind": given.flags(gradient), "x.grad": x.grad}


@experiment(zh="f 返回 x 的视图（转置、切片）时结果正确；g 没用到的元素梯度为 0。")
def views_of_x(intermediate_gradient, given: Given):
    """If f returns a view of x (transposed, sliced), the result is right; entries that g does not use get 0."""
    x = given.tensor("x", 3, 4, requires_grad=True)
    x.grad = given.tensor("x.grad", 3, 4)
    plain = given.tensor("plain", 2, 5)
    transposed = tried(
        lambda: intermediate_gradient(lambda x: x.t(), lambda h: (h[1:] ** 2).sum() + h[0, 0] * h[3, 2], x)
    )
    sliced = tried(lambda: intermediate_gradient(lambda x: x[:, 1:3], lambda h: h.exp().sum() * h.mean(), plain))
    flat = tried(lambda: intermediate_gradient(lambda x: x.view(-1), lambda h: h[2] ** 3, x))
    return {"transposed": transposed, "sliced": sliced, "flat": flat, "x.grad": x.grad}


@experiment(zh="结果的形状与 h 相同：h 可以是零维，也可以比 x 大。")
def shape_of_h(intermediate_gradient, given: Given):
    """The result has the shape of h, which may be zero-dim or larger than x."""
    x, weight = given.tensor("x", 3), given.tensor("weight", 3, requires_grad=True)
    zero = tried(lambda: intermediate_gradient(lambda x: (x * weight).sum(), lambda h: h**3, x))
    large = tried(lambda: intermediate_gradient(lambda x: torch.outer(x, weight), lambda h: (h * h.t()).sum(), x))
    ones = tried(lambda: intermediate_gradient(lambda x: x.repeat(2, 1), torch.sum, x))
    scalar = tried(
        lambda: intermediate_gradient(torch.exp, lambda h: h.log().cos(), given.tensor("scalar", requires_grad=True))
    )
    return {"zero-dim": zero, "large": large, "g = sum": ones, "zero-dim x": scalar, "kind": given.flags(zero)}


@experiment(zh="第二次调用不会改变第一次的结果，也不会把它的梯度加进来。")
def second_call(intermediate_gradient, given: Given):
    """A second call neither changes the first result nor adds to it."""
    x, plain = given.tensor("x", 4, requires_grad=True), given.tensor("plain", 4)
    results = [
        tried(lambda x=t: intermediate_gradient(lambda x: x, lambda h: (h**4).sum(), x)) for t in (x, x, plain, plain)
    ]
    results += [tried(lambda x=t: intermediate_gradient(torch.sin, lambda h: (h * h).sum(), x)) for t in (x, x, plain)]
    return {"results": results, "x.grad": x.grad, "plain.grad": plain.grad}


@experiment(zh="f 和 g 里可以有网络；x 是 float32 时结果也是 float32。", rtol=1e-5, atol=1e-6)
def nets_inside(intermediate_gradient, given: Given):
    """f and g may contain nets, and a float32 x gives a float32 result."""
    f, g = given.mlp(3, 5).float(), given.mlp(5, 4, 1).float()
    x = given.tensor("x", 2, 3, dtype=torch.float32, requires_grad=True)
    single = tried(lambda: intermediate_gradient(f, lambda h: g(h.tanh()).sum(), x))
    return {"gradient": single, "kind": given.flags(single), "x.grad": x.grad}
