"""Exercise 3: reading the backward graph (读懂反向图).

Every operation on a tensor that requires grad leaves a node behind; loss.grad_fn is where backward() starts.
对需要梯度的张量做的每次运算都会留下一个节点；loss.grad_fn 就是 backward() 的起点。
"""

from collections.abc import Callable

from torch import Tensor, nn


def inspect_grad_fn(tensor: Tensor, steps: int = 3) -> list[str]:
    """Name the first nodes of the backward graph: tensor.grad_fn, then next_functions[0][0] again and again.

    写出反向图最前面几个节点的名字：从 tensor.grad_fn 开始，一次次走向 next_functions[0][0]。

    tensor: any tensor, with or without a graph                          (任意张量，可以没有计算图)
    steps: at most so many names                                         (最多返回这么多个名字)
    Returns class names such as 'MseLossBackward0'; fewer when None or a node without next_functions comes first,
    [] without grad_fn.                       (返回类名；提前遇到 None 或没有后继的节点就停止；没有 grad_fn 时返回 [])
    """
    raise NotImplementedError("inspect_grad_fn")


def backward_chain(tensor: Tensor) -> list[str]:
    """Name the nodes along the longest path from tensor.grad_fn to a leaf: the picture of the net, backwards.

    写出从 tensor.grad_fn 到叶子的最长路径上的节点名：把网络的链条图倒过来读。

    tensor: any tensor, with or without a graph                          (任意张量，可以没有计算图)
    At each node the longest branch is followed, the first one on ties.  (每一步走最长的分支，并列时取第一个)
    Returns class names without AccumulateGrad; [] without grad_fn.      (返回类名，不含 AccumulateGrad；没有图时为 [])
    Stays fast when nodes are shared by many paths.                      (节点被许多路径共享时也很快)
    """
    raise NotImplementedError("backward_chain")


def count_graph_nodes(tensor: Tensor) -> dict[str, int]:
    """Count the distinct backward nodes that can be reached from tensor.grad_fn, kind by kind.

    按种类统计从 tensor.grad_fn 可以到达的不同反向节点的个数。

    tensor: any tensor, with or without a graph                          (任意张量，可以没有计算图)
    Returns {class name: number}, AccumulateGrad included; a node that several paths reach counts once; {} without
    grad_fn.         (返回 {类名: 个数}，包含 AccumulateGrad；几条路都能到的节点只数一次；没有 grad_fn 时返回 {})
    Handles the chain of a loop of 5,000 operations.                     (能处理循环 5000 次得到的长链)
    """
    raise NotImplementedError("count_graph_nodes")


def parameters_in_graph(tensor: Tensor, module: nn.Module) -> list[str]:
    """Name the parameters of module that tensor depends on, without calling backward.

    不调用 backward，写出 tensor 所依赖的 module 参数名。

    tensor: any tensor but a parameter, with or without a graph          (任意张量（参数本身除外），可以没有计算图)
    module: its parameters are found by identity, through AccumulateGrad.variable
                                                       (通过 AccumulateGrad.variable 按对象身份寻找它的参数)
    Returns names in named_parameters order; [] without a graph.         (按 named_parameters 的顺序；没有图时为 [])
    Leaves every .grad as it was and the graph fit for backward.         (不动任何 .grad，计算图仍可用于 backward)
    """
    raise NotImplementedError("parameters_in_graph")


def freeze_parameters(net: nn.Module, prefixes: list[str]) -> list[str]:
    """Stop training the parameters that the prefixes name, and tell which ones are still trained.

    冻结前缀所指的参数，并返回仍需训练的参数名。

    prefixes: a parameter is meant when its name equals a prefix or starts with prefix + '.'
                                                                         (名字等于前缀，或以 “前缀.” 开头)
    A frozen parameter has requires_grad False and .grad None.           (冻结：requires_grad 为 False，.grad 为 None)
    Returns the names that still require grad, in named_parameters order.
                                                       (按 named_parameters 的顺序返回仍需梯度的参数名)
    Raises ValueError, before anything is changed, when a prefix matches no parameter.
                                                     (某个前缀匹配不到参数时抛出 ValueError，此时不得改动任何参数)
    """
    raise NotImplementedError("freeze_parameters")


def intermediate_gradient(f: Callable[[Tensor], Tensor], g: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Return ds/dh for h = f(x) and the scalar s = g(h).

    设 h = f(x)，标量 s = g(h)，返回 ds/dh。

    f, g: functions on tensors; f may hand x itself back                 (张量函数；f 可能原样返回 x)
    x: may require grad or not, and may have an old .grad                (可以需要梯度也可以不需要，可能带着旧的 .grad)
    Returns a plain tensor of h's shape, without a graph.                (返回与 h 同形状、没有计算图的张量)
    Leaves x.requires_grad and x.grad as they were.                      (x.requires_grad 与 x.grad 保持原样)
    """
    raise NotImplementedError("intermediate_gradient")
