import os
import struct

import msgspec


def send(data):
    data = struct.pack("<I", len(data)) + data
    while data:
        data = data[os.write(3, data) :]


def frame(*body):
    send(msgspec.json.encode(list(body)))


KINDS = [
    ["grader_fault", ["internal", {"error": "x"}]],
    ["timed_out", 0.0, False],
    ["crashed", ["lost_workers", {}], True],
    ["passed"],
    ["failed", {}],
    ["observed", {}, {"score": 1.0}],
]


def attack():
    attack.calls = getattr(attack, "calls", 0) + 1
    frame("done", 0, *KINDS[os.getpid() % len(KINDS)])
    os._exit(0)


def compute_mse_loss(*args, **kwargs):
    attack()


inspect_grad_fn = manual_sgd_step = compute_mse_loss
