"""returns an object whose pickle runs a command in whoever unpickles it

WHEN: call   BOUND: one small file
MUST: /tmp/SANDBOX_CANARY_pickle is never made
"""

import torch
import os


class P:
    def __reduce__(self):
        return (os.system, ("touch /tmp/SANDBOX_CANARY_pickle",))


class PT(torch.Tensor):
    def __reduce_ex__(self, p):
        return (os.system, ("touch /tmp/SANDBOX_CANARY_pickle",))


def compute_mse_loss(output, target):
    return torch.zeros(()).as_subclass(PT)


def manual_sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p -= lr * p.grad


def inspect_grad_fn(loss, steps=3):
    return P()
