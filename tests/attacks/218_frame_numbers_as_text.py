import os
import struct

import msgspec


def send(data):
    data = struct.pack("<I", len(data)) + data
    while data:
        data = data[os.write(3, data) :]


def frame(*body):
    send(msgspec.json.encode(list(body)))


LONG = "9" * 900_000
BODIES = (
    b'{"loss": ["f", "' + LONG.encode() + b'"]}',
    b'{"loss": ' + LONG.encode() + b"}",
    b'{"loss": 0.' + LONG.encode() + b"}",
    b'{"loss": 1e' + b"9" * 10 + b"}",
    b'{"loss": ["f", "0.' + b"0" * 800_000 + b'1e800000"]}',
    '{"loss": ["f", "١٢٣"], "x": ["f", "1_0"]}'.encode(),
    b'{"loss": ["a", "float64", [1], "' + b"A\\n=" * 100_000 + b'AAAAAAAA8D8="]}',
    b'{"loss": ["a", "float64", [], "====AAAAAAAA8D8="]}',
)


def attack():
    for index, body in enumerate(BODIES):
        send(b'["done",%d,"observed",%s]' % (index, body))
    os._exit(0)


def compute_mse_loss(*args, **kwargs):
    attack()


inspect_grad_fn = manual_sgd_step = compute_mse_loss
