"""a chain of 20000 exceptions and a huge traceback

WHEN: call   BOUND: 20000 objects
MUST: traceback cut, formatted in bounded time; grader alive, the next submission unaffected
"""

import torch


def compute_mse_loss(output, target):
    e = ValueError("end")
    for i in range(20000):
        n = ValueError(i)
        n.__cause__ = e
        e = n
    raise e


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
