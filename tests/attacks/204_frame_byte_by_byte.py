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
    body = msgspec.json.encode(["done", 0, "observed", {"loss": 0.0}])
    for byte in struct.pack("<I", len(body)) + body:
        os.write(3, bytes([byte]))
        time.sleep(0.05)
    while True:
        frame("shown", 0, "{}")
        time.sleep(0.05)


def compute_mse_loss(*args, **kwargs):
    attack()


inspect_grad_fn = manual_sgd_step = compute_mse_loss
