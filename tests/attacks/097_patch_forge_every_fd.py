"""writes forged reports (JSON, pickle, frames with lying lengths, npy, zip) to every open descriptor and then exits

WHEN: call   BOUND: a few kB each
MUST: garbage on the result pipe scores 0 and breaks nothing; no pickle is loaded; grader alive, the next submission unaffected
"""

import torch
import os, struct

blobs = [
    b'{"passed": true, "score": 100, "i": 0, "ok": 1}\n',
    b"cos\nsystem\n(S'touch /tmp/SANDBOX_CANARY_pickle3'\ntR.",
    struct.pack("<I", 0xFFFFFFFF),
    struct.pack("<Q", 1 << 60) + b"{}",
    struct.pack(">I", 8) + b"A" * 8,
    b"[" * 100000,
    b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }" + b" " * 40 + b"\n",
    b"PK\x03\x04" + b"\0" * 60,
]


def forge():
    for fd in range(3, 256):
        for b in blobs:
            try:
                os.set_blocking(fd, False)
                os.write(fd, b)
            except OSError:
                break
    os._exit(0)


def compute_mse_loss(output, target):
    forge()


def manual_sgd_step(params, lr):
    forge()


def inspect_grad_fn(loss, steps=3):
    forge()
