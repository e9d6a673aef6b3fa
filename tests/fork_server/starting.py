"""Start fork servers, and make the command lines that run a program in a fork.

In a fork, a program finds modules in memory that it did not import itself, and options of the interpreter have no
effect. So a test of the modules that a command imports must start a separate interpreter.
"""

import atexit
import json
import os
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from unittest.mock import patch

from grader.execution.host.sandbox_levels import ENVIRONMENT
from tests.fork_server.zygote_forks import CLIENT, ForkingPopen

SERVER = Path(__file__).with_name("server.py")

MODULES = (
    "torch",
    "torch.func",
    "torch.utils.data",
    "torch.utils.serialization.config",
    "pytest",
    "jinja2",
    "msgspec",
    "nbformat",
    "numpy",
    "rich.progress",
    "rich.table",
    "typer",
    "typer.rich_utils",
)
"""Modules of other packages that a server imports for commands. Each fork imports the grader's own modules itself."""

ZYGOTE_MODULES = (
    "msgspec",
    "torch",
    "torch.func",
    "torch.optim",
    "torch.utils._python_dispatch",
    "torch.utils.data",
    "torch.utils.serialization.config",
)
"""Modules of other packages that a server imports for zygotes."""

HASH_SEEDS = ("0", "4321")
"""The values of PYTHONHASHSEED for zygotes. `find_irreproducible` uses the second value."""


@cache
def start(python, *modules):
    """Start a server that imports the modules, and return the path of its socket. The server ends with this process."""
    address = new_folder() / "socket"
    variables = {"PYTHONIOENCODING": "utf-8", "ZYGOTE_SERVERS": json.dumps(zygote_servers(python))}
    listen(address, modules, {**os.environ, **variables}, python)
    return address


@cache
def zygote_servers(python):
    """Start a server for zygotes for each of HASH_SEEDS; return {hash seed: path of the server's socket}."""
    folder = new_folder()
    servers = {seed: str(folder / f"socket-{seed}") for seed in HASH_SEEDS}
    for seed, address in servers.items():
        listen(address, ZYGOTE_MODULES, {**ENVIRONMENT, "PYTHONHASHSEED": seed}, python)
    return servers


@contextmanager
def zygotes_in_forks():
    """Inside the block, this process starts its zygotes as forks of a process that has imported torch."""
    with (
        patch.object(subprocess, "Popen", ForkingPopen),
        patch.object(ForkingPopen, "servers", zygote_servers(sys.executable)),
    ):
        yield


def new_folder():
    """Return a new folder that only this user can read. It is removed when this process ends."""
    folder = tempfile.TemporaryDirectory(prefix="forks")
    atexit.register(folder.cleanup)
    return Path(folder.name)


def listen(address, modules, variables, python=sys.executable):
    """Start a server that imports the modules and listens at the path `address`. `variables` is its environment."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(address))
        listener.listen()  # clients can connect at once, and wait until the server has imported its modules
        server = subprocess.Popen(
            [python, SERVER, str(listener.fileno()), *modules],
            env=variables,
            stdin=subprocess.PIPE,
            pass_fds=[listener.fileno()],
            start_new_session=True,  # Ctrl-C must not reach the server: the clients forward it to their forks
        )

    def end():
        server.stdin.close()
        server.wait()

    atexit.register(end)


def forked(program, *arguments, modules=MODULES, python=sys.executable):
    """Return the command line that runs a program in a fork. `program` is an entry point: "name=module:function".

    With the `python` of another environment, the program and its zygotes have the packages of that environment.
    """
    return [str(python), "-I", "-S", *map(str, (CLIENT, start(str(python), *modules), program, *arguments))]
