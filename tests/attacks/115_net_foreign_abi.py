"""system calls through other ABIs that a careless filter forgets: int 0x80 (i386) and x32 numbers on x86-64

WHEN: import   BOUND: getpid and socket only
MUST: killed by SIGSYS or refused; prints no STOLEN; grader alive, the next submission unaffected
"""

import torch
import ctypes, mmap, platform, sys

if platform.machine() == "x86_64" and sys.platform == "linux":
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(0x40000000 | 41, 2, 1, 0) >= 0:
        print("STOLEN x32 socket()", flush=True)
    m = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    m.write(bytes.fromhex("53b802000000cd805bc3"))  # push rbx; mov eax,2 (i386 fork); int 0x80; pop rbx; ret
    f = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(m)))
    r = f()
    if r == 0:
        import os

        os._exit(0)
    if r > 0:
        print("STOLEN i386 fork()", flush=True)
raise SystemExit("blocked")


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
