"""Join the sandbox that bubblewrap made for another process, and give up all rights in it.

Theory of operation
    A zygote that is forked from a fork server has torch in its memory, but it runs outside bubblewrap. Bubblewrap can
    only start a new process in a sandbox. So it starts one that only waits, and that keeps the sandbox open for the
    zygote. `setns` with the pidfd of the waiting process moves the zygote into all namespaces of the sandbox: the root
    folder of the zygote is then the nearly empty tree of the sandbox, the zygote has no network, and its children are
    in the process namespace of the sandbox. The kernel then gives the zygote all capabilities in the user namespace,
    and the zygote drops them, as bubblewrap does.
"""

from __future__ import annotations

import ctypes
import os

NAMESPACES = {
    "user": 0x1000_0000,
    "mount": 0x0002_0000,
    "process": 0x2000_0000,
    "network": 0x4000_0000,
    "ipc": 0x0800_0000,
    "host name": 0x0400_0000,
    "cgroup": 0x0200_0000,
}
"""The flags of `setns`, from linux/sched.h."""

PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 24, 38, 47, 4
CAPABILITY_VERSION_3 = 0x2008_0522


def join_namespaces(pidfd: int) -> None:
    """Enter all namespaces of the process that `pidfd` refers to. Raises OSError.

    A process cannot change its own process namespace: only children that it forks afterwards are in the new one.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(pidfd, sum(NAMESPACES.values())):
        raise OSError(ctypes.get_errno(), "the sandbox cannot be joined")
    os.chdir("/")


def drop_capabilities() -> None:
    """Give up all capabilities, permanently. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    number = 0
    while libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0) == 0:  # fails at the first number after the last capability
        number += 1
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    none = (ctypes.c_uint32 * 6)()  # effective, permitted and inheritable, 64 bits each
    if not number or libc.capset(header, none) or libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "the capabilities in the sandbox cannot be dropped")
