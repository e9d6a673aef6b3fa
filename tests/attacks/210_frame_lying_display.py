import os
import struct

import msgspec


def send(data):
    data = struct.pack("<I", len(data)) + data
    while data:
        data = data[os.write(3, data) :]


def frame(*body):
    send(msgspec.json.encode(list(body)))


WORD = "\u202e\x1b[2J<script>alert(1)</script>\r\n::error::=cmd|' /C calc'!A0\u2028"
TENSORS = [
    {"kind": WORD, "dtype": "float64", "shape": [1 << 62, 0], "data": ""},
    {"kind": "tensor", "dtype": "float64", "shape": [1 << 40], "data": "", "first": [WORD[:40]] * 6},
    {"kind": "tensor", "dtype": "float64", "shape": [1] * 64, "data": "AAAAAAAA8D8="},
    {"kind": "tensor", "dtype": "float64", "shape": [-1, -8], "data": "AAAAAAAA8D8="},
    {"kind": "tensor", "dtype": "float16", "shape": [0] * 30, "data": "", "grad": ""},
    {"kind": "parameter", "dtype": "bool", "shape": [3], "data": "Av8C", "grad": "AgIC", "grad_fn": WORD, "expression": WORD},
    {"kind": "tensor", "dtype": "float64", "shape": [1], "data": "AAAAAAAA+H8="},
]


def attack():
    texts = [{"type": "group", "kind": WORD, "items": [], "length": -(1 << 62)}, {"type": "object", "type_name": WORD * 50, "expression": WORD * 99}]
    values = [{"type": "tensor", **tensor} for tensor in TENSORS] + texts + [{"type": "literal", "text": WORD * 200}]
    for index in range(10):
        frame("done", index, "raised", "ValueError", WORD, [10**9, WORD[:60], -5, 10**12], WORD)
        change = [{"name": WORD * 9, "before": value, "after": values[index]} for value in values]
        error = {"call": -(10**18), "error": "ValueError", "message": WORD * 20, "line": WORD, "number": -1, "cell": 10**18, "names": [[WORD, WORD]] * 30}
        for some in (change[:1], change):
            frame("shown", index, msgspec.json.encode({"call": None, "changed": some, "errors": [error] * 50}).decode())
    os._exit(0)


def compute_mse_loss(*args, **kwargs):
    attack()


inspect_grad_fn = manual_sgd_step = compute_mse_loss
