import os
import struct

import msgspec


def send(data):
    data = struct.pack("<I", len(data)) + data
    while data:
        data = data[os.write(3, data) :]


def frame(*body):
    send(msgspec.json.encode(list(body)))


def nested(depth):
    inner = {"type": "literal", "text": "x"}
    for _ in range(depth):
        inner = {"type": "group", "kind": "list", "items": [inner], "length": 1}
    return inner


def attack():
    for index, depth in enumerate((60, 200, 400, 800, 950, 5, 5, 5, 5, 5)):
        frame("done", index, "observed", {"loss": 0.0})
        change = {"name": "output", "before": nested(depth), "after": nested(depth)}
        error = {"call": 1, "error": "ValueError", "message": "m", "line": "x", "number": 1, "names": [["x", "1"]]}
        frame("shown", index, msgspec.json.encode({"call": None, "changed": [change] * 8, "errors": [error] * 3}).decode())
    os._exit(0)


def compute_mse_loss(*args, **kwargs):
    attack()


inspect_grad_fn = manual_sgd_step = compute_mse_loss
