"""Walls 2 and 3, put up by a child round itself: Landlock, resource limits, seccomp. Prepared once in the zygote."""

from __future__ import annotations

import ctypes
import mmap
import os
import resource
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from grader.execution.guest.limits import landlock, seccomp

MIB = 1 << 20
PR_SET_PDEATHSIG, PR_SET_DUMPABLE = 1, 4
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")


@dataclass
class Walls:
    """What a child will be confined by: the names of the walls, and what was prepared for them.

    `memory` is what it may use beyond the zygote, in MiB; `cpu` its processor time, in seconds.
    """

    names: frozenset[str]
    memory: int
    cpu: int
    ruleset: int = -1
    filter: Any = None
    in_use: int = field(default=0)

    def prepare(self) -> None:
        """Build what every child needs, in the zygote. Raises OSError or ImportError where a wall cannot stand."""
        libc = ctypes.CDLL(None, use_errno=True)
        # No core dumps, no ptrace, no /proc/<pid>/mem for processes of the same user; children inherit it.
        libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
        if "landlock" in self.names:
            self.ruleset = landlock.make_ruleset(readable_paths(), DEVICES)
        if "seccomp" in self.names:
            self.filter = seccomp.make_filter()
        self.measure()

    def measure(self) -> None:
        """See how much the zygote itself takes now, beyond which a child may use so much."""
        if "limits" in self.names:
            self.in_use = address_space()

    def restrict_files(self) -> None:
        """Wall 2. First, since the ruleset is a descriptor, and descriptors are about to be closed."""
        if "landlock" in self.names:
            landlock.restrict(self.ruleset)

    def restrict_calls(self) -> None:
        """The limits and wall 3. Last: afterwards the child can set up nothing more."""
        if "limits" in self.names:
            for kind, amount in self._limits():
                resource.setrlimit(kind, (amount, amount))
        if "seccomp" in self.names:
            seccomp.load(self.filter)

    def _limits(self) -> Iterator[tuple[int, int]]:
        yield resource.RLIMIT_AS, self.in_use + self.memory * MIB
        yield resource.RLIMIT_CPU, self.cpu
        yield resource.RLIMIT_CORE, 0
        yield resource.RLIMIT_FSIZE, 1 * MIB
        yield resource.RLIMIT_NOFILE, 64
        if "bwrap" in self.names:
            # Outside a user namespace this counts every process of the user: it would lock out her desktop.
            yield resource.RLIMIT_NPROC, 64


def die_with_parent() -> None:
    """End at once when the parent does, however it ends: no zygote and no endless child outlives a killed grader."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def readable_paths() -> list[str]:
    """What a submission may read: the system's libraries, Python, and the packages beside torch."""
    system = [
        "/usr/lib",
        "/usr/lib64",
        "/lib",
        "/lib64",
        "/usr/share/zoneinfo",
        "/proc/cpuinfo",
        "/sys/devices/system/cpu",
    ]
    packages = {str(Path(module.__file__ or "").parent.parent) for module in (torch, np)}
    return [*system, sys.base_prefix, sys.prefix, *sorted(packages)]


def address_space() -> int:
    """The bytes of address space that this process uses, found without /proc: the lowest limit under which it can grow.

    A limit below what is in use breaks nothing; it only refuses growth.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    low, high = 0, 1 << 47
    while high - low > mmap.PAGESIZE:
        middle = (low + high) // 2
        resource.setrlimit(resource.RLIMIT_AS, (middle, hard))
        try:
            mmap.mmap(-1, mmap.PAGESIZE).close()
            high = middle
        except (OSError, MemoryError):
            low = middle
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    return high


def only_one_thread() -> bool:
    """Whether a fork is safe: a thread pool of the parent does not exist in the child, which would wait for it."""
    tasks = Path("/proc/self/task")
    return not tasks.is_dir() or len(os.listdir(tasks)) == 1  # noqa: PTH208  (names are enough)
