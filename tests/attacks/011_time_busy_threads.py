"""sixteen threads of matrix products: steals other workers' CPU

WHEN: import   BOUND: 16 threads, 60 s
MUST: killed at the limit (CPU time counts all threads); grader alive, the next submission unaffected
"""

import torch
import threading, time

torch.set_num_threads(16)
end = time.time() + 60


def burn():
    a = torch.randn(300, 300)
    while time.time() < end:
        a @ a


for _ in range(16):
    threading.Thread(target=burn).start()
time.sleep(60)


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
