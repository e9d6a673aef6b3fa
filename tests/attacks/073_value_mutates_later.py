"""a thread changes the returned tensor after it was handed over

WHEN: call   BOUND: one thread, 2 s
MUST: the value at return time is judged, or a failure; never a crash
"""

import torch
import threading, time


def compute_mse_loss(output, target):
    r = ((output - target) ** 2).mean()

    def later():
        end = time.time() + 2
        while time.time() < end:
            with torch.no_grad():
                r.data.fill_(float("nan"))

    threading.Thread(target=later, daemon=True).start()
    return r


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
