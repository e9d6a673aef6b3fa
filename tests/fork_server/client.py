"""Run a program in a fork of the server: `python client.py SOCKET NAME=MODULE:FUNCTION ARGUMENT...`.

This process, the client, behaves like the program. It passes its folder, environment, processors, input, output and
other file descriptors to the fork, forwards the signals that stop a command, and ends with the exit code of the fork.
It imports few modules, because a client starts for each command.

`python client.py SOCKET -c SOURCE ARGUMENT...` runs source code instead of a program. Such a client also ends when the
process that started it has ended.
"""

import json
import os
import select
import signal
import socket
import sys

FORWARDED = (signal.SIGINT, signal.SIGTERM)


def main():
    """Send the command to the server and wait until the fork ends."""
    address, program, *arguments = sys.argv[1:]
    parent = os.pidfd_open(os.getppid()) if program == "-c" else None
    descriptors = open_descriptors({parent})
    server = socket.socket(socket.AF_UNIX)
    server.connect(address)
    for number in FORWARDED:
        signal.signal(number, lambda number, _: server.send(bytes([number])))
    request = {
        "program": program,
        "arguments": arguments,
        "folder": os.getcwd(),  # noqa: PTH109  (pathlib takes a while to import)
        "environment": dict(os.environ),
        "processors": sorted(os.sched_getaffinity(0)),
        "descriptors": descriptors,
    }
    socket.send_fds(server, [b"3"], descriptors)
    server.sendall(json.dumps(request).encode() + b"\n")
    for number in descriptors[3:]:
        os.close(number)  # a reader of a pipe or socket waits until every process has closed the other end
    if parent is not None and parent in select.select([server, parent], [], [])[0]:
        os._exit(1)  # the server notices this, and kills the fork
    code = int(server.recv(16))
    if code < 0:
        if -code in FORWARDED:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def open_descriptors(ours):
    """Return the open file descriptors of this process, except `ours`."""
    numbers = [int(name) for name in os.listdir("/proc/self/fd")]  # noqa: PTH208  (pathlib takes a while to import)
    return sorted(number for number in numbers if number not in ours and os.path.exists(f"/proc/self/fd/{number}"))  # noqa: PTH110


main()
