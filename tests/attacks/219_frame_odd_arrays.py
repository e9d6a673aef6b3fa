import base64
import os
import struct

import msgspec


def send(data):
    data = struct.pack("<I", len(data)) + data
    while data:
        data = data[os.write(3, data) :]


def frame(*body):
    send(msgspec.json.encode(list(body)))


def array(dtype, shape, data):
    return ["a", dtype, shape, base64.b64encode(data).decode()]


ARRAYS = [
    array("bool", [4], b"\x02\xff\x80\x01"),
    array("float64", [1] * 64, struct.pack("<d", float("inf"))),
    array("float64", [0, 1 << 39], b""),
    array("float16", [0] * 64, b""),
    array("float64", [3, 4], struct.pack("<12d", *[5e-324, 1.7e308, -1.7e308] * 4)),
    array("float64", [300, 300], struct.pack("<90000d", *[float("nan"), float("-inf"), 1e308] * 30000)),
    array("int64", [2], struct.pack("<2q", -(2**63), 2**63 - 1)),
    array("float32", [10, 1, 10], struct.pack("<100f", *[3e38] * 100)),
]
NAMES = ("loss", "output.grad", "several rows", "warnings", "names", "p", "direction of output.grad", "empty", "zero-dim")


def attack():
    for index in range(10):
        values = {name: ARRAYS[(index + place) % len(ARRAYS)] for place, name in enumerate(NAMES)}
        nested = {"mixed": ["s", ARRAYS], "map": ["m", {"a": ARRAYS[index % 8], "b": ["m", {"": ["s", []]}]}]}
        frame("done", index, "observed", {**values, **nested})
    os._exit(0)


def compute_mse_loss(*args, **kwargs):
    attack()


inspect_grad_fn = manual_sgd_step = compute_mse_loss
