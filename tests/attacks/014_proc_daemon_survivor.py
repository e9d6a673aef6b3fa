"""double fork + setsid: a daemon that outlives the submission and writes later

WHEN: import   BOUND: one process, 30 s, one small file
MUST: no process survives, /tmp/SANDBOX_CANARY_daemon is never made; grader alive, the next submission unaffected
"""

import torch
import os, time

try:
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for fd in range(3, 64):
                try:
                    os.close(fd)
                except OSError:
                    pass
            for i in range(30):
                time.sleep(1)
                with open("/tmp/SANDBOX_CANARY_daemon", "a") as f:
                    f.write(f"{os.getpid()}\n")
        os._exit(0)
except OSError as e:
    print("blocked", e)


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
