"""Sends arrays of a size that numpy refuses, and whole numbers that no float holds."""
import grader.execution.guest.observation as observation
from grader.core.values import Array

forged = object.__new__(Array)
for name, value in (("dtype", "float64"), ("shape", (0, 2**62)), ("data", b"")):
    object.__setattr__(forged, name, value)


def compute_mse_loss(*args, **kwargs):
    observation.to_value = lambda thing, depth=0: forged
    return 0.0


def inspect_grad_fn(*args, **kwargs):
    observation.to_value = lambda thing, depth=0: 10**400
    return []


def manual_sgd_step(*args, **kwargs):
    observation.to_value = lambda thing, depth=0: ([[0.5] * 500] * 150)
