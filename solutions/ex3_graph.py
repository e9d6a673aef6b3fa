"""Exercise 3: reading the backward graph.

Every operation on a tensor that requires grad leaves a node behind;
loss.grad_fn is where backward() starts.

Your code is graded without access to files or to the network.

Background: the PyTorch tutorial "Neural Networks",
https://docs.pytorch.org/tutorials/beginner/blitz/neural_networks_tutorial.html

中文 (zh)
---------
练习 3：读懂反向图。

对需要梯度的张量做的每次运算都会留下一个节点；loss.grad_fn 就是 backward()
的起点。

评分时，你的代码不能访问文件和网络。

背景知识见 PyTorch 教程“Neural Networks”：
https://docs.pytorch.org/tutorials/beginner/blitz/neural_networks_tutorial.html
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

### BEGIN SOLUTION
# isort: split
from collections import Counter
from collections.abc import Iterator
from functools import cache

from torch.autograd.graph import Node


def children(node: Node) -> list[Node]:
    """Return the nodes that a node passes gradients to, without None (an input that needs no gradient)."""
    return [child for child, _ in node.next_functions if child is not None]


def all_nodes(tensor: Tensor) -> Iterator[Node]:
    """Yield every node of a tensor's graph once, without recursion, for which graphs of long loops are too deep."""
    todo, seen = [tensor.grad_fn], set()
    while todo:
        node = todo.pop()
        if node is not None and node not in seen:
            seen.add(node)
            yield node
            todo += children(node)


### END SOLUTION


def inspect_grad_fn(tensor: Tensor, steps: int = 3) -> list[str]:
    """Name the first nodes of the backward graph.

    The first node is tensor.grad_fn; the next one is always
    next_functions[0][0].

    Args:
        tensor: any tensor, with or without a graph
        steps: the maximum number of names

    Returns:
        A list of class names such as 'MseLossBackward0'. It has fewer than
        steps names if the walk reaches None or a node without next_functions;
        it is [] if tensor has no grad_fn.

    Example:
        >>> w = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> inspect_grad_fn((w * w).sum())
        ['SumBackward0', 'MulBackward0', 'AccumulateGrad']
        >>> inspect_grad_fn(w)
        []

    中文 (zh)
    ---------
    写出反向图最前面几个节点的名字。

    从 tensor.grad_fn 开始，一次次走向 next_functions[0][0]。

    参数：
        tensor：任意张量，可以没有计算图
        steps：最多返回这么多个名字

    返回：
        类名的列表，例如 'MseLossBackward0'；提前遇到 None 或没有
        next_functions 的节点时列表较短；没有 grad_fn 时为 []。

    示例：
        >>> w = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> inspect_grad_fn((w * w).sum())
        ['SumBackward0', 'MulBackward0', 'AccumulateGrad']
        >>> inspect_grad_fn(w)
        []
    """
    ### BEGIN SOLUTION
    names: list[str] = []
    node = tensor.grad_fn
    while node is not None and len(names) < steps:
        names.append(type(node).__name__)
        node = node.next_functions[0][0] if node.next_functions else None
    return names
    ### END SOLUTION


def backward_chain(tensor: Tensor) -> list[str]:
    """Name the nodes along the longest path from tensor.grad_fn to a leaf.

    This is the chain of the net, read backwards. At each node, follow the
    longest branch; if several are equally long, the first of them. The function
    stays fast when many paths share nodes.

    Args:
        tensor: any tensor, with or without a graph

    Returns:
        A list of class names without AccumulateGrad; [] if tensor has no
        grad_fn.

    Example:
        >>> w = torch.tensor(2.0, requires_grad=True)
        >>> backward_chain(w * (w + 1).exp())
        ['MulBackward0', 'ExpBackward0', 'AddBackward0']

    中文 (zh)
    ---------
    写出从 tensor.grad_fn 到叶子的最长路径上的节点名。

    这就是把网络的链条图倒过来读。每一步走最长的分支，并列时取第一个。
    节点被许多路径共享时也必须很快。

    参数：
        tensor：任意张量，可以没有计算图

    返回：
        类名的列表，不含 AccumulateGrad；没有 grad_fn 时为 []。

    示例：
        >>> w = torch.tensor(2.0, requires_grad=True)
        >>> backward_chain(w * (w + 1).exp())
        ['MulBackward0', 'ExpBackward0', 'AddBackward0']
    """

    ### BEGIN SOLUTION
    @cache  # each node is measured once, however many paths lead to it
    def length(node: Node) -> int:
        return 1 + max(map(length, children(node)), default=0)

    names: list[str] = []
    node = tensor.grad_fn
    while node is not None:
        names.append(type(node).__name__)
        node = max(children(node), key=length, default=None)
    return [name for name in names if name != "AccumulateGrad"]
    ### END SOLUTION


def count_graph_nodes(tensor: Tensor) -> dict[str, int]:
    """Count the distinct backward nodes reachable from tensor.grad_fn, by kind.

    A node that several paths reach counts once. The function also works for
    the long chain that a loop of 5,000 operations makes.

    Args:
        tensor: any tensor, with or without a graph

    Returns:
        A dict {class name: number}, AccumulateGrad included; {} if tensor has
        no grad_fn.

    Example:
        >>> w = torch.tensor(3.0, requires_grad=True)
        >>> double = w * 2
        >>> count_graph_nodes(double * double)
        {'MulBackward0': 2, 'AccumulateGrad': 1}

    中文 (zh)
    ---------
    按种类统计从 tensor.grad_fn 可以到达的不同反向节点的个数。

    几条路都能到的节点只数一次。要能处理循环 5000 次运算得到的长链。

    参数：
        tensor：任意张量，可以没有计算图

    返回：
        字典 {类名: 个数}，包含 AccumulateGrad；没有 grad_fn 时为 {}。

    示例：
        >>> w = torch.tensor(3.0, requires_grad=True)
        >>> double = w * 2
        >>> count_graph_nodes(double * double)
        {'MulBackward0': 2, 'AccumulateGrad': 1}
    """
    ### BEGIN SOLUTION
    return dict(Counter(type(node).__name__ for node in all_nodes(tensor)))
    ### END SOLUTION


def parameters_in_graph(tensor: Tensor, module: nn.Module) -> list[str]:
    """Name the parameters of module that tensor depends on.

    Do not call backward(): find the parameters by identity, through
    AccumulateGrad.variable. Every .grad stays unchanged, and backward() still
    works on the graph afterwards.

    Args:
        tensor: any tensor except a parameter, with or without a graph
        module: the module whose parameters are searched for

    Returns:
        A list of names in named_parameters order; [] if tensor has no graph.

    Example:
        >>> net = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
        >>> parameters_in_graph(net[0](torch.ones(1, 2)), net)
        ['0.weight', '0.bias']

    中文 (zh)
    ---------
    写出 tensor 所依赖的 module 参数名。

    不调用 backward，而是通过 AccumulateGrad.variable 按对象身份寻找参数。
    不动任何 .grad，计算图仍可用于 backward。

    参数：
        tensor：任意张量（参数本身除外），可以没有计算图
        module：这些参数所属的模块

    返回：
        参数名的列表，按 named_parameters 的顺序；没有计算图时为 []。

    示例：
        >>> net = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
        >>> parameters_in_graph(net[0](torch.ones(1, 2)), net)
        ['0.weight', '0.bias']
    """
    ### BEGIN SOLUTION
    leaves = {id(node.variable) for node in all_nodes(tensor) if hasattr(node, "variable")}
    return [name for name, p in module.named_parameters() if id(p) in leaves]
    ### END SOLUTION


def freeze_parameters(net: nn.Module, prefixes: list[str]) -> list[str]:
    """Freeze parameters by name; return the names of the trainable parameters.

    A frozen parameter has requires_grad False and .grad None.

    Args:
        net: the net whose parameters are frozen
        prefixes: a parameter is frozen if its name equals a prefix or starts
            with prefix + '.'

    Returns:
        A list of the names that still require grad, in named_parameters order.

    Raises:
        ValueError: if a prefix matches no parameter; then nothing is changed

    Example:
        >>> net = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
        >>> freeze_parameters(net, ["0"])
        ['1.weight', '1.bias']
        >>> net[0].weight.requires_grad
        False

    中文 (zh)
    ---------
    按名字冻结参数，并返回仍需训练的参数名。

    冻结的参数 requires_grad 为 False，.grad 为 None。

    参数：
        net：要冻结其参数的网络
        prefixes：名字等于某个前缀、或以“前缀.”开头的参数要冻结

    返回：
        仍需梯度的参数名的列表，按 named_parameters 的顺序。

    抛出：
        ValueError：某个前缀匹配不到参数；此时不得改动任何参数

    示例：
        >>> net = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
        >>> freeze_parameters(net, ["0"])
        ['1.weight', '1.bias']
        >>> net[0].weight.requires_grad
        False
    """

    ### BEGIN SOLUTION
    def meant(name: str, prefix: str) -> bool:
        return name == prefix or name.startswith(prefix + ".")

    named = dict(net.named_parameters())
    for prefix in prefixes:
        if not any(meant(name, prefix) for name in named):
            raise ValueError(f"{prefix!r} matches no parameter")
    for name, p in named.items():
        if any(meant(name, prefix) for prefix in prefixes):
            p.requires_grad_(False)
            p.grad = None
    return [name for name, p in named.items() if p.requires_grad]
    ### END SOLUTION


def intermediate_gradient(f: Callable[[Tensor], Tensor], g: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Return ds/dh for h = f(x) and the scalar s = g(h).

    x.requires_grad and x.grad stay as they were.

    Args:
        f: a function on tensors; it may return x itself
        g: a function that turns h into a scalar
        x: may require grad or not, and may have an old .grad

    Returns:
        A plain tensor of the shape of h, without a graph.

    Example:
        >>> x = torch.tensor([1.0, 2.0])
        >>> intermediate_gradient(lambda x: 3 * x, lambda h: (h * h).sum(), x)
        tensor([ 6., 12.])

    中文 (zh)
    ---------
    设 h = f(x)，标量 s = g(h)，返回 ds/dh。

    x.requires_grad 与 x.grad 保持原样。

    参数：
        f：张量函数；可能原样返回 x
        g：把 h 变成标量的函数
        x：可以需要梯度也可以不需要，可能带着旧的 .grad

    返回：
        与 h 同形状、没有计算图的普通张量。

    示例：
        >>> x = torch.tensor([1.0, 2.0])
        >>> intermediate_gradient(lambda x: 3 * x, lambda h: (h * h).sum(), x)
        tensor([ 6., 12.])
    """
    ### BEGIN SOLUTION
    h = f(x).detach().requires_grad_()
    return torch.autograd.grad(g(h), h)[0]
    ### END SOLUTION
