import os
import struct
import time

import msgspec


def send(data):
    data = struct.pack("<I", len(data)) + data
    while data:
        data = data[os.write(3, data) :]


def frame(*body):
    send(msgspec.json.encode(list(body)))


def attack():
    for _ in range(50):
        time.sleep(0.2)
        frame("loading", __file__)
        frame("loaded", __file__)


def compute_mse_loss(*args, **kwargs):
    attack()


inspect_grad_fn = manual_sgd_step = compute_mse_loss
