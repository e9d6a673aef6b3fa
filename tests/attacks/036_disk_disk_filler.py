"""fills every directory it can write to

WHEN: import   BOUND: 5 files of 60 MB = 300 MB
MUST: at most a small quota is written, nothing is left; grader alive, the next submission unaffected
"""

import torch
import os, tempfile

n = 0
for d in ("/tmp", "/var/tmp", "/dev/shm", os.getcwd(), os.path.expanduser("~")):
    try:
        with open(os.path.join(d, "SANDBOX_CANARY_disk"), "wb") as f:
            for _ in range(60):
                n += f.write(b"x" * 1000000)
    except OSError as e:
        print("stopped", e)
if n > 100000000:
    print("STOLEN", n, "bytes of disk")


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
