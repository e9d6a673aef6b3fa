"""returns a 200 MB tensor

WHEN: call   BOUND: 200 MB
MUST: refused by size before it is copied; grader alive, the next submission unaffected
"""

import torch


def compute_mse_loss(output, target):
    return torch.zeros(50_000_000)


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
