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


@experiment(zh="第一个名字属于 tensor.grad_fn，然后每次走向 next_functions[0][0]；默认返回三个名字。", node_names=True)
def first_names(inspect_grad_fn, given: Given):
    """The first name is that of tensor.grad_fn, each further one that of next_functions[0][0]; three by default."""
    x = given.tensor("x", 3, requires_grad=True)
    loss = drawn(given, F.mse_loss(drawn(given, x, 4, 8), given.tensor("target", 3)), 1, 3)
    return {"by default": names(inspect_grad_fn(loss)), "steps=5": names(inspect_grad_fn(loss, steps=5))}


@experiment(zh="走到没有后继的节点就停：在 linear 节点之后，它就是偏置的 AccumulateGrad。", node_names=True)
def ends_at_the_bias(inspect_grad_fn, given: Given):
    """The walk ends at a node without successor: behind a linear node, this is the AccumulateGrad of its bias."""
    net = given.mlp(3, 4, 2)
    loss = drawn(given, F.mse_loss(net(given.tensor("x", 2, 3)), given.tensor("target", 2, 2)), 1, 5)
    return {"steps=20": names(inspect_grad_fn(loss, 20))}


@experiment(zh="返回的名字最多 steps 个：steps=0 时一个也没有。", node_names=True)
def never_more_than_asked(inspect_grad_fn, given: Given):
    """The list has at most as many names as steps says: none for steps=0."""
    h = drawn(given, given.tensor("x", 3, requires_grad=True), 5, 9)
    return {f"steps={steps}": in_any_order(inspect_grad_fn(h, steps)) for steps in (0, 1, 2, 4)}


@experiment(zh="没有 grad_fn 时返回 []；第一个后继是 None 时就停下。", node_names=True)
def nothing_to_follow(inspect_grad_fn, given: Given):
    """Without grad_fn the list is empty, and the walk stops if the first successor is None."""
    data, weight = given.tensor("data", 3), given.tensor("weight", 3, requires_grad=True)
    product = data * drawn(given, weight, 4, 7)
    return {
        "leaf": in_any_order(inspect_grad_fn(weight)),
        "detached": in_any_order(inspect_grad_fn(product.detach())),
        "None comes first": in_any_order(inspect_grad_fn(drawn(given, product, 2, 6), steps=9)),
    }


@experiment(zh="查看之后什么都没变：没有出现梯度，backward() 仍然可用。", node_names=True)
def backward_still_works(inspect_grad_fn, given: Given):
    """Looking at the graph changes nothing: no gradient appears, and backward() still works."""
    weight = given.tensor("weight", 3, requires_grad=True)
    h = drawn(given, weight, 4, 7).sigmoid().exp()
    found = in_any_order(inspect_grad_fn(h))
    return {"names": found, "weight.grad before": weight.grad, **given.gradients(h, weight=weight)}


@experiment(
    zh="对 LeNet 式的网络，它是倒过来的链条：从 MSELoss 经过 linear、relu、view、maxpool 到第一个卷积。",
    node_names=True,
)
def lenet_backwards(backward_chain, given: Given):
    """For a net like LeNet, it is the chain backwards: from the loss through linear, relu, view, pool to conv."""
    image = given.tensor("image", 1, 1, 10, 10)
    first, second = (
        given.tensor("first", 2, 1, 3, 3, requires_grad=True),
        given.tensor("second", 2, 2, 3, 3, requires_grad=True),
    )
    h = F.max_pool2d(F.relu(F.conv2d(image, first, given.tensor("bias 1", 2, requires_grad=True))), 2)
    h = F.max_pool2d(F.relu(F.conv2d(h, second, given.tensor("bias 2", 2, requires_grad=True))), 2).flatten(1)
    output = given.mlp(2, *[3] * given.whole(3, 8), 2)(h)
    return {"chain": names(backward_chain(F.mse_loss(output, given.tensor("target", 1, 2))))}


@experiment(zh="每次遇到分叉都走最长的一支，无论它排在第几个、先算还是后算。", node_names=True)
def longer_branch(backward_chain, given: Given):
    """At each fork the longest branch is followed, wherever it stands and whenever it was computed."""
    x = given.tensor("x", 3, requires_grad=True)
    short = drawn(given, x, 1, 3, WAVES)
    long = drawn(given, x, 4, 7, CURVES)
    late = torch.exp(x)
    left, right = torch.stack([short, long, late]).sum(0), torch.stack([drawn(given, long, 1, 3), short, late]).sum(0)
    return {
        "middle": names(backward_chain(left)),
        "first": names(backward_chain(right)),
        "second": names(backward_chain(torch.mul(late, left))),
        "of both": names(backward_chain(torch.sub(drawn(given, left, 3, 5), right))),
    }


@experiment(zh="结果与自己运算 60 次、路径有 2 的 60 次方条时，也立刻得到答案。", node_names=True)
def sixty_doublings(backward_chain, given: Given):
    """If each of 60 results is used twice, there are 2 to the power of 60 paths, and the answer comes at once."""
    h = given.tensor("x", 2, requires_grad=True)
    for _ in range(60):
        h = h + h if given.whole(0, 2) else torch.maximum(h, h)
    return {"chain": path(backward_chain(h))}


@experiment(zh="几支一样长时走第一支，与名字和先后无关。", node_names=True)
def first_of_equal_branches(backward_chain, given: Given):
    """If several branches are equally long, the path follows the first, whatever their names or times of creation."""
    x, n = given.tensor("x", 3, requires_grad=True), given.whole(2, 5)
    one, two = drawn(given, x, n, n + 1), drawn(given, x, n, n + 1, CURVES)
    three = drawn(given, x, n, n + 1, (torch.exp,))
    return {
        "one, two": path(backward_chain(one * two)),
        "two, one": path(backward_chain(two * one)),
        "three, two, one": path(backward_chain(torch.stack([three, two, one]))),
        "x, one, three": path(backward_chain(torch.stack([x, one, three]))),
    }


@experiment(zh="别的路先到达过的节点，也要完整地量到底。", node_names=True)
def short_cuts(backward_chain, given: Given):
    """If a short cut reaches a node first, the node still has its full length on the long way."""
    x = given.tensor("x", 3, requires_grad=True)
    one = drawn(given, x, 2, 5)
    late = one * drawn(given, one, 3, 5, CURVES)
    return {"short cut": path(backward_chain(torch.stack([x, one, late, late.exp().exp()])))}


@experiment(zh="比的是路径的长度，不是节点的个数。", node_names=True)
def longest_path_not_most_nodes(backward_chain, given: Given):
    """Branches are compared by the length of their longest path, not by their number of nodes."""
    leaves = [given.tensor(f"leaf {i}", 3, requires_grad=True) for i in range(7)]
    wide = torch.stack([leaf.exp().log1p() for leaf in leaves]).sum(0)
    return {"wide or long": path(backward_chain(torch.stack([wide, drawn(given, leaves[0], 6, 10)])))}


@experiment(zh="最长的路可能经过权重，也可能排在空位 None 之后；没有计算图时返回 []。", node_names=True)
def weights_and_empty_places(backward_chain, given: Given):
    """The longest path may go through a weight or stand behind a None; without a graph the list is empty."""
    x, weight = given.tensor("x", 4, 3), given.tensor("weight", 2, 3, requires_grad=True)
    leaf = given.tensor("leaf", 3, requires_grad=True)
    return {
        "weight": path(backward_chain(F.linear(x, drawn(given, weight, 5, 9)))),
        "past None": path(backward_chain(x * drawn(given, leaf, 2, 5))),
        "leaf": path(backward_chain(leaf)),
    }


@experiment(zh="从 grad_fn 能到达的节点都数，包括每个参数的 AccumulateGrad；空位 None 不算节点。", node_names=True)
def whole_net(count_graph_nodes, given: Given):
    """All nodes count, the AccumulateGrad of each parameter too; a None in next_functions is no node."""
    output = given.mlp(3, *[4] * given.whole(1, 6), 2)(given.tensor("x", 2, 3))
    loss = F.mse_loss(output, given.tensor("target", 2, 2))
    return {"output": counts(count_graph_nodes(output)), "loss": counts(count_graph_nodes(loss))}


@experiment(zh="几条路都能到的节点只数一次；名字相同的不同节点要分别数。", node_names=True)
def shared_nodes_once(count_graph_nodes, given: Given):
    """A node that several paths reach counts once, and different nodes of one name count separately."""
    h = given.tensor("x", 2, requires_grad=True)
    for _ in range(given.whole(4, 9)):
        h = h.sin() + h.sin() * h
    return {"counts": operations(count_graph_nodes(h))}


@experiment(zh="一个节点有好几个输出时，从哪个输出走到它都是同一个节点。", node_names=True)
def several_outputs_of_one_node(count_graph_nodes, given: Given):
    """A node with several outputs is one node, from whichever output it is reached."""
    x = given.tensor("x", 4, 5, requires_grad=True)
    parts = drawn(given, x, 2, 6).split(1)
    return {"split": operations(count_graph_nodes(parts[0] * parts[1] + parts[2] * parts[3]))}


@experiment(zh="没有 grad_fn 时返回 {}。", node_names=True)
def leaves_have_no_nodes(count_graph_nodes, given: Given):
    """Without grad_fn the dict is empty."""
    x = given.tensor("x", 4, 5, requires_grad=True)
    h = drawn(given, x, 5, 9)
    return {
        "leaf": operations(count_graph_nodes(x)),
        "detached": operations(count_graph_nodes(h.detach())),
        "with a graph": operations(count_graph_nodes(h)),
    }


@experiment(zh="一个叶子无论用几次都只有一个 AccumulateGrad，每个叶子各有一个。", node_names=True)
def one_node_for_each_leaf(count_graph_nodes, given: Given):
    """A leaf has one AccumulateGrad however often it is used, and each leaf has its own."""
    leaves = [given.tensor(f"leaf {i}", 3, requires_grad=True) for i in range(given.whole(3, 7))]
    return {"counts": counts(count_graph_nodes(torch.stack([a * b for a in leaves for b in leaves])))}


@experiment(zh="循环 5000 次得到的长链也能数到底。", node_names=True)
def five_thousand_operations(count_graph_nodes, given: Given):
    """The chain that a loop of 5,000 operations makes is counted to its end."""
    h = given.tensor("x", requires_grad=True)
    sines = given.whole(1, 1000)
    for _ in range(sines):
        h = h.sin()
    for _ in range(5000 - sines):
        h = h.neg()
    return {"counts": operations(count_graph_nodes(h))}


@experiment(zh="只列出 tensor 依赖的参数；没用到的层、被冻结的参数和输入不列。")
def used_and_trainable(parameters_in_graph, given: Given):
    """The list has the parameters that tensor depends on, without unused layers, frozen ones and inputs."""
    net = given.fill(nn.Sequential(*[nn.Linear(2, 2) for _ in range(6)]))
    net[1].bias.requires_grad_(False)
    h = given.tensor("x", 4, 2, requires_grad=True)
    for layer in net[: given.whole(2, 6)]:
        h = torch.tanh(layer(h))
    return {"names": sorted_names(parameters_in_graph(h.sum(), net))}


@experiment(zh="一层用了几次，它的参数也只列一次；旁支上的参数也算。")
def every_use_counts_once(parameters_in_graph, given: Given):
    """If a layer is used several times or on a side branch, its parameters are listed once."""
    net = given.fill(nn.ModuleDict({name: nn.Linear(2, 2) for name in ("last", "first", "middle", "unused", "side")}))
    h = torch.tanh(net["first"](given.tensor("x", 3, 2)))
    twice = torch.stack([net["middle"](h), net[("last", "side")[given.whole(0, 2)]](h)]).sum(0) * net["first"](h)
    return {"names": sorted_names(parameters_in_graph(twice, net))}


@experiment(zh="梯度恰好为 0 的参数也算；没有计算图时返回 []。")
def zero_gradients_count(parameters_in_graph, given: Given):
    """A parameter whose gradient is exactly 0 is listed as well; without a graph the list is empty."""
    net = given.fill(nn.ModuleDict({name: nn.Linear(2, 2) for name in ("last", "first", "middle", "unused", "side")}))
    x = given.tensor("x", 3, 2)
    layer = net[("last", "middle", "side")[given.whole(0, 3)]]
    cut_off = torch.tanh(net["first"](x)).detach().sum()
    zero = torch.relu(layer.weight.square() * 0.0 - 1.0).sum() + cut_off
    return {
        "zero": sorted_names(parameters_in_graph(zero, net)),
        "leaf": sorted_names(parameters_in_graph(x.clone().requires_grad_(), net)),
    }


@experiment(zh="名字按 named_parameters 的顺序排列，与各层的使用顺序无关。")
def order_of_named_parameters(parameters_in_graph, given: Given):
    """The names are in the order of named_parameters, also if the layers were used in another order."""
    net = given.fill(nn.ModuleDict({name: nn.Linear(2, 2) for name in ("last", "first", "10", "middle", "9", "side")}))
    h = given.tensor("x", 3, 2)
    for number in given.rng.permutation(5)[: given.whole(3, 5)]:
        h = torch.tanh(net[("side", "first", "9", "last", "10")[number]](h))
    return {"names": listed_names(parameters_in_graph(h, net))}


@experiment(zh="几层的数值完全相等时，只列出参与计算的那几层的参数。")
def equal_values(parameters_in_graph, given: Given):
    """If layers hold equal numbers, only the parameters of those that were used are listed."""
    net = nn.ModuleDict({"left": given.mlp(2, 2), "right": given.mlp(2, 2), "head": given.mlp(2, 2)})
    net["right"].load_state_dict(net["left"].state_dict())
    net["head"].load_state_dict(net["left"].state_dict())
    layers = [("left", "head"), ("right", "head"), ("left", "right")][given.whole(0, 3)]
    h = given.tensor("x", 3, 2)
    for name in layers:
        h = net[name](h)
    return {"used": layers, "names": sorted_names(parameters_in_graph(h, net))}


@experiment(zh="调用之后什么都没变：旧梯度还在，没有新梯度，backward() 仍然可用。")
def nothing_is_touched(parameters_in_graph, given: Given):
    """The call changes nothing: old gradients stay, no new ones appear, and backward() still works."""
    net = with_gradients(given, nn.Sequential(nn.Linear(3, 2), nn.Tanh(), nn.Linear(2, 2)))
    net[2].weight.grad = None
    net[2].bias.requires_grad_(False)
    x = given.tensor("x", given.whole(2, 5), 3, requires_grad=True)
    loss = net(x).square().sum()
    found = sorted_names(parameters_in_graph(loss, net))
    before = {name: None if p.grad is None else p.grad.clone() for name, p in [("x", x), *net.named_parameters()]}
    return {
        "names": found,
        "gradients": before,
        "requires_grad": flags(net),
        **given.gradients(loss, x=x, weight=net[0].weight),
    }


@experiment(zh="冻结一层之后，它的参数不再需要梯度，其余的参数不变。")
def one_layer(freeze_parameters, given: Given):
    """The parameters of a frozen layer require no grad, and the others are unchanged."""
    net = nn.Sequential()
    for number in range(given.whole(3, 7)):
        net.add_module(f"fc{number}", nn.Linear(2, 2))
    held = dict(given.fill(net).named_parameters())
    freeze_parameters(net, ["fc1"])
    return {"requires_grad": flags(net), "same parameters": [net.get_parameter(name) is p for name, p in held.items()]}


@experiment(zh="被冻结的参数丢掉旧梯度（变成 None），其余参数的梯度保留。")
def old_gradients_are_dropped(freeze_parameters, given: Given):
    """Frozen parameters lose their old gradients (None), and the others keep theirs."""
    layers = ("left", "right", "up")
    net = with_gradients(given, nn.ModuleDict({name: nn.Linear(2, 1) for name in layers}))
    net["up"].requires_grad_(False)
    freeze_parameters(net, [layers[given.whole(0, 2)], "up"])
    return {"gradients": gradients(net)}


@experiment(zh="前缀 'fc1' 只指 fc1 这一层，不包括 fc10、fc1_extra 等开头相同的名字。")
def similar_names(freeze_parameters, given: Given):
    """The prefix 'fc1' means the layer fc1 and not fc10 or fc1_extra, whose names begin alike."""
    layers = ("fc10", "fc1", "fc1_extra", "myfc1", "fc2", "fc21", "fc3", "fc30")
    net = given.fill(nn.ModuleDict({name: nn.Linear(1, 2) for name in layers}))
    freeze_parameters(net, ["fc1", ("fc2", "fc3")[given.whole(0, 2)]])
    return {"requires_grad": flags(net)}


@experiment(zh="前缀可以是一个参数的全名，也可以是嵌套在里面的一层。")
def names_inside_of_names(freeze_parameters, given: Given):
    """A prefix may be the full name of one parameter, or a layer inside another."""
    stem, tail = nn.Sequential(nn.Linear(2, 1), nn.Linear(1, 2)), nn.ModuleDict({"stem": nn.Linear(1, 2)})
    net = nn.ModuleDict({"stem": stem, "tail": tail, "last": nn.Linear(2, 1), "stem_0": nn.Linear(2, 1)})
    net["stem_1"] = nn.Linear(2, 1)
    net.register_parameter("weight", nn.Parameter(torch.zeros(3)))
    freeze_parameters(given.fill(net), ["last.bias", "weight", ("stem.0", "stem.1")[given.whole(0, 2)]])
    return {"requires_grad": flags(net)}


@experiment(zh="前缀可以重叠，也可以一个都没有；传入的列表保持原样。")
def overlapping_and_empty_lists(freeze_parameters, given: Given):
    """Prefixes may overlap, the list may be empty, and it stays as it was."""
    net = nn.ModuleDict({"stem": nn.Sequential(nn.Linear(2, 1), nn.Linear(1, 2)), "head": nn.Linear(2, 1)})
    freeze_parameters(given.fill(net), [])
    before, prefixes = flags(net), ["stem", "stem.1", ("head.weight", "head.bias")[given.whole(0, 2)]]
    freeze_parameters(net, prefixes)
    return {"after []": before, "requires_grad": flags(net), "prefixes": prefixes}


@experiment(zh="本来就冻结的参数保持冻结；再冻结一次不报错。")
def frozen_already(freeze_parameters, given: Given):
    """Parameters that were frozen before stay so, and to freeze them again is no error."""
    layers = ("left", "right", "up", "down")
    net = given.fill(nn.ModuleDict({name: nn.Linear(2, 1) for name in layers}))
    net["left"].weight.requires_grad_(False)
    net["down"].requires_grad_(False)
    freeze_parameters(net, ["down", ("right", "up")[given.whole(0, 2)]])
    return {"requires_grad": flags(net)}


@experiment(zh="返回仍需梯度的参数名，早已冻结的不算。")
def names_of_the_rest(freeze_parameters, given: Given):
    """The names that still require grad are returned, without those frozen before."""
    layers = ("left", "right", "up", "back", "front", "top", "down")
    net = given.fill(nn.ModuleDict({name: nn.Linear(2, 1) for name in layers}))
    net["left"].weight.requires_grad_(False)
    net["down"].requires_grad_(False)
    return {"names": sorted_names(freeze_parameters(net, [layers[given.whole(1, 6)]]))}


@experiment(zh="返回的名字按 named_parameters 的顺序排列。")
def rest_in_order(freeze_parameters, given: Given):
    """The names that are returned are in named_parameters order."""
    layers = ("stem", "body", "10", "9", "head", "aux", "zoom", "neck")
    net = given.fill(nn.ModuleDict({layers[number]: nn.Linear(2, 1) for number in given.rng.permutation(8)}))
    return {"names": listed_names(freeze_parameters(net, [layers[given.whole(0, 8)]]))}


@experiment(zh="没有参数的层、名字的一部分、通配模式和空字符串都匹配不到参数，抛出 ValueError。")
def prefixes_without_parameters(freeze_parameters, given: Given):
    """Layers without parameters, parts of names, patterns and '' match no parameter: ValueError is raised."""
    net = nn.ModuleDict({"conv1": nn.Linear(2, 2), "act": nn.ReLU(), "body": nn.Sequential(nn.Linear(2, 1))})
    given.fill(net)
    wrong = ("act", "con", "", "conv.", "0", "weight", "conv1.*")
    errors = {repr(prefix): given.error(lambda p=prefix: freeze_parameters(net, ["body", p])) for prefix in wrong}
    other = given.fill(nn.Sequential(*[nn.Linear(2, 1) for _ in range(9)]))
    freeze_parameters(other, [str(given.whole(0, 9))])
    return {**errors, "requires_grad of a right call": flags(other)}


@experiment(zh="有一个前缀拼错时抛出 ValueError，任何参数都不改动，包括排在它前面的前缀所指的参数。")
def a_typo_changes_nothing(freeze_parameters, given: Given):
    """If a prefix is misspelt, ValueError is raised and nothing is changed, not even for the prefixes before it."""
    net = with_gradients(given, nn.ModuleDict({name: nn.Linear(2, 1) for name in ("conv", "middle", "head")}))
    errors = {
        "typo at the end": given.error(lambda: freeze_parameters(net, ["conv", "haed"])),
        "typo alone": given.error(lambda: freeze_parameters(net, ["convolution"])),
        "typo in front": given.error(lambda: freeze_parameters(net, ["midle", "conv"])),
    }
    after = {"requires_grad": flags(net), "gradients": gradients(net)}
    freeze_parameters(net, ["conv", ("middle", "head")[given.whole(0, 2)]])
    return {**errors, **after, "requires_grad of a right call": flags(net)}


@experiment(zh="x 不需要梯度时，也返回 s 对 h = f(x) 的梯度：形状与 h 相同，不连着计算图。")
def inside_of_two_functions(intermediate_gradient, given: Given):
    """If x requires no grad, ds/dh is returned all the same, in the shape of h = f(x) and without a graph."""
    x, weight = given.tensor("x", 4, 3), given.tensor("weight", 3, 2)
    gradient = tried(
        lambda: intermediate_gradient(lambda x: torch.tanh(x @ weight), lambda h: (h**3).sum() + h.prod(), x)
    )
    return {"gradient": gradient, "kind": given.flags(gradient), "x.grad": x.grad}


@experiment(zh="x 需要梯度、还带着旧的 .grad 时，结果同样正确，x.grad 保持原样。")
def old_gradient_survives(intermediate_gradient, given: Given):
    """If x requires grad and has an old gradient, the result is right as well, and x.grad stays as it was."""
    x = given.tensor("x", 3, 2, requires_grad=True)
    x.grad = given.tensor("x.grad", 3, 2)
    gradient = tried(lambda: intermediate_gradient(lambda x: torch.sin(x) * 3, lambda h: (h.exp() * h).mean(), x))
    return {"gradient": gradient, "kind": given.flags(gradient), "x.grad": x.grad}


@experiment(zh="f 原样返回 x 时，x.grad 里的旧值不会混进结果；不需要梯度的 x 仍然不需要。")
def f_hands_x_back(intermediate_gradient, given: Given):
    """If f returns x itself, an old x.grad stays out of the result, and a plain x still requires no grad."""
    x = given.tensor("x", 5, requires_grad=True)
    x.grad = given.tensor("x.grad", 5)
    gradient = tried(lambda: intermediate_gradient(lambda x: x, lambda h: (h**3).sum(), x))
    plain = tried(lambda: intermediate_gradient(lambda x: x, lambda h: h.square().sum(), given.tensor("plain x", 4)))
    return {"gradient": gradient, "kind": given.flags(gradient), "x.grad": x.grad, "of a plain x": plain}
