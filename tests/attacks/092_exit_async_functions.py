"""async functions and wrong signatures

WHEN: call   BOUND: -
MUST: clear messages; no 'never awaited' noise
"""

import torch


async def compute_mse_loss(output, target):
    return 0


def manual_sgd_step():
    pass


def inspect_grad_fn(*, loss):
    return 1
