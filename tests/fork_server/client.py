"""Run a program in a fork of the server: `python client.py SOCKET NAME=MODULE:FUNCTION ARGUMENT...`.

This process takes the place of the program: it passes its folder, environment, processors, input and output to the
fork, forwards the signals that stop a command, and ends with the exit code of the fork. It imports little, because a
client starts for each command.
"""

import json
import os
import signal
import socket
import sys

FORWARDED = (signal.SIGINT, signal.SIGTERM)


def main():
    """Send the command to the server and wait until the fork ends."""
    address, program, *arguments = sys.argv[1:]
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
    }
    socket.send_fds(server, [b"3"], [0, 1, 2])
    server.sendall(json.dumps(request).encode() + b"\n")
    code = int(server.recv(16))
    if code < 0:
        if -code in FORWARDED:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


main()
