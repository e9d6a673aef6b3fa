"""raises its own limits, priority and CPU set

WHEN: import   BOUND: -
MUST: no limit goes up; grader alive, the next submission unaffected
"""

import torch
import os, resource

for n in dir(resource):
    if n.startswith("RLIMIT_"):
        try:
            resource.setrlimit(getattr(resource, n), (resource.RLIM_INFINITY,) * 2)
        except Exception:
            pass
soft = resource.getrlimit(resource.RLIMIT_CPU)[0]
if soft == resource.RLIM_INFINITY:
    print("STOLEN cpu limit lifted")
try:
    os.setpriority(os.PRIO_PROCESS, 0, -20)
    print("STOLEN priority raised")
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
