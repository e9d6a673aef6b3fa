"""Test the sandbox of a child before any archive is opened: attempt each action that the sandbox must block."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable


def blocked_attempts() -> list[bool]:
    """Return for each attempt whether the sandbox blocked it."""
    attempts = (_read_file, _write_file, _start_process, _open_network, _open_local_socket, _signal_parent)
    return [_is_blocked(attempt) for attempt in attempts]


def _is_blocked(attempt: Callable[[], None]) -> bool:
    try:
        attempt()
    except OSError:
        return True
    return False


def _read_file() -> None:
    os.close(os.open("/etc/passwd", os.O_RDONLY))


def _write_file() -> None:
    # Use a file without a name (O_TMPFILE). A sandbox may allow a write but not the removal of a named file afterwards.
    os.write(os.open("/tmp", os.O_TMPFILE | os.O_WRONLY, 0o600), b"x")


def _start_process() -> None:
    if os.fork() == 0:
        os._exit(0)


def _open_network() -> None:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def _open_local_socket() -> None:
    socket.socket(socket.AF_UNIX).bind("\0sandbox-trial")


def _signal_parent() -> None:
    os.kill(os.getppid(), 0)
