"""Exercise 3 without recursion: generators, a topological order, explicit lists; gradients through hooks."""

import re
from itertools import islice

import torch


def path(node):
    while node is not None:
        yield node
        node = next((first for first, _ in node.next_functions[:1]), None)


def postorder(root):
    """Yield each node once, children before parents."""
    done, todo = {}, [root] if root is not None else []
    while todo:
        waiting = [child for child, _ in todo[-1].next_functions if child is not None and child not in done]
        if waiting:
            todo += waiting
        else:
            done[todo.pop()] = None
    return list(done)


def inspect_grad_fn(tensor, steps=3):
    return tuple(type(node).__qualname__ for node in islice(path(tensor.grad_fn), steps))


def backward_chain(tensor):
    rest = {}
    for node in postorder(tensor.grad_fn):
        depth, best = 0, None
        for child, _ in node.next_functions:
            if child is not None and rest[child][0] > depth:
                depth, best = rest[child][0], child
        rest[node] = (depth + 1, best)
    names, node = [], tensor.grad_fn
    while node is not None:
        if node.next_functions:
            names.append(re.sub(r"\d+$", "", type(node).__name__))
        node = rest[node][1]
    return names


def count_graph_nodes(tensor):
    result = {}
    for node in postorder(tensor.grad_fn):
        result[type(node).__name__] = result.setdefault(type(node).__name__, 0) + 1
    return result


def parameters_in_graph(tensor, module):
    variables = [node.variable for node in postorder(tensor.grad_fn) if type(node).__name__ == "AccumulateGrad"]
    return [name for name, p in module.named_parameters() if any(p is variable for variable in variables)]


def freeze_parameters(net, prefixes):
    chosen = set()
    for prefix in prefixes:
        parts = prefix.split(".")
        matches = {name for name, _ in net.named_parameters() if name.split(".")[: len(parts)] == parts}
        if not matches:
            raise ValueError(f"no parameter is called {prefix}")
        chosen |= matches
    remaining = []
    for name, p in net.named_parameters():
        if name in chosen:
            p.grad = None
            p.requires_grad = False
        elif p.requires_grad:
            remaining.append(name)
    return remaining


def intermediate_gradient(f, g, x):
    caught = []
    h = f(x.detach().clone().requires_grad_()) * 1
    h.register_hook(lambda gradient: caught.append(gradient.clone()))
    torch.autograd.backward(g(h))
    return caught[0]
