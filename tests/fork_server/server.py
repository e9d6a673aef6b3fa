"""The server: `python server.py DESCRIPTOR MODULE...` imports the modules, then forks for each client of a socket.

A fork runs the program that its client names, in the folder of the client, with the client's environment, processors,
input, output and other file descriptors. When a fork ends, the server sends its exit code to the client. If a client
ends first, the server kills the fork.
"""

import atexit
import contextlib
import fcntl
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
import warnings
from importlib import import_module

from zygote_forks import ForkingPopen  # a module in the folder of this program

ForkingPopen.servers = json.loads(os.environ.pop("ZYGOTE_SERVERS", "{}"))

HIGH = 1000
"""In a fork, the descriptors of the client have numbers from this one on, until the server's descriptors are closed."""


def main():
    """Import the modules, then serve clients. In each fork, run the program of the client."""
    listener = socket.socket(fileno=int(sys.argv[1]))
    for module in sys.argv[2:]:
        import_module(module)
    gc.collect()
    gc.freeze()  # otherwise a garbage collection in a fork would write to every page of the heap, and so copy it
    program = serve(listener)
    if program == "-c":
        return run_source()
    module, _, function = program.partition("=")[2].partition(":")
    return getattr(import_module(module), function)()


def run_source():
    """Run source code as `python -P -B -c SOURCE ARGUMENT...` does."""
    source = sys.argv.pop(1)
    sys.dont_write_bytecode = True
    del sys.path[0]
    os.setsid()  # the caller started the client in a separate session, so the fork must be in one, too
    time.tzset()
    exec(compile(source, "<string>", "exec"), {"__name__": "__main__"})


def serve(listener):
    """Serve clients until standard input closes. In a fork, return the program that the fork must run."""
    running = {}  # {process descriptor: (process id, client)}
    while True:
        clients = [client for _, client in running.values()]
        ready = select.select([listener, sys.stdin, *running, *clients], [], [])[0]
        if sys.stdin in ready:  # the tests have ended, perhaps killed
            for child, _ in running.values():
                os.kill(child, signal.SIGKILL)
            sys.exit()
        for ended in [source for source in ready if source in running]:
            report(ended, *running.pop(ended))
        for child, client in running.values():
            if client in ready:
                number = b""
                with contextlib.suppress(OSError):  # the system resets the connection of a killed client
                    number = client.recv(1)  # the number of a signal to forward; empty if the client has ended
                os.kill(child, number[0] if number else signal.SIGKILL)
        if listener in ready:
            client, _ = listener.accept()
            try:
                request, descriptors = receive(client)
            except (OSError, ValueError):  # the client was killed before it sent a whole request
                client.close()
                continue
            if (child := fork()) == 0:
                for one in (listener, client, *clients):
                    one.detach()  # otherwise Python would close this number, which is soon a descriptor of the client
                become(request, descriptors)
                return request["program"]
            for descriptor in descriptors:
                os.close(descriptor)
            running[os.pidfd_open(child)] = child, client


def receive(client):
    """Return the request of a client, and the file descriptors that it has sent."""
    _, descriptors, _, _ = socket.recv_fds(client, 1, 100)
    with client.makefile("rb") as stream:
        return json.loads(stream.readline()), descriptors


def report(ended, child, client):
    """Send the exit code of an ended fork to its client; `ended` is the pidfd of the fork."""
    os.close(ended)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with client, contextlib.suppress(OSError):  # the client may have ended
        client.sendall(str(code).encode())


def fork():
    """Fork without Python's warning about threads: numpy has started threads, but they are idle here."""
    with warnings.catch_warnings(action="ignore"):
        return os.fork()


def become(request, descriptors):
    """Take over the folder, environment, processors, arguments and descriptors of a client."""
    received = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, HIGH) for descriptor in descriptors]
    os.closerange(3, HIGH)
    for number, descriptor in zip(request["descriptors"], received, strict=True):
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdin, sys.stdout = os.fdopen(0), os.fdopen(1, "w")  # the server's objects buffer in another way
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace")
    os.sched_setaffinity(0, request["processors"])
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = [request["program"].partition("=")[0], *request["arguments"]]
    sys.path[0] = request["folder"]  # as `python -m` does
    subprocess.Popen = ForkingPopen


try:
    sys.exit(main())
except SystemExit as end:
    if isinstance(end.code, int):  # end like the interpreter, but faster: do not free each object of torch
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(end.code)
    raise
