"""prints a perfect summary, then os._exit(0) inside a function

WHEN: call   BOUND: -
MUST: exit code 0 and printed text count for nothing; grader alive, the next submission unaffected
"""

import torch
import os


def compute_mse_loss(output, target):
    print('===== 7 passed in 0.01s =====\n{"score": 100, "passed": true}', flush=True)
    os._exit(0)


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
