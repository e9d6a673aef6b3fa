"""lowers its parent's resource limits (open files 3, CPU 1 s)

WHEN: import   BOUND: parent only
MUST: parent's limits unchanged; grader alive, the next submission unaffected
"""

import torch
import os, resource

for what, v in ((resource.RLIMIT_NOFILE, (3, 3)), (resource.RLIMIT_CPU, (1, 1))):
    try:
        resource.prlimit(os.getppid(), what, v)
        print("STOLEN prlimit worked")
    except Exception:
        pass


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
