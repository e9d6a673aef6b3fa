"""Landlock: a process gives up its rights to files, TCP ports, signals and abstract sockets (Linux 5.13 and later).

The three system calls have no wrapper in libc and no maintained binding in Python, so this module calls them by number.
The numbers of the system calls are the same on every architecture. Source: the kernel's
Documentation/userspace-api/landlock.rst.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
VERSION_FLAG, PATH_BENEATH = 1, 1
PR_SET_NO_NEW_PRIVS = 38

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, TRUNCATE, IOCTL_DEV = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14, 1 << 15
FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
"""The rights that apply to a single file."""

TCP_BIND_AND_CONNECT = 0b11
ABSTRACT_SOCKETS_AND_SIGNALS = 0b11

_libc = ctypes.CDLL(None, use_errno=True)


def abi_version() -> int:
    """Return the kernel's Landlock version; 0 if it has no Landlock."""
    return max(0, int(_libc.syscall(CREATE_RULESET, None, 0, VERSION_FLAG)))


def make_ruleset(readable: Iterable[str | Path], writable: Iterable[str | Path]) -> int:
    """Return the descriptor of a ruleset that denies all that this kernel can deny, except access to these paths.

    Raises OSError if the kernel has no Landlock or refuses the ruleset.
    """
    abi = abi_version()
    if not abi:
        raise OSError("this kernel has no Landlock")
    handled = _all_file_rights(abi)
    ruleset = _create(handled, TCP_BIND_AND_CONNECT if abi >= 4 else 0, ABSTRACT_SOCKETS_AND_SIGNALS if abi >= 6 else 0)
    for path in readable:
        _allow(ruleset, Path(path), (READ_FILE | READ_DIR | EXECUTE) & handled)
    for path in writable:
        _allow(ruleset, Path(path), (READ_FILE | WRITE_FILE) & handled)
    return ruleset


def restrict(ruleset: int) -> None:
    """Give up all rights that the ruleset does not allow, permanently. Raises OSError."""
    if _libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no_new_privs")
    if _libc.syscall(RESTRICT_SELF, ruleset, 0):
        raise OSError(ctypes.get_errno(), "landlock_restrict_self")


def _all_file_rights(abi: int) -> int:
    """Return the bits of all file rights that this version of Landlock knows."""
    bits = 13 + (abi >= 2) + (abi >= 3) + (abi >= 5)
    return (1 << bits) - 1


def _create(files: int, network: int, scope: int) -> int:
    attribute = struct.pack("QQQ", files, network, scope)
    size = 24 if scope else 16 if network else 8
    ruleset = int(_libc.syscall(CREATE_RULESET, attribute, ctypes.c_size_t(size), 0))
    if ruleset < 0 and scope:
        # The kernels of some distributions report version 6, but refuse its scopes (abstract sockets and signals).
        return _create(files, network, 0)
    if ruleset < 0:
        raise OSError(ctypes.get_errno(), "landlock_create_ruleset")
    return ruleset


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        allowed = rights if path.is_dir() else rights & FILE_RIGHTS
        if _libc.syscall(ADD_RULE, ruleset, PATH_BENEATH, struct.pack("=Qi", allowed, fd), 0):
            raise OSError(ctypes.get_errno(), f"landlock_add_rule {path}")
    finally:
        os.close(fd)
