"""HTML and script in output, exception text and return value

WHEN: import   BOUND: -
MUST: escaped in every HTML report
"""

import torch

TEXT = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'`</td></table><!--"
print(TEXT)
import sys

print(TEXT, file=sys.stderr)


def compute_mse_loss(output, target):
    raise ValueError(TEXT)


def manual_sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p -= lr * p.grad


def inspect_grad_fn(loss, steps=3):
    return TEXT
