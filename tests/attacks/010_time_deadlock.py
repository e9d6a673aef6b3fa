"""takes a lock twice

WHEN: call   BOUND: 600 s
MUST: killed at the wall-clock limit; grader alive, the next submission unaffected
"""

import torch
import threading

L = threading.Lock()


def compute_mse_loss(output, target):
    L.acquire()
    L.acquire(timeout=600)


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
