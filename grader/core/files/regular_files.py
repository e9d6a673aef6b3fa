"""Read regular files only: a pipe, a device or a socket in place of a file is refused, and never waited for.

A results folder may come from somebody else, and a reader of a pipe waits until its writer has ended.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from grader.core.errors import UsageError

FLAGS = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
"""O_NONBLOCK: opening a pipe must not wait for its other end."""


def open_regular(path: Path) -> BinaryIO:
    """Open a file to read its bytes; links are followed. Raises OSError, and UsageError if it is no regular file."""
    refuse_special_file(path)  # before it is opened: opening a device may change something
    file = os.fdopen(os.open(path, os.O_RDONLY | FLAGS), "rb")
    try:
        _refuse(path, os.fstat(file.fileno()).st_mode)
    except BaseException:
        file.close()
        raise
    return file


def read_regular(path: Path) -> bytes:
    """Return the bytes of a file; links are followed. Raises OSError, and UsageError if it is no regular file."""
    with open_regular(path) as file:
        return file.read()


def refuse_special_file(path: Path) -> None:
    """Raise UsageError if there is a pipe, a device or a socket at a path; do nothing if there is nothing."""
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
