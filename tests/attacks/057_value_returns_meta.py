"""returns a meta tensor (no data: reading it raises)

WHEN: call   BOUND: -
MUST: this function scores nothing (or as the exercise states), with a message that names the cause
"""

import torch


def compute_mse_loss(output, target):
    return torch.empty((), device="meta")


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
