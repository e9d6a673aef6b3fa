"""switches off SIGALRM/setitimer/faulthandler time-outs, then sleeps

WHEN: call   BOUND: 600 s
MUST: killed from outside; grader alive, the next submission unaffected
"""

import torch
import signal, time, faulthandler


def compute_mse_loss(output, target):
    signal.alarm(0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    try:
        faulthandler.cancel_dump_traceback_later()
    except Exception:
        pass
    time.sleep(600)


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
