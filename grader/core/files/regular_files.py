"""Read regular files only. A pipe, a device or a socket in place of a file is an error.

A results folder may come from another person and contain a pipe. To read a pipe would wait for its writer, perhaps
forever.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from grader.core.errors import UsageError

FLAGS = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
"""Flags of `os.open`. O_NONBLOCK is needed because opening a pipe waits for the other end of the pipe."""


def open_regular(path: Path) -> BinaryIO:
    """Open a file to read its bytes; links are followed. Raises OSError, and UsageError if it is no regular file."""
    refuse_special_file(path)  # check before opening: opening a device may change its state
    descriptor = os.open(path, os.O_RDONLY | FLAGS)
    try:
        _refuse(path, os.fstat(descriptor).st_mode)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_regular(path: Path) -> bytes:
    """Return the bytes of a file; links are followed. Raises OSError, and UsageError if it is no regular file."""
    with open_regular(path) as file:
        return file.read()


def refuse_special_file(path: Path) -> None:
    """Raise UsageError if `path` is a pipe, a device or a socket; accept a file, a folder and a missing path."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return
    if not stat.S_ISDIR(mode):
        _refuse(path, mode)


def _refuse(path: Path, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(mode):
        raise UsageError(
            "{path}: a pipe, a device or a socket, not a file. Move it away, then run the same command again", path=path
        )
