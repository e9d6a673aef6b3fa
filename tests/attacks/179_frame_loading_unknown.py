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


def compute_mse_loss(*args, **kwargs):
    frame("loading", "nowhere.py")
    time.sleep(60)


inspect_grad_fn = manual_sgd_step = compute_mse_loss
