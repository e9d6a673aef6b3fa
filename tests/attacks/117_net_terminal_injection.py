"""pushes keystrokes into the instructor's terminal (TIOCSTI, TIOCLINUX)

WHEN: import   BOUND: one harmless character
MUST: the ioctl fails; there is no controlling terminal
"""

import torch
import fcntl, os

for p in ("/dev/tty", "/proc/self/fd/0", "/dev/pts/0", "/dev/console"):
    try:
        fd = os.open(p, os.O_RDWR | os.O_NOCTTY)
        fcntl.ioctl(fd, 0x5412, b" ")
        print("STOLEN TIOCSTI", p)
    except OSError:
        pass
for fd in (0, 1, 2):
    try:
        fcntl.ioctl(fd, 0x5412, b" ")
        print("STOLEN TIOCSTI on", fd)
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
