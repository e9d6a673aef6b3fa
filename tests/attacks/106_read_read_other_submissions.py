"""reads and lists other students' submissions

WHEN: import   BOUND: read only
MUST: prints no STOLEN
"""

import torch
import glob, os

here = os.path.dirname(os.path.abspath(globals().get("__file__", "x")))
for p in (
    glob.glob(here + "/*.py") + glob.glob(here + "/../*/*.py") + glob.glob("/tmp/*/*.py") + glob.glob("/tmp/*/*/*.py")
):
    try:
        s = open(p, errors="replace").read()
        if "compute_mse_loss" in s and "read_other_submissions" not in p:
            print("STOLEN", p, len(s))
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
