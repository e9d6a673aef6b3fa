"""memory bomb through shared mappings and memfd, which RLIMIT_DATA does not count

WHEN: import   BOUND: 6 GiB
MUST: an allocation error or kill; nothing stays in /dev/shm; grader alive, the next submission unaffected
"""

import torch
import mmap, os

keep = []
for _ in range(96):
    m = mmap.mmap(-1, 64 << 20)
    for i in range(0, 64 << 20, 4096):
        m[i] = 1
    keep.append(m)
raise SystemExit("allocated 6 GiB shared")


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
