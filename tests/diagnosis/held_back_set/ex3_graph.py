from collections import Counter, deque
from collections.abc import Callable

import torch
from torch import Tensor, nn


# kind: single
# belief: Thinks that node.name() is the same as the class name of the node.
# edit: `names.append(node.name())` gives 'torch::autograd::AccumulateGrad' for a leaf; it should be type(node).__name__.
def inspect_grad_fn__B_name_method(tensor: Tensor, steps: int = 3) -> list[str]:
    names = []
    node = tensor.grad_fn
    while node is not None and len(names) < steps:
        names.append(node.name())
        if not node.next_functions:
            break
        node = node.next_functions[0][0]
    return names


# kind: single
# belief: Thinks that a None in next_functions is to be skipped in favour of the next input that has a graph.
# edit: The `candidates` filter steps over a None in first place; the walk should take next_functions[0][0] and stop when it is None.
def inspect_grad_fn__B_skips_none(tensor: Tensor, steps: int = 3) -> list[str]:
    names = []
    node = tensor.grad_fn
    for _ in range(steps):
        if node is None:
            break
        names.append(type(node).__name__)
        candidates = [fn for fn, _ in node.next_functions if fn is not None]
        node = candidates[0] if candidates else None
    return names


# kind: pair
# belief: Thinks that steps counts the moves along the graph, so that there is one more name. | Forgets that the node may be None when its name is written down.
# edit: `range(steps + 1)` should be range(steps). | The name is appended before the test for None, so 'NoneType' enters the list; the test must come first.
def inspect_grad_fn__B_fencepost_nonetype(tensor: Tensor, steps: int = 3) -> list[str]:
    names = []
    node = tensor.grad_fn
    for i in range(steps + 1):
        names.append(type(node).__name__)
        if node is None:
            break
        if len(node.next_functions) == 0:
            break
        node = node.next_functions[0][0]
    return names


# kind: single
# belief: Thinks that >= and > are interchangeable when looking for a longest branch.
# edit: `if depth[child] >= best_depth` keeps the last of equally long branches; it should be `>` so that the first one wins.
def backward_chain__B_last_on_ties(tensor: Tensor) -> list[str]:
    root = tensor.grad_fn
    if root is None:
        return []

    depth = {}
    stack = [root]
    while stack:
        node = stack[-1]
        if node in depth:
            stack.pop()
            continue
        children = [fn for fn, _ in node.next_functions if fn is not None]
        missing = [fn for fn in children if fn not in depth]
        if missing:
            stack.extend(missing)
        else:
            depth[node] = 1 + max((depth[fn] for fn in children), default=0)
            stack.pop()

    chain = []
    node = root
    while node is not None:
        name = type(node).__name__
        if name != "AccumulateGrad":
            chain.append(name)
        best, best_depth = None, 0
        for child, _ in node.next_functions:
            if child is None:
                continue
            if depth[child] >= best_depth:
                best, best_depth = child, depth[child]
        node = best
    return chain


# kind: single
# belief: Thinks that a plain recursion over all branches is fast enough and overlooks that shared nodes are visited once per path.
# edit: The inner `longest` recomputes every shared node, which takes exponential time; its result should be remembered per node.
def backward_chain__B_no_memo(tensor: Tensor) -> list[str]:
    def longest(node):
        if node is None or type(node).__name__ == "AccumulateGrad":
            return []
        best = []
        for child, _ in node.next_functions:
            path = longest(child)
            if len(path) > len(best):
                best = path
        return [type(node).__name__] + best

    return longest(tensor.grad_fn)


# kind: pair
# belief: Thinks that the node which breadth-first search finds last ends the longest path. | Thinks that the leaf belongs to the picture.
# edit: The `if child not in parent` test fixes the first, shortest way to each node; the depth must be the maximum over all ways. | AccumulateGrad is not left out when the names are collected.
def backward_chain__B_bfs_with_leaf(tensor: Tensor) -> list[str]:
    root = tensor.grad_fn
    if root is None:
        return []
    parent = {root: None}
    level = {root: 0}
    queue = deque([root])
    deepest = root
    while queue:
        node = queue.popleft()
        if level[node] > level[deepest]:
            deepest = node
        for child, _ in node.next_functions:
            if child is not None and child not in parent:
                parent[child] = node
                level[child] = level[node] + 1
                queue.append(child)
    names = []
    node = deepest
    while node is not None:
        names.append(type(node).__name__)
        node = parent[node]
    return names[::-1]


# kind: single
# belief: Thinks that id(node) names a node for good, though the Python wrapper may be freed and its id used again.
# edit: `seen` holds only id(node) and nothing keeps the node objects alive; the nodes themselves should be put into the set.
def count_graph_nodes__B_id_reused(tensor: Tensor) -> dict[str, int]:
    counts = {}
    if tensor.grad_fn is None:
        return counts
    seen = set()
    stack = [tensor.grad_fn]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        name = type(node).__name__
        counts[name] = counts.get(name, 0) + 1
        for child, _ in node.next_functions:
            if child is not None:
                stack.append(child)
    return counts


# kind: single
# belief: Thinks that recursion is a safe way through any graph and overlooks Python's recursion limit.
# edit: The recursive `visit` raises RecursionError on a chain of 5,000 nodes; an explicit stack is needed.
def count_graph_nodes__B_recursive_visit(tensor: Tensor) -> dict[str, int]:
    visited = set()
    counts = Counter()

    def visit(node):
        if node is None or node in visited:
            return
        visited.add(node)
        counts[type(node).__name__] += 1
        for next_node, _ in node.next_functions:
            visit(next_node)

    visit(tensor.grad_fn)
    return dict(counts)


# kind: pair
# belief: Thinks that testing for visited nodes when they are pushed is enough, though they are marked only when popped. | Thinks that AccumulateGrad is no real backward node and should not be counted.
# edit: A node pushed twice before its first pop is counted twice; mark it when pushing or test again when popping. | The `if name != "AccumulateGrad"` leaves the leaves out; they must be counted too.
def count_graph_nodes__B_late_mark_no_leaf(tensor: Tensor) -> dict[str, int]:
    counts = {}
    visited = set()
    todo = [] if tensor.grad_fn is None else [tensor.grad_fn]
    while todo:
        node = todo.pop()
        visited.add(node)
        name = type(node).__name__
        if name != "AccumulateGrad":
            counts[name] = counts.get(name, 0) + 1
        for fn, _ in node.next_functions:
            if fn is not None and fn not in visited:
                todo.append(fn)
    return counts


# kind: single
# belief: Thinks that `in` on a list of tensors tests for the same object.
# edit: `if p in found` compares elementwise with == and fails or matches by value; it should be any(p is v for v in found) or a set of ids.
def parameters_in_graph__B_in_list(tensor: Tensor, module: nn.Module) -> list[str]:
    found = []
    seen = set()
    stack = [tensor.grad_fn]
    while stack:
        node = stack.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            found.append(node.variable)
        stack.extend(fn for fn, _ in node.next_functions)
    return [name for name, p in module.named_parameters() if p in found]


# kind: single
# belief: Thinks that torch.autograd.grad leaves no trace because it does not write to .grad.
# edit: The call of torch.autograd.grad runs a backward pass and frees the graph; the graph should be walked through next_functions to AccumulateGrad.variable.
def parameters_in_graph__B_autograd_grad(tensor: Tensor, module: nn.Module) -> list[str]:
    if tensor.grad_fn is None:
        return []
    named = [(n, p) for n, p in module.named_parameters() if p.requires_grad]
    if not named:
        return []
    grads = torch.autograd.grad(tensor.sum(), [p for _, p in named], allow_unused=True)
    return [name for (name, _), g in zip(named, grads) if g is not None]


# kind: pair
# belief: Thinks that a parameter is recognised by holding the same numbers. | Thinks that the names may come in the order in which the walk meets the parameters.
# edit: `torch.equal(p, node.variable)` matches other parameters of equal values, for example zero biases; it should be `p is node.variable`. | Names are appended as they are found; they should be listed in named_parameters order at the end.
def parameters_in_graph__B_equal_values_walk_order(tensor: Tensor, module: nn.Module) -> list[str]:
    names = []
    visited = set()
    queue = deque()
    if tensor.grad_fn is not None:
        queue.append(tensor.grad_fn)
    while queue:
        node = queue.popleft()
        if node in visited:
            continue
        visited.add(node)
        if type(node).__name__ == "AccumulateGrad":
            for name, p in module.named_parameters():
                if torch.equal(p, node.variable) and name not in names:
                    names.append(name)
        for fn, _ in node.next_functions:
            if fn is not None:
                queue.append(fn)
    return names


# kind: single
# belief: Thinks that raising the error as soon as a bad prefix comes up is enough, and overlooks the parameters frozen before it.
# edit: Freezing happens in the same loop as the check of each prefix; all prefixes must be checked before the first parameter is changed.
def freeze_parameters__B_freeze_while_checking(net: nn.Module, prefixes: list[str]) -> list[str]:
    for prefix in prefixes:
        matched = [
            p for name, p in net.named_parameters()
            if name == prefix or name.startswith(prefix + ".")
        ]
        if not matched:
            raise ValueError(f"no parameter matches {prefix!r}")
        for p in matched:
            p.requires_grad = False
            p.grad = None
    return [name for name, p in net.named_parameters() if p.requires_grad]


# kind: single
# belief: Thinks that every parameter that no prefix names is still trained, and forgets those frozen earlier.
# edit: `trained.append(name)` in the else branch ignores p.requires_grad; only names of parameters that still require grad belong in the list.
def freeze_parameters__B_returns_unmatched(net: nn.Module, prefixes: list[str]) -> list[str]:
    def meant(name, prefix):
        return name == prefix or name.startswith(f"{prefix}.")

    all_names = [name for name, _ in net.named_parameters()]
    for prefix in prefixes:
        if not any(meant(name, prefix) for name in all_names):
            raise ValueError("unknown prefix: " + prefix)

    trained = []
    for name, p in net.named_parameters():
        if any(meant(name, prefix) for prefix in prefixes):
            p.requires_grad_(False)
            p.grad = None
        else:
            trained.append(name)
    return trained


# kind: pair
# belief: Thinks that startswith(prefix) only finds the parameters of that layer. | Thinks that switching requires_grad off also gets rid of the gradient.
# edit: `name.startswith(prefix)` also matches '10.weight' for '1'; it should be name == prefix or name.startswith(prefix + '.'). | p.grad = None is missing after p.requires_grad = False.
def freeze_parameters__B_plain_prefix_keeps_grad(net: nn.Module, prefixes: list[str]) -> list[str]:
    to_freeze = []
    for prefix in prefixes:
        hits = [p for name, p in net.named_parameters() if name.startswith(prefix)]
        if len(hits) == 0:
            raise ValueError(f"prefix {prefix} matches nothing")
        to_freeze += hits
    for p in to_freeze:
        p.requires_grad = False
    return [name for name, p in net.named_parameters() if p.requires_grad]


# kind: single
# belief: Mixes up the derivative with respect to h and the derivative with respect to the input x.
# edit: torch.autograd.grad is taken with respect to `x0`; it should be with respect to h (detached and requiring grad).
def intermediate_gradient__B_ds_dx(f: Callable[[Tensor], Tensor], g: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    x0 = x.detach().clone().requires_grad_(True)
    h = f(x0)
    s = g(h)
    (grad,) = torch.autograd.grad(s, x0)
    return grad


# kind: single
# belief: Overlooks that f may hand x itself back, so that setting a flag on h sets it on x.
# edit: `h.requires_grad_(True)` is done on the result of f itself; it should be h = f(x).detach().requires_grad_(True).
def intermediate_gradient__B_flag_on_h(f: Callable[[Tensor], Tensor], g: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    h = f(x)
    if not h.requires_grad:
        h.requires_grad_(True)
    s = g(h)
    grad = torch.autograd.grad(s, h)[0]
    return grad.detach()


# kind: pair
# belief: Thinks that x never requires grad when it comes in, so that False is the flag to go back to. | Thinks that create_graph is needed to get the gradient of an intermediate tensor.
# edit: `x.requires_grad_(False)` should put back the remembered flag (or x should not be touched at all). | With create_graph=True the result carries a graph; drop it or detach the result.
def intermediate_gradient__B_flag_off_create_graph(f: Callable[[Tensor], Tensor], g: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    x.requires_grad_(True)
    h = f(x)
    s = g(h)
    ds_dh = torch.autograd.grad(s, h, create_graph=True)[0]
    x.requires_grad_(False)
    return ds_dh
