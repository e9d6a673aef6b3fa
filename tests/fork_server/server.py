"""The server: `python server.py DESCRIPTOR MODULE...` imports the modules, then forks for each client of a socket.

A fork becomes the program that its client names, in the client's folder, with its environment, processors, input,
output and other descriptors. The server waits for the end of each fork, and kills a fork whose client is gone.
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

from zygote_forks import ForkingPopen  # beside this program

ForkingPopen.servers = json.loads(os.environ.pop("ZYGOTE_SERVERS", "{}"))

HIGH = 1000
"""Descriptors of a client have numbers above this one, until those of the server are closed in the fork."""


def main():
    """Import the modules, then run the program of a client in each fork."""
    listener = socket.socket(fileno=int(sys.argv[1]))
    for module in sys.argv[2:]:
        import_module(module)
    gc.collect()
    gc.freeze()  # a garbage collection in a fork would write to, and so copy, every page of the heap
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
    os.setsid()  # a separate session, which subprocess.Popen gave to the client
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
                with contextlib.suppress(OSError):  # a killed client resets its connection
                    number = client.recv(1)  # the number of a signal; empty if the client is gone
                os.kill(child, number[0] if number else signal.SIGKILL)
        if listener in ready:
            client, _ = listener.accept()
            try:
                request, descriptors = receive(client)
            except (OSError, ValueError):  # the client was killed before it had sent its request
                client.close()
                continue
            if (child := fork()) == 0:
                for one in (listener, client, *clients):
                    one.detach()  # otherwise its end would close a descriptor of the client with the same number
                become(request, descriptors)
                return request["program"]
            for descriptor in descriptors:
                os.close(descriptor)
            running[os.pidfd_open(child)] = child, client


def receive(client):
    """Return the request of a client and its descriptors."""
    _, descriptors, _, _ = socket.recv_fds(client, 1, 100)
    with client.makefile("rb") as stream:
        return json.loads(stream.readline()), descriptors


def report(ended, child, client):
    """Send the client the exit code of its program."""
    os.close(ended)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with client, contextlib.suppress(OSError):  # the client is gone
        client.sendall(str(code).encode())


def fork():
    """Fork without Python's warning about threads: numpy's threads are running, but they do nothing here."""
    with warnings.catch_warnings(action="ignore"):
        return os.fork()


def become(request, descriptors):
    """Take over the folder, environment, processors, arguments and descriptors of a client."""
    received = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, HIGH) for descriptor in descriptors]
    os.closerange(3, HIGH)
    for number, descriptor in zip(request["descriptors"], received, strict=True):
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdin, sys.stdout = os.fdopen(0), os.fdopen(1, "w")  # the old ones may believe that a pipe is a file
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace")
    os.sched_setaffinity(0, request["processors"])
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = [request["program"].partition("=")[0], *request["arguments"]]
    sys.path[0] = request["folder"]  # `python -m` puts the folder there, too
    subprocess.Popen = ForkingPopen


try:
    sys.exit(main())
except SystemExit as end:
    if isinstance(end.code, int):  # end as the interpreter does, but without freeing each object of torch
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(end.code)
    raise
