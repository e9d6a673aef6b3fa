"""Locks on open files: flock, and on Windows msvcrt.locking. A lock ends with the process that holds it."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

LOCKED_BYTE = 1 << 30
"""Position of the byte that Windows locks: behind what the file holds, which others may then read."""


def try_to_lock(descriptor: int) -> bool:
    """Lock a file if nobody else has; return whether it is locked. A file system that cannot lock lets all pass."""
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
    """Unlock a file."""
    with suppress(OSError):
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_UN)
