"""Start fork servers and write the command lines that run a program in a fork.

A program in a fork has modules in memory that it did not import itself, and no options of the interpreter. A test of
what a command imports must start a separate interpreter.
"""

import atexit
import os
import socket
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

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


@cache
def start(*modules):
    """Start a server that imports the modules, and return the path of its socket. It ends with this process."""
    folder = tempfile.TemporaryDirectory(prefix="forks")
    address = Path(folder.name, "socket")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(address))
        listener.listen()  # clients wait here until the server has imported its modules
        server = subprocess.Popen(
            [sys.executable, SERVER, str(listener.fileno()), *modules],
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
            stdin=subprocess.PIPE,
            pass_fds=[listener.fileno()],
            start_new_session=True,  # Ctrl-C ends the programs through their clients
        )

    def end():
        server.stdin.close()
        server.wait()
        folder.cleanup()

    atexit.register(end)
    return address


def forked(program, *arguments, modules=MODULES):
    """Return the command line that runs a program in a fork. The program is an entry point: `name=module:function`."""
    return [sys.executable, "-I", "-S", *map(str, (CLIENT, start(*modules), program, *arguments))]
