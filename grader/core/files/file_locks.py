"""Locks on open files: flock, or msvcrt.locking on Windows. A lock is released when the process that holds it ends."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

LOCKED_BYTE = 1 << 30
"""Position of the locked byte on Windows, far behind the end of the file: other processes cannot read a locked byte."""


def try_to_lock(descriptor: int) -> bool:
    """Lock an open file, without waiting. Return False if another process holds the lock, else True.

    On a file system that does not support locks, the file is not locked, and the result is True.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True
    return True


def unlock(descriptor: int) -> None:
    """Release the lock that `try_to_lock` took."""
    with suppress(OSError):
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_UN)
