"""walks gc.get_objects() and all frames for the expected values

WHEN: call   BOUND: one pass over the heap
MUST: finds nothing: the process never holds an expected value; prints no STOLEN
"""

import torch
import gc, sys


def hunt():
    hits = []
    f = sys._getframe()
    while f:
        hits += [k for k in f.f_locals if any(w in k.lower() for w in ("expected", "reference", "solution", "answer"))]
        f = f.f_back
    for o in gc.get_objects():
        if type(o) is dict and len(o) < 200:
            for k in list(o):
                if type(k) is str and k in (
                    "expected",
                    "expected_output",
                    "reference",
                    "reference_loss",
                    "solution",
                    "want",
                ):
                    hits.append(k)
    return hits


def compute_mse_loss(output, target):
    h = hunt()
    if h:
        print("STOLEN", h[:10])
    return torch.zeros(())


def manual_sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p -= lr * p.grad


def inspect_grad_fn(tensor, steps=3):
    names, node = [], tensor.grad_fn
    while node is not None and len(names) < steps:
        names.append(type(node).__name__)
        node = node.next_functions[0][0] if node.next_functions else None
    return names
