"""asks the kernel for dangerous interfaces: userns, mount, bpf, io_uring, userfaultfd, perf, keyrings, raw, netlink, vsock and packet sockets

WHEN: import   BOUND: opens and closes only
MUST: prints no STOLEN
"""

import torch
import ctypes, socket, platform

libc = ctypes.CDLL(None, use_errno=True)
if platform.machine() == "x86_64":
    buf = ctypes.create_string_buffer(256)
    for n, a in dict(
        unshare_user=(272, 0x10000000),
        io_uring_setup=(425, 2, buf),
        bpf=(321, 0, buf, 64),
        userfaultfd=(323, 0),
        perf_event_open=(298, buf, 0, -1, -1, 0),
        keyctl=(250, 0, -3, 1),
        memfd_create=(319, b"x", 0),
        mount=(165, b"none", b"/mnt", b"tmpfs", 0, 0),
        pidfd_open=(434, 1, 0),
        seccomp_listener=(317, 1, 8, buf),
        open_by_handle=(304, -1, buf, 0),
        personality=(135, 0x0040000),
        swapon=(167, b"/x", 0),
        add_key=(248, b"user", b"k", b"v", 1, -2),
        setns=(308, -1, 0),
    ).items():
        r = libc.syscall(*a)
        if r >= 0:
            print("STOLEN syscall", n)
for fam, kind in (
    (socket.AF_INET, socket.SOCK_RAW),
    (16, socket.SOCK_RAW),
    (40, socket.SOCK_STREAM),
    (17, socket.SOCK_RAW),
    (38, socket.SOCK_SEQPACKET),
    (31, socket.SOCK_RAW),
    (socket.AF_INET6, socket.SOCK_STREAM),
):
    try:
        socket.socket(fam, kind).close()
        print("STOLEN socket family", fam)
    except OSError:
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
