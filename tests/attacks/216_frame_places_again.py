import os
import struct

import msgspec


def send(data):
    data = struct.pack("<I", len(data)) + data
    while data:
        data = data[os.write(3, data) :]


def frame(*body):
    send(msgspec.json.encode(list(body)))


def attack():
    for place in (["x.py"], ["", "unreadable", [["several_files", {"files": "a.py, b.py"}]]], ["", "missing", []]):
        frame("placed", dict.fromkeys(("compute_mse_loss", "inspect_grad_fn", "manual_sgd_step"), place), {"x.py": "gbk"})
    frame("done", 0, "unreadable", [["several_files", {"files": "a.py, b.py"}]])
    os._exit(0)


def compute_mse_loss(*args, **kwargs):
    attack()


inspect_grad_fn = manual_sgd_step = compute_mse_loss
