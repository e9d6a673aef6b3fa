"""may it signal every process? (signal 0 only: asks, does not kill)

WHEN: import   BOUND: signal 0
MUST: prints no STOLEN; grader alive, the next submission unaffected
"""

import torch
import os

seen = []
for pid in range(1, 40000):
    if pid != os.getpid():
        try:
            os.kill(pid, 0)
            seen.append(pid)
        except OSError:
            pass
if seen:
    print("STOLEN may signal", len(seen), "processes")


def compute_mse_loss(output, target):
    if output.numel() != target.numel():
        raise ValueError("element counts differ")
    return ((output - target.reshape(output.shape)) ** 2).mean()


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
