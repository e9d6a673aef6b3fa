"""Public experiments of exercise 3: reading the backward graph."""

import re
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import nn

from grader import Given, exercise, experiment

exercise(
    en="Reading the backward graph",
    zh="读懂反向图",
    points={
        "inspect_grad_fn": 2,
        "backward_chain": 4,
        "count_graph_nodes": 3,
        "parameters_in_graph": 4,
        "freeze_parameters": 3,
        "intermediate_gradient": 3,
    },
)

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


@experiment(zh="第一个名字属于 tensor.grad_fn，然后每次走向 next_functions[0][0]；默认返回三个名字。", node_names=True)
def first_names(inspect_grad_fn, given: Given):
    """The first name is that of tensor.grad_fn, each further one that of next_functions[0][0]; three by default."""
    x = given.tensor("x", 3, requires_grad=True)
    loss = drawn(given, F.mse_loss(drawn(given, x, 4, 8), given.tensor("target", 3)), 1, 3)
    return {"by default": names(inspect_grad_fn(loss)), "steps=5": names(inspect_grad_fn(loss, steps=5))}


@experiment(
    zh="走到 AccumulateGrad 就没有后继了：教程里 linear 节点的第一个后继是它的偏置，不是 ReLU。", node_names=True
)
def ends_at_the_bias(inspect_grad_fn, given: Given):
    """The walk ends where nothing follows: the first child of a linear node is its bias, not the tutorial's ReLU."""
    net = given.mlp(3, 4, 2)
    loss = drawn(given, F.mse_loss(net(given.tensor("x", 2, 3)), given.tensor("target", 2, 2)), 1, 5)
    return {"steps=20": names(inspect_grad_fn(loss, 20))}


@experiment(zh="返回的名字绝不超过 steps 个：steps=0 时一个也没有。", node_names=True)
def never_more_than_asked(inspect_grad_fn, given: Given):
    """There are never more names than steps: none for 0, one for 1."""
    h = drawn(given, given.tensor("x", 2, requires_grad=True), 4, 9)
    return {f"steps={steps}": names(inspect_grad_fn(h, steps)) for steps in (0, 1, 2, 4)}


@experiment(
    zh="没有 grad_fn 时返回 []；第一个后继是空位（None）时就停下；看过之后 backward() 仍然可用。", node_names=True
)
def nothing_to_follow(inspect_grad_fn, given: Given):
    """Without grad_fn there are no names, the walk stops where the first child is None, and backward() still works."""
    data, weight = given.tensor("data", 3), given.tensor("weight", 3, requires_grad=True)
    product = data * drawn(given, weight, 4, 7)
    return {
        "leaf": names(inspect_grad_fn(weight)),
        "detached": names(inspect_grad_fn(product.detach())),
        "None comes first": names(inspect_grad_fn(drawn(given, product, 2, 6), steps=9)),
        "weight.grad before": weight.grad,
        **given.gradients(product, weight=weight),
    }


@experiment(
    zh="反过来读，它就是教程里的链条：从 MSELoss 经过 linear、relu、view、maxpool 一直到第一个卷积。", node_names=True
)
def picture_of_the_tutorial(backward_chain, given: Given):
    """It is the tutorial's picture, backwards: from the loss through linear, relu, view, pooling to the first conv."""
    image = given.tensor("image", 1, 1, 10, 10)
    first, second = (
        given.tensor("first", 2, 1, 3, 3, requires_grad=True),
        given.tensor("second", 2, 2, 3, 3, requires_grad=True),
    )
    h = F.max_pool2d(F.relu(F.conv2d(image, first, given.tensor("bias 1", 2, requires_grad=True))), 2)
    h = F.max_pool2d(F.relu(F.conv2d(h, second, given.tensor("bias 2", 2, requires_grad=True))), 2).flatten(1)
    output = given.mlp(2, *[3] * given.whole(1, 6), 2)(h)
    return {"chain": names(backward_chain(F.mse_loss(output, given.tensor("target", 1, 2))))}


@experiment(zh="每遇到分叉都走更长的那一支，不管它排在前面还是后面、先算还是后算。", node_names=True)
def longer_branch(backward_chain, given: Given):
    """At every fork the longer branch is followed, be it the first or the last, computed earlier or later."""
    x = given.tensor("x", 3, requires_grad=True)
    short = drawn(given, x, 1, 3, WAVES)
    long = drawn(given, x, 4, 7, CURVES)
    late = torch.exp(x)
    left, right = torch.stack([short, long, late]).sum(0), torch.stack([drawn(given, long, 1, 3), short, late]).sum(0)
    return {
        "middle": names(backward_chain(left)),
        "first": names(backward_chain(right)),
        "second": names(backward_chain(torch.mul(late, left))),
        "of both": names(backward_chain(torch.sub(drawn(given, left, 4, 6), right))),
    }


@experiment(zh="结果被自己重复相加 60 次：路径有 2 的 60 次方条，答案仍然立刻就有。", node_names=True)
def sixty_doublings(backward_chain, given: Given):
    """Sixty results are each used twice: there are 2 to the power of 60 paths, and the answer still comes at once."""
    h = given.tensor("x", 2, requires_grad=True)
    for _ in range(60):
        h = h + h if given.whole(0, 2) else torch.maximum(h, h)
    return {"chain": names(backward_chain(h))}


@experiment(zh="几支一样长时走第一支，与名字、创建的先后无关；别的路先到过的节点也要量到底。", node_names=True)
def first_of_equal_branches(backward_chain, given: Given):
    """Of equally long branches the first is followed; a node that a short cut reaches first still counts in full."""
    x, n = given.tensor("x", 3, requires_grad=True), given.whole(2, 5)
    one, two = drawn(given, x, n, n + 1), drawn(given, x, n, n + 1, CURVES)
    three = drawn(given, x, n, n + 1, (torch.exp,))
    late = one * drawn(given, one, 3, 5, CURVES)
    return {
        "one, two": names(backward_chain(one * two)),
        "two, one": names(backward_chain(two * one)),
        "three, two, one": names(backward_chain(torch.stack([three, two, one]))),
        "x, one, three": names(backward_chain(torch.stack([x, one, three]))),
        "short cut": names(backward_chain(torch.stack([x, one, late, late.exp()]))),
    }


@experiment(zh="比的是路径的长度，不是节点的多少；最长的路也可能经过权重、跳过空位；没有图时返回 []。", node_names=True)
def longest_path_not_most_nodes(backward_chain, given: Given):
    """The length of a path counts, not the number of nodes; it may lead through a weight, past None; [] without any."""
    leaves = [given.tensor(f"leaf {i}", 3, requires_grad=True) for i in range(7)]
    wide = torch.stack([leaf.exp().log1p() for leaf in leaves]).sum(0)
    x, weight = given.tensor("x", 4, 3), given.tensor("weight", 2, 3, requires_grad=True)
    return {
        "wide or long": names(backward_chain(torch.stack([wide, drawn(given, leaves[0], 6, 10)]))),
        "weight": names(backward_chain(F.linear(x, drawn(given, weight, 3, 7)))),
        "past None": names(backward_chain(x * drawn(given, leaves[1], 2, 5))),
        "leaf": names(backward_chain(leaves[0])),
    }


@experiment(zh="从 grad_fn 出发能到的节点都算，包括每个参数的 AccumulateGrad；空位不算节点。", node_names=True)
def whole_net(count_graph_nodes, given: Given):
    """Every node counts, the AccumulateGrad of each parameter too; an empty place in next_functions is no node."""
    output = given.mlp(3, *[4] * given.whole(1, 6), 2)(given.tensor("x", 2, 3))
    loss = F.mse_loss(output, given.tensor("target", 2, 2))
    return {"output": counts(count_graph_nodes(output)), "loss": counts(count_graph_nodes(loss))}


@experiment(zh="几条路都能到的节点只数一次；名字相同的不同节点要分别数。", node_names=True)
def shared_nodes_once(count_graph_nodes, given: Given):
    """A node that many paths reach counts once; different nodes of the same name count separately."""
    h = given.tensor("x", 2, requires_grad=True)
    for _ in range(given.whole(4, 9)):
        h = h.sin() + h.sin() * h
    return {"counts": counts(count_graph_nodes(h))}


@experiment(zh="一个节点有好几个输出时，从哪个输出走到它都是同一个节点；没有 grad_fn 时返回 {}。", node_names=True)
def several_outputs_of_one_node(count_graph_nodes, given: Given):
    """A node with several outputs is one node, from whichever output it is reached; without grad_fn it is {}."""
    x = given.tensor("x", 4, 5, requires_grad=True)
    parts = drawn(given, x, 2, 6).split(1)
    return {
        "split": counts(count_graph_nodes(parts[0] * parts[1] + parts[2] * parts[3])),
        "leaf": counts(count_graph_nodes(x)),
        "detached": counts(count_graph_nodes(parts[0].detach())),
    }


@experiment(zh="循环 5000 次得到的长链也能数完。", node_names=True)
def five_thousand_operations(count_graph_nodes, given: Given):
    """The chain that a loop of 5,000 operations leaves is counted to its end."""
    h = given.tensor("x", requires_grad=True)
    sines = given.whole(1, 1000)
    for _ in range(sines):
        h = h.sin()
    for _ in range(5000 - sines):
        h = h.neg()
    return {"counts": counts(count_graph_nodes(h))}


@experiment(zh="只列出 tensor 真正依赖的参数：没用到的层、被冻结的参数都不算。")
def used_and_trainable(parameters_in_graph, given: Given):
    """Only the parameters that the tensor depends on are listed: neither those of unused layers nor frozen ones."""
    net = given.fill(nn.Sequential(*[nn.Linear(2, 2) for _ in range(6)]))
    net[1].bias.requires_grad_(False)
    h = given.tensor("x", 4, 2)
    for layer in net[: given.whole(2, 6)]:
        h = torch.tanh(layer(h))
    return {"names": sorted_names(parameters_in_graph(h.sum(), net))}


@experiment(zh="用了几次的参数只列一次；梯度恰好为 0、只在旁支上的参数也算；没有计算图时返回 []。")
def every_use_counts_once(parameters_in_graph, given: Given):
    """Used twice is listed once; side branches and zero gradients count as well; without a graph the list is []."""
    net = given.fill(nn.ModuleDict({name: nn.Linear(2, 2) for name in ("last", "first", "middle", "unused", "side")}))
    x = given.tensor("x", 3, 2)
    h = torch.tanh(net["first"](x))
    twice = torch.stack([net["middle"](h), net[("last", "side")[given.whole(0, 2)]](h)]).sum(0) * net["first"](h)
    zero = torch.relu(net["side"].weight.square() * 0.0 - 1.0).sum() + h.detach().sum()
    return {
        "twice": sorted_names(parameters_in_graph(twice, net)),
        "zero": sorted_names(parameters_in_graph(zero, net)),
        "leaf": sorted_names(parameters_in_graph(x.clone().requires_grad_(), net)),
    }


@experiment(zh="名字按 named_parameters 的顺序排列，不管各层以什么顺序用到。")
def order_of_named_parameters(parameters_in_graph, given: Given):
    """The names are in named_parameters order, whatever the order in which the layers were used."""
    net = given.fill(nn.ModuleDict({name: nn.Linear(2, 2) for name in ("last", "first", "10", "middle", "9", "side")}))
    h = given.tensor("x", 3, 2)
    for number in given.rng.permutation(5)[: given.whole(3, 5)]:
        h = torch.tanh(net[("side", "first", "9", "last", "10")[number]](h))
    return {"names": listed_names(parameters_in_graph(h, net))}


@experiment(zh="两个层互相复制、数值完全相等，只有参与计算的那一个算数。")
def equal_values(parameters_in_graph, given: Given):
    """Of two layers that hold equal numbers, only the one that was used counts."""
    net = nn.ModuleDict({"left": given.mlp(2, 2), "right": given.mlp(2, 2), "head": given.mlp(2, 2)})
    net["right"].load_state_dict(net["left"].state_dict())
    net["head"].load_state_dict(net["left"].state_dict())
    layers = [("left", "head"), ("right", "head"), ("left", "right")][given.whole(0, 3)]
    h = given.tensor("x", 3, 2)
    for name in layers:
        h = net[name](h)
    return {"used": layers, "names": sorted_names(parameters_in_graph(h, net))}


@experiment(zh="不动任何 .grad：旧梯度原样保留，之后 backward() 仍然可用。")
def nothing_is_touched(parameters_in_graph, given: Given):
    """Old gradients stay, no new ones appear, and the graph still serves a backward() afterwards."""
    net = with_gradients(given, nn.Sequential(nn.Linear(3, 2), nn.Tanh(), nn.Linear(2, 2)))
    net[2].weight.grad = None
    net[2].bias.requires_grad_(False)
    x = given.tensor("x", given.whole(2, 5), 3, requires_grad=True)
    loss = net(x).square().sum()
    found = sorted_names(parameters_in_graph(loss, net))
    before = {name: None if p.grad is None else p.grad.clone() for name, p in [("x", x), *net.named_parameters()]}
    flags = {name: p.requires_grad for name, p in net.named_parameters()}
    return {
        "names": found,
        "gradients": before,
        "requires_grad": flags,
        **given.gradients(loss, x=x, weight=net[0].weight),
    }


@experiment(zh="冻结一层：它的参数不再需要梯度，旧梯度被丢掉；其余参数和它们的梯度不变。")
def one_layer(freeze_parameters, given: Given):
    """A frozen layer requires no grad and has lost its old gradients; the others are unchanged, and are returned."""
    net = nn.Sequential()
    for number in range(given.whole(3, 7)):
        net.add_module(f"fc{number}", nn.Linear(2, 2))
    with_gradients(given, net)
    held = dict(net.named_parameters())
    found = sorted_names(freeze_parameters(net, ["fc1"]))
    return {"names": found, **state(net), "same parameters": [net.get_parameter(name) is p for name, p in held.items()]}


@experiment(zh="'fc1' 只指 fc1 这一层，不包括 fc10、fc1_extra 这些开头相同的名字。")
def similar_names(freeze_parameters, given: Given):
    """'fc1' means the layer fc1 and not fc10 or fc1_extra, whose names begin alike."""
    net = nn.ModuleDict({name: nn.Linear(1, 2) for name in ("fc10", "fc1", "fc1_extra", "myfc1", "fc2", "fc21")})
    with_gradients(given, net)
    return {"names": sorted_names(freeze_parameters(net, ["fc1", "fc2"])), **state(net)}


@experiment(zh="前缀也可以是一个参数的全名，或者嵌套在里面的一层；重叠的前缀、空列表都可以，列表保持原样。")
def names_inside_of_names(freeze_parameters, given: Given):
    """A prefix may name one parameter or an inner layer; prefixes may overlap, and the list of them stays as it was."""
    stem, tail = nn.Sequential(nn.Linear(2, 1), nn.Linear(1, 2)), nn.ModuleDict({"stem": nn.Linear(1, 2)})
    net = nn.ModuleDict({"stem": stem, "tail": tail, "last": nn.Linear(2, 1), "stem_0": nn.Linear(2, 1)})
    net.register_parameter("weight", nn.Parameter(torch.zeros(3)))
    with_gradients(given, net)
    nothing = sorted_names(freeze_parameters(net, []))
    prefixes = ["last.bias", "weight", "stem", "stem.1"]
    found = sorted_names(freeze_parameters(net, prefixes))
    return {"nothing": nothing, "names": found, "prefixes": prefixes, **state(net)}


@experiment(zh="本来就冻结的参数仍然冻结，不出现在返回值里；再冻结一次不报错，它的梯度也被丢掉。")
def frozen_already(freeze_parameters, given: Given):
    """What was frozen already stays so and is not returned; to freeze it again is no error and drops its gradient."""
    net = with_gradients(given, nn.ModuleDict({name: nn.Linear(2, 1) for name in ("left", "right", "up", "down")}))
    net["left"].weight.requires_grad_(False)
    net["down"].requires_grad_(False)
    first = sorted_names(freeze_parameters(net, ["up"]))
    return {"first": first, "again": sorted_names(freeze_parameters(net, ["up", "down"])), **state(net)}


@experiment(zh="没有参数的层、半截名字、模式、空字符串都匹配不到参数：抛出 ValueError，什么都不改动。")
def prefixes_without_parameters(freeze_parameters, given: Given):
    """Layers without parameters, parts of names, patterns and '' match no parameter: ValueError, nothing changes."""
    net = nn.ModuleDict({"conv1": nn.Linear(2, 2), "act": nn.ReLU(), "body": nn.Sequential(nn.Linear(2, 1))})
    with_gradients(given, net)
    wrong = ("act", "con", "", "conv.", "0", "weight", "conv1.*")
    errors = {repr(prefix): given.error(lambda p=prefix: freeze_parameters(net, ["body", p])) for prefix in wrong}
    return {**errors, **state(net), "names": sorted_names(freeze_parameters(net, ["body"]))}


@experiment(zh="返回的名字按 named_parameters 的顺序排列。")
def rest_in_order(freeze_parameters, given: Given):
    """The names that are returned are in named_parameters order."""
    layers = ("stem", "body", "10", "9", "head", "aux", "zoom", "neck")
    net = given.fill(nn.ModuleDict({layers[number]: nn.Linear(2, 1) for number in given.rng.permutation(8)}))
    return {"names": listed_names(freeze_parameters(net, [layers[given.whole(0, 8)]]))}


@experiment(zh="前缀拼错时抛出 ValueError，并且什么都没有改动，排在它前面的正确前缀也不生效。")
def a_typo_changes_nothing(freeze_parameters, given: Given):
    """A misspelt prefix raises ValueError and changes nothing, not even what a right prefix before it names."""
    net = with_gradients(given, nn.ModuleDict({name: nn.Linear(2, 1) for name in ("conv", "middle", "head")}))
    return {
        "typo at the end": given.error(lambda: freeze_parameters(net, ["conv", "haed"])),
        "typo alone": given.error(lambda: freeze_parameters(net, ["convolution"])),
        "typo in front": given.error(lambda: freeze_parameters(net, ["midle", "conv"])),
        **{f"{what} after the typos": now for what, now in state(net).items()},
        "names": sorted_names(freeze_parameters(net, ["conv", "head"])),
    }


@experiment(zh="返回的是 s 对 h = f(x) 的梯度，形状与 h 相同，不再连着计算图；x 不需要梯度也可以。")
def inside_of_two_functions(intermediate_gradient, given: Given):
    """The gradient of s with respect to h = f(x) has h's shape and no graph; x need not require grad."""
    x, weight = given.tensor("x", 4, 3), given.tensor("weight", 3, 2)
    gradient = tried(
        lambda: intermediate_gradient(lambda x: torch.tanh(x @ weight), lambda h: (h**3).sum() + h.prod(), x)
    )
    return {"gradient": gradient, "kind": given.flags(gradient), "x.grad": x.grad}


@experiment(zh="x 需要梯度、还带着旧的 .grad 时，结果一样正确，x.grad 保持原样。")
def old_gradient_survives(intermediate_gradient, given: Given):
    """When x requires grad and has an old gradient the result is as right, and x.grad stays what it was."""
    x = given.tensor("x", 3, 2, requires_grad=True)
    x.grad = given.tensor("x.grad", 3, 2)
    gradient = tried(lambda: intermediate_gradient(lambda x: torch.sin(x) * 3, lambda h: (h.exp() * h).mean(), x))
    return {"gradient": gradient, "kind": given.flags(gradient), "x.grad": x.grad}


@experiment(zh="f 原样返回 x 时，x.grad 里的旧值不会混进结果；不需要梯度的 x 仍然不需要。")
def f_hands_x_back(intermediate_gradient, given: Given):
    """When f hands x itself back, an old x.grad stays out of the result, and a plain x still requires no grad."""
    x = given.tensor("x", 5, requires_grad=True)
    x.grad = given.tensor("x.grad", 5)
    gradient = tried(lambda: intermediate_gradient(lambda x: x, lambda h: (h**3).sum(), x))
    plain = tried(lambda: intermediate_gradient(lambda x: x, lambda h: h.square().sum(), given.tensor("plain x", 4)))
    return {"gradient": gradient, "kind": given.flags(gradient), "x.grad": x.grad, "of a plain x": plain}
