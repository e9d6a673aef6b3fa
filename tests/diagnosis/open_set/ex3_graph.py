from collections import Counter, deque
from collections.abc import Callable

import torch
from torch import Tensor, nn


# kind: single
# belief: The learner believes node.name() is the class name, overlooking that for AccumulateGrad it gives the qualified C++ name.
# edit: `node.name()` is wrong; it should be type(node).__name__.
def inspect_grad_fn__A_node_name_method(tensor: Tensor, steps: int = 3) -> list[str]:
    names = []
    node = tensor.grad_fn
    while node is not None and len(names) < steps:
        names.append(node.name())
        node = node.next_functions[0][0] if node.next_functions else None
    return names


# kind: single
# belief: The learner thinks every path ends in None and overlooks that AccumulateGrad has an empty next_functions, so going on from it raises IndexError.
# edit: `node = node.next_functions[0][0]` is wrong without a check that next_functions is not empty; the loop should stop there.
def inspect_grad_fn__A_walks_past_leaf(tensor: Tensor, steps: int = 3) -> list[str]:
    result = []
    node = tensor.grad_fn
    for i in range(steps):
        if i > 0:
            node = node.next_functions[0][0]
        if node is None:
            break
        result.append(node.__class__.__name__)
    return result


# kind: pair
# belief: The learner miscounts and lets one name too many through. | The learner takes the last input of a node for the next one, although it is always the first.
# edit: `len(names) <= steps` is wrong; it should be len(names) < steps. | `node.next_functions[-1][0]` is wrong; it should be node.next_functions[0][0].
def inspect_grad_fn__A_one_more_last_input(tensor: Tensor, steps: int = 3) -> list[str]:
    names: list[str] = []
    node = tensor.grad_fn
    while node and len(names) <= steps:
        names.append(type(node).__name__)
        if len(node.next_functions) == 0:
            break
        node = node.next_functions[-1][0]
    return names


# kind: single
# belief: The learner overlooks that on ties the first branch is to be followed, and lets a later branch of the same length win.
# edit: `if length[child] >= best` is wrong; it should be a strict >.
def backward_chain__A_last_on_ties(tensor: Tensor) -> list[str]:
    root = tensor.grad_fn
    if root is None:
        return []

    def children_of(node):
        return [c for c, _ in node.next_functions if c is not None and type(c).__name__ != "AccumulateGrad"]

    length, follow = {}, {}
    stack = [root]
    while stack:
        node = stack[-1]
        if node in length:
            stack.pop()
            continue
        children = children_of(node)
        missing = [c for c in children if c not in length]
        if missing:
            stack.extend(missing)
            continue
        best, best_child = 0, None
        for child in children:
            if length[child] >= best:
                best, best_child = length[child], child
        length[node] = best + 1
        follow[node] = best_child
        stack.pop()

    names = []
    node = root
    while node is not None:
        names.append(type(node).__name__)
        node = follow[node]
    return names


# kind: single
# belief: The learner believes plain recursion is good enough and overlooks that a shared node is walked again for each path, which takes exponential time.
# edit: `longest(child)` is wrong without remembering results; the best path (or its length) of each node should be kept in a dict.
def backward_chain__A_no_memo(tensor: Tensor) -> list[str]:
    def longest(node):
        best = []
        for child, _ in node.next_functions:
            if child is None or type(child).__name__ == "AccumulateGrad":
                continue
            path = longest(child)
            if len(path) > len(best):
                best = path
        return [type(node).__name__] + best

    if tensor.grad_fn is None:
        return []
    return longest(tensor.grad_fn)


# kind: single
# belief: The learner thinks it is enough to go on with the first input that is an operation, overlooking that a later input may have the longer path.
# edit: `node = inner[0]` is wrong; the child with the longest path below it should be followed.
def backward_chain__A_greedy_first_operation(tensor: Tensor) -> list[str]:
    chain = []
    node = tensor.grad_fn
    while node is not None:
        chain.append(type(node).__name__)
        inner = [
            fn for fn, _ in node.next_functions
            if fn is not None and type(fn).__name__ != "AccumulateGrad"
        ]
        node = inner[0] if inner else None
    return chain


# kind: pair
# belief: The learner counts the AccumulateGrad of the leaf as a part of the chain. | The learner overlooks that a tensor without a graph has grad_fn None.
# edit: The final list comprehension is wrong; it should leave out the names equal to 'AccumulateGrad'. | A line `if tensor.grad_fn is None: return []` is missing at the start.
def backward_chain__A_keeps_leaf_no_guard(tensor: Tensor) -> list[str]:
    # depth first, children before parents
    order, seen, todo = [], set(), [(tensor.grad_fn, False)]
    while todo:
        node, ready = todo.pop()
        if ready:
            order.append(node)
            continue
        if node in seen:
            continue
        seen.add(node)
        todo.append((node, True))
        for nxt, _ in node.next_functions:
            if nxt is not None and nxt not in seen:
                todo.append((nxt, False))

    depth = {}
    for node in order:
        depth[node] = 1 + max((depth[n] for n, _ in node.next_functions if n is not None), default=0)

    path = [tensor.grad_fn]
    while True:
        candidates = [n for n, _ in path[-1].next_functions if n is not None]
        if not candidates:
            break
        path.append(max(candidates, key=lambda n: depth[n]))
    return [type(n).__name__ for n in path]


# kind: single
# belief: The learner believes recursion can follow any graph, overlooking Python's recursion limit on a chain of 5,000 operations.
# edit: The recursive call `visit(child)` is wrong; an explicit stack or queue should be used.
def count_graph_nodes__A_recursive_visit(tensor: Tensor) -> dict[str, int]:
    counts = {}
    seen = set()

    def visit(node):
        if node is None or node in seen:
            return
        seen.add(node)
        kind = type(node).__name__
        counts[kind] = counts.get(kind, 0) + 1
        for child, _ in node.next_functions:
            visit(child)

    visit(tensor.grad_fn)
    return counts


# kind: single
# belief: The learner takes id(node) for a lasting mark of a node, overlooking that the Python wrapper dies when nobody holds it and its id is used again for another node.
# edit: `seen.add(id(node))` is wrong; the nodes themselves should be kept in the set, which also keeps them alive.
def count_graph_nodes__A_seen_by_id(tensor: Tensor) -> dict[str, int]:
    result: dict[str, int] = {}
    seen: set[int] = set()
    stack = [tensor.grad_fn]
    while stack:
        node = stack.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        name = type(node).__name__
        result[name] = result.get(name, 0) + 1
        for next_node, _index in node.next_functions:
            stack.append(next_node)
    return result


# kind: pair
# belief: The learner counts a node each time a path reaches it and asks only afterwards whether it was seen. | The learner thinks AccumulateGrad is no real operation and must not be counted.
# edit: `counter[name] += 1` stands before the check for visited; it should come after it. | The condition `name != "AccumulateGrad"` is wrong; AccumulateGrad should be counted like the others.
def count_graph_nodes__A_counts_paths_skips_leaves(tensor: Tensor) -> dict[str, int]:
    counter = Counter()
    visited = set()
    queue = deque()
    if tensor.grad_fn is not None:
        queue.append(tensor.grad_fn)
    while queue:
        node = queue.popleft()
        name = type(node).__name__
        if name != "AccumulateGrad":
            counter[name] += 1
        if node in visited:
            continue
        visited.add(node)
        queue.extend(fn for fn, _ in node.next_functions if fn is not None)
    return dict(counter)


# kind: single
# belief: The learner compares parameters by their values, overlooking that two different parameters may hold equal numbers (such as two zero biases).
# edit: `torch.equal(p, v)` is wrong; the comparison should be by identity, p is v.
def parameters_in_graph__A_compare_by_value(tensor: Tensor, module: nn.Module) -> list[str]:
    seen, leaves = set(), []
    stack = [tensor.grad_fn]
    while stack:
        node = stack.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            leaves.append(node.variable)
        stack.extend(n for n, _ in node.next_functions)
    return [name for name, p in module.named_parameters() if any(torch.equal(p, v) for v in leaves)]


# kind: single
# belief: The learner thinks the names may come in the order in which the walk finds them, overlooking that named_parameters order is asked for.
# edit: Appending to `found` during the walk is wrong; collect the ids and return [n for n, p in module.named_parameters() if id(p) in ids].
def parameters_in_graph__A_order_of_discovery(tensor: Tensor, module: nn.Module) -> list[str]:
    name_of = {id(p): name for name, p in module.named_parameters()}
    found = []
    visited = set()
    queue = deque([tensor.grad_fn])
    while queue:
        node = queue.popleft()
        if node is None or node in visited:
            continue
        visited.add(node)
        if type(node).__name__ == "AccumulateGrad":
            name = name_of.get(id(node.variable))
            if name is not None:
                found.append(name)
        for fn, _ in node.next_functions:
            queue.append(fn)
    return found


# kind: pair
# belief: The learner runs backward to see which parameters get a gradient and thinks that setting .grad to None tidies up, overlooking the gradients that were there before. | The learner believes a gradient of nothing but zeros means that the tensor does not depend on the parameter.
# edit: The backward call with the `p.grad = None` loops is wrong; the graph should be walked through grad_fn and AccumulateGrad.variable. | `p.grad.any()` is wrong as a condition; it is enough that the parameter is reached (p.grad is not None).
def parameters_in_graph__A_backward_nonzero(tensor: Tensor, module: nn.Module) -> list[str]:
    if not tensor.requires_grad:
        return []
    for p in module.parameters():
        p.grad = None
    tensor.sum().backward(retain_graph=True)
    names = []
    for name, p in module.named_parameters():
        if p.grad is not None and p.grad.any():
            names.append(name)
    for p in module.parameters():
        p.grad = None
    return names


# kind: single
# belief: The learner thinks startswith(prefix) is the matching rule, overlooking that the prefix '1' then catches '10.weight' too.
# edit: `name.startswith(prefix)` in matches is wrong; it should be name == prefix or name.startswith(prefix + ".").
def freeze_parameters__A_bare_startswith(net: nn.Module, prefixes: list[str]) -> list[str]:
    def matches(name, prefix):
        return name.startswith(prefix)

    named = list(net.named_parameters())
    for prefix in prefixes:
        if not any(matches(name, prefix) for name, _ in named):
            raise ValueError(f"no parameter matches {prefix!r}")
    for name, p in named:
        if any(matches(name, prefix) for prefix in prefixes):
            p.requires_grad_(False)
            p.grad = None
    return [name for name, p in named if p.requires_grad]


# kind: single
# belief: The learner checks each prefix while freezing, overlooking that the parameters of earlier prefixes are changed already when a later one raises.
# edit: `raise ValueError` inside the freezing loop comes too late; all prefixes should be checked before anything is changed.
def freeze_parameters__A_raise_halfway(net: nn.Module, prefixes: list[str]) -> list[str]:
    for prefix in prefixes:
        hits = 0
        for name, param in net.named_parameters():
            if name == prefix or name.startswith(prefix + "."):
                param.requires_grad = False
                param.grad = None
                hits += 1
        if hits == 0:
            raise ValueError("prefix matches nothing: " + prefix)
    return [name for name, param in net.named_parameters() if param.requires_grad]


# kind: pair
# belief: The learner thinks requires_grad False is all of freezing and overlooks the old gradient that stays in .grad. | The learner returns all names that the prefixes do not match, overlooking those that were frozen before the call.
# edit: A line `param.grad = None` is missing beside requires_grad_(False). | The return is wrong; it should list the names whose parameter has requires_grad True.
def freeze_parameters__A_stale_grad_unmatched_names(net: nn.Module, prefixes: list[str]) -> list[str]:
    params = dict(net.named_parameters())
    frozen = set()
    for prefix in prefixes:
        group = {n for n in params if n == prefix or n.startswith(f"{prefix}.")}
        if not group:
            raise ValueError(f"{prefix} is not a parameter or module with parameters")
        frozen |= group
    for n in frozen:
        params[n].requires_grad_(False)
    return [n for n in params if n not in frozen]


# kind: single
# belief: The learner switches requires_grad on at h itself, overlooking that h is x when f hands x back.
# edit: `h.requires_grad_(True)` is wrong on the tensor that f returned; it should be h = f(x).detach().requires_grad_(True).
def intermediate_gradient__A_flag_on_shared_h(
    f: Callable[[Tensor], Tensor], g: Callable[[Tensor], Tensor], x: Tensor
) -> Tensor:
    h = f(x)
    if not h.requires_grad:
        h.requires_grad_(True)
    s = g(h)
    (grad,) = torch.autograd.grad(s, h)
    return grad.detach()


# kind: single
# belief: The learner believes retain_grad makes backward() stop at h, overlooking that it goes on to x and adds to x.grad.
# edit: `x_in = x if x.requires_grad else ...` with backward() is wrong; f should be given x.detach() (a fresh leaf), or torch.autograd.grad(s, h) be used on a detached h.
def intermediate_gradient__A_backward_through_x(
    f: Callable[[Tensor], Tensor], g: Callable[[Tensor], Tensor], x: Tensor
) -> Tensor:
    x_in = x if x.requires_grad else x.detach().clone().requires_grad_(True)
    h = f(x_in)
    h.retain_grad()
    g(h).backward()
    return h.grad.detach().clone()


# kind: pair
# belief: The learner switches requires_grad on at the caller's x to get a graph and overlooks that the flag must stay as it was. | The learner passes create_graph=True as if it were needed for any gradient, and hands out a result that still has a graph.
# edit: `x.requires_grad_(True)` is wrong; work on x.detach().clone().requires_grad_(True). | `create_graph=True` is wrong; leave it out or detach the result.
def intermediate_gradient__A_flag_and_graph(
    f: Callable[[Tensor], Tensor], g: Callable[[Tensor], Tensor], x: Tensor
) -> Tensor:
    x.requires_grad_(True)
    h = f(x)
    s = g(h)
    return torch.autograd.grad(outputs=s, inputs=h, create_graph=True)[0]
