"""Markdown: links, images, fence-breaking, tables

WHEN: import   BOUND: -
MUST: fenced or escaped in Markdown reports
"""

import torch

TEXT = "```\n# PASS\n| a | b |\n![x](http://127.0.0.1/x.png)\n[click](javascript:alert(1))\n~~~"
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
