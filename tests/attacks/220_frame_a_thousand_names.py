import os
import struct

import msgspec


def send(data):
    data = struct.pack("<I", len(data)) + data
    while data:
        data = data[os.write(3, data) :]


def frame(*body):
    send(msgspec.json.encode(list(body)))


NAME = "\u202e<img src=x onerror=alert(1)>|=1+1,\"`</script>\x1b[31m\u0301\u200d" * 8


def attack():
    values = {f"{number} step {number} {NAME}"[:400]: ["s", [float(number), ["f", "nan"], 1e308]] for number in range(900)}
    steps = {f"loss after step {number}": 1.0 * number for number in range(90)}
    for index in range(10):
        frame("done", index, "observed", {**steps, **values, "loss": ["s", [0.5] * 2000]})
    os._exit(0)


def compute_mse_loss(*args, **kwargs):
    attack()


inspect_grad_fn = manual_sgd_step = compute_mse_loss
