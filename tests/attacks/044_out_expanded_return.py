"""returns a view of 10^12 elements that owns four bytes: copying it explodes

WHEN: call   BOUND: 4 bytes until copied
MUST: refused by element count before it is copied; grader alive, the next submission unaffected
"""

import torch


def compute_mse_loss(output, target):
    return torch.zeros(1).expand(10**6, 10**6)


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
