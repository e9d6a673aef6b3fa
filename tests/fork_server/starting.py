"""Start fork servers and write the command lines that run a program in a fork.

A program in a fork has modules in memory that it did not import itself, and no options of the interpreter. A test of
what a command imports must start a separate interpreter.
"""

import atexit
import os
import shlex
import socket
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from grader.execution.host.sandbox_levels import ENVIRONMENT

SERVER, CLIENT = (Path(__file__).with_name(name) for name in ("server.py", "client.py"))

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
"""Modules of other packages that the grader imports. Each fork then imports the grader's modules itself."""

ZYGOTE_MODULES = (
    "msgspec",
    "torch",
    "torch.func",
    "torch.optim",
    "torch.utils._python_dispatch",
    "torch.utils.data",
    "torch.utils.serialization.config",
)
"""Modules of other packages that a zygote imports."""

HASH_SEEDS = ("0", "4321")
"""The values of PYTHONHASHSEED for zygotes; `find_irreproducible` takes the second one."""

PYTHON = """#!/bin/sh
server={folder}/socket-$PYTHONHASHSEED
case "$5" in *grader.execution.guest.zygote*) test -w "$server" && shift 3 && exec {client} "$server" "$@" ;; esac
exec {python} "$@"
"""
"""A program in place of the interpreter. The arguments of a zygote are -P -s -B -c SOURCE DESCRIPTOR."""


@cache
def start(*modules):
    """Start a server that imports the modules, and return the path of its socket. It ends with this process."""
    address = new_folder() / "socket"
    variables = {"PYTHONIOENCODING": "utf-8", "FORKS_PYTHON": str(python_with_forked_zygotes())}
    listen(address, modules, {**os.environ, **variables})
    return address


@cache
def python_with_forked_zygotes():
    """Return a program that runs zygotes in forks of a process that imported torch, and all else in the interpreter.

    A zygote in a sandbox is no fork: it is inside of bubblewrap, or its user may not connect to the server.
    """
    folder = new_folder()
    for seed in HASH_SEEDS:
        listen(folder / f"socket-{seed}", ZYGOTE_MODULES, {**ENVIRONMENT, "PYTHONHASHSEED": seed})
    client = shlex.join([sys.executable, "-I", "-S", str(CLIENT)])
    program = folder / "python"
    program.write_text(
        PYTHON.format(folder=shlex.quote(str(folder)), client=client, python=shlex.quote(sys.executable))
    )
    program.chmod(0o755)
    return program


def new_folder():
    """Return a new folder for this user alone, which is removed when this process ends."""
    folder = tempfile.TemporaryDirectory(prefix="forks")
    atexit.register(folder.cleanup)
    return Path(folder.name)


def listen(address, modules, variables):
    """Start a server with these environment variables that imports the modules and listens at the path."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(address))
        listener.listen()  # clients wait here until the server has imported its modules
        server = subprocess.Popen(
            [sys.executable, SERVER, str(listener.fileno()), *modules],
            env=variables,
            stdin=subprocess.PIPE,
            pass_fds=[listener.fileno()],
            start_new_session=True,  # Ctrl-C ends the programs through their clients
        )

    def end():
        server.stdin.close()
        server.wait()

    atexit.register(end)


def forked(program, *arguments, modules=MODULES):
    """Return the command line that runs a program in a fork. The program is an entry point: `name=module:function`."""
    return [sys.executable, "-I", "-S", *map(str, (CLIENT, start(*modules), program, *arguments))]
