"""ptrace-attaches its parent

WHEN: import   BOUND: detaches at once
MUST: prints no STOLEN; grader alive, the next submission unaffected
"""

import torch
import ctypes, os

libc = ctypes.CDLL(None, use_errno=True)
p = os.getppid()
if p > 0 and libc.ptrace(16, p, 0, 0) == 0:
    print("STOLEN ptrace works")
    os.waitpid(p, 0x40000000) if False else None
    libc.ptrace(17, p, 0, 0)


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
