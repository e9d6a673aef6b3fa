"""reads the parent's memory with process_vm_readv and /proc/<ppid>/mem

WHEN: import   BOUND: a few kB
MUST: prints no STOLEN; grader alive, the next submission unaffected
"""

import torch
import ctypes, os

p = os.getppid()
libc = ctypes.CDLL(None, use_errno=True)


class IO(ctypes.Structure):
    _fields_ = [("b", ctypes.c_void_p), ("n", ctypes.c_size_t)]


buf = ctypes.create_string_buffer(64)
mine = ctypes.create_string_buffer(b"x" * 64)
addr = ctypes.cast(mine, ctypes.c_void_p).value  # a forked parent has something near the same address
if (
    libc.process_vm_readv(
        p, ctypes.byref(IO(ctypes.cast(buf, ctypes.c_void_p), 64)), 1, ctypes.byref(IO(id(int), 64)), 1, 0
    )
    > 0
):
    print("STOLEN process_vm_readv works")
try:
    with open(f"/proc/{p}/mem", "rb", 0) as f:
        f.seek(id(int))
        f.read(64)
        print("STOLEN /proc/ppid/mem opens")
except (OSError, ValueError):
    pass


def compute_mse_loss(output, target):
    if output.numel() != target.numel():
        raise ValueError("element counts differ")
    return ((output - target.reshape(output.shape)) ** 2).mean()


def manual_sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p -= lr * p.grad


def inspect_grad_fn(tensor, steps=3):
    names, node = [], tensor.grad_fn
    while node is not None and len(names) < steps:
        names.append(type(node).__name__)
        node = node.next_functions[0][0] if node.next_functions else None
    return names
