"""The zygote: a process that imports torch once and forks one child per job.

Theory of operation
    parent (trusted)  --control socket-->  zygote  --fork-->  child (student code)
    1. The parent starts this module and sends `Setup`, which holds the experiment files. The zygote loads the files and
       answers READY.
    2. For each job the parent sends three file descriptors: the job to read, and the pipes for results and output. The
       zygote forks a child. The child closes all other descriptors (grader.execution.guest.child).
    3. The zygote answers with the child's pidfd, so that the parent cannot kill another process by mistake.
    4. When the child has ended, the zygote reaps it and answers with its wait status.
    The zygote reads no byte of a submission, holds no right answer, and ends when the control socket closes.

    If several workers share one import of torch, the process of step 1 is a fork server. When the fork server is warm,
    it forks a zygote for each worker. Each zygote has a control socket to its worker, on which it answers READY and
    goes on with step 2 (grader.execution.host.zygotes.fork_server).
"""

from __future__ import annotations

import gc
import os
import socket
import sys
import tempfile
from functools import partial

import msgspec
import torch

from grader.execution.guest.child import run_child
from grader.execution.guest.compiler_placeholder import (
    compiler_is_imported,
    import_compiler,
    install_placeholders,
    mentions_compiler,
)
from grader.execution.guest.experiment_files import load_file
from grader.execution.guest.huge_pages import use_huge_pages
from grader.execution.guest.job import Setup
from grader.execution.guest.limits.import_caches import forget_unreadable_folders
from grader.execution.guest.limits.protections import DEVICES, Protections, readable_paths
from grader.execution.guest.observation import observe
from grader.execution.guest.student_code.display_stubs import install_display_stubs
from grader.execution.guest.zygote_protocol import COMPILER_JOB, SERVER_SETUP, die_with_parent, fork_zygotes, serve
from grader.experiments.declaration import Experiment
from grader.experiments.nets import load_digits

LAZY_IMPORTS = (
    "torch.utils.data",
    "torch.func",
    "torch.utils._python_dispatch",
    "torch.optim",
    "torch.utils.serialization.config",
)
"""Modules that torch imports on first use."""


def warm_up(experiments: dict[str, Experiment]) -> None:
    """Import modules, load data sets and run typical code before the first fork, so that children start faster."""
    install_placeholders()
    for name in LAZY_IMPORTS:
        __import__(name)
    if any("digits" in function.__code__.co_names for function in experiments.values()):
        load_digits()
    # One check of each function is enough. `_unwritten` stops its experiment at the first call of the function.
    for function, experiment in {check.partition("::")[0]: e for check, e in experiments.items()}.items():
        observe({function: _unwritten}, function, experiment, seed=0)
    for optimizer in (torch.optim.SGD, torch.optim.Adam):
        net = torch.nn.Sequential(torch.nn.Conv2d(1, 1, 3), torch.nn.Flatten(), torch.nn.ReLU(), torch.nn.Linear(4, 2))
        output = net(torch.randn(3, 1, 4, 4))
        loss = torch.nn.functional.cross_entropy(output, torch.zeros(3, dtype=torch.int64))
        loss = loss + torch.nn.functional.mse_loss(output, torch.zeros(3, 2))
        if torch.version.cuda or torch.version.hip:
            continue  # in a torch for GPUs the first backward may start threads, and then a fork is no longer safe
        torch.autograd.backward(loss)
        optimizer(net.parameters(), lr=0.1).step()
        repr(output)


def _unwritten(*_: object, **__: object) -> None:
    raise NotImplementedError


def warm_up_compiler() -> None:
    """Import torch's compiler for submissions that use it, so that no child spends time on this long import."""
    if not compiler_is_imported():
        import_compiler()
        prepare_memory()


def prepare_memory() -> None:
    """Collect garbage, make huge pages and freeze the heap: all children share this memory."""
    gc.collect()
    gc.unfreeze()  # `use_huge_pages` looks at all objects, also at those that were frozen after the import of torch
    use_huge_pages()
    gc.freeze()  # otherwise a garbage collection in a child would write to every page of the heap, and so copy it


def main() -> None:
    """Run a zygote or a fork server; the only argument is the descriptor of the control socket."""
    tempfile.tempdir = "/tmp"  # without a value, tempfile.gettempdir() tries to write a file, and fails in the sandbox
    die_with_parent()
    control = socket.socket(fileno=int(sys.argv[1]))
    message, (setup_fd,), _, _ = socket.recv_fds(control, 16, 1)
    os.environ["TMPDIR"] = tempfile.tempdir
    with os.fdopen(setup_fd, "rb") as file:
        setup = msgspec.msgpack.decode(file.read(), type=Setup)
    experiments = {check: e for path, source in setup.files for check, e in load_file(path, source).items()}
    warm_up(experiments)
    install_display_stubs()
    if any(mentions_compiler(source) for _, source in setup.files):
        warm_up_compiler()
    protections = Protections(frozenset(setup.protections), setup.memory, setup.cpu)
    readable = readable_paths()
    protections.prepare(readable, DEVICES)
    forget_unreadable_folders(readable)
    prepare_memory()
    if message == SERVER_SETUP:
        control = fork_zygotes(control)

    def before_fork(message: bytes) -> None:
        if message == COMPILER_JOB:
            warm_up_compiler()
            protections.measure_memory()

    serve(control, partial(run_child, experiments, protections), before_fork)


if __name__ == "__main__":
    main()
