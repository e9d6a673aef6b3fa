"""Prepare a child's protections (Landlock, resource limits, seccomp) once in the zygote, and apply them in each child.

`host.sandbox_levels` numbers the layers of the sandbox: 1 is bubblewrap, 2 Landlock, 3 seccomp with resource limits.
"""

from __future__ import annotations

import ctypes
import importlib.util
import mmap
import resource
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.execution.guest.limits import landlock, seccomp

MIB = 1 << 20
MAX_USER_PROCESSES = 64
"""Maximum number of processes and threads in a sandbox of level full."""
PR_SET_DUMPABLE = 4
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")


@dataclass
class Protections:
    """The protections of a child.

    names: the protections to apply, of bwrap, landlock, seccomp and limits.
    memory: the memory limit of a child in MiB, beyond the zygote's own memory.
    cpu: the limit of a child's processor time, in seconds.
    ruleset: the descriptor of the Landlock ruleset; -1 before `prepare`, and without Landlock.
    filter: the seccomp filter; None before `prepare`, and without seccomp.
    in_use: the size of the zygote's address space in bytes.
    """

    names: frozenset[str]
    memory: int
    cpu: int
    ruleset: int = -1
    filter: Any = None
    in_use: int = field(default=0)

    def prepare(self, readable: Iterable[str], writable: Iterable[str]) -> None:
        """Build the Landlock ruleset and the seccomp filter, in the zygote. Raises OSError or ImportError.

        `readable` and `writable` are the paths that a child may open.
        """
        libc = ctypes.CDLL(None, use_errno=True)
        # Other processes of the same user may not read this process by a core dump, ptrace or /proc/<pid>/mem. Children
        # inherit this setting.
        libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
        if "landlock" in self.names:
            self.ruleset = landlock.make_ruleset(readable, writable)
        if "seccomp" in self.names:
            self.filter = seccomp.make_filter()
        self.measure_memory()

    def measure_memory(self) -> None:
        """Measure the address space of the zygote, to which the memory limit of a child is added."""
        if "limits" in self.names:
            self.in_use = address_space()

    def restrict_files(self) -> None:
        """Apply Landlock. Call this before the child closes its descriptors, because the ruleset is one of them."""
        if "landlock" in self.names:
            landlock.restrict(self.ruleset)

    def restrict_calls(self) -> None:
        """Apply the resource limits and seccomp. Call this last: seccomp blocks the calls of every other protection."""
        if "limits" in self.names:
            for kind, amount in self._limits():
                _, hard = resource.getrlimit(kind)  # the user may have set a lower limit, which cannot be raised
                amount = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
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
            # Outside a user namespace this limit counts every process of the user, so it could stop the user's other
            # programs.
            yield resource.RLIMIT_NPROC, MAX_USER_PROCESSES


def readable_paths() -> list[str]:
    """Return the paths that a submission may read: the system's libraries, Python, and the folder of its packages."""
    system = [
        "/usr/lib",
        "/usr/lib64",
        "/lib",
        "/lib64",
        "/usr/share/zoneinfo",
        "/proc/cpuinfo",
        "/sys/devices/system/cpu",
    ]
    specs = [importlib.util.find_spec(name) for name in ("torch", "numpy")]  # find_spec does not import the packages
    packages = {str(Path(spec.origin).parent.parent) for spec in specs if spec and spec.origin}
    return [*system, sys.base_prefix, sys.prefix, *sorted(packages)]


def address_space() -> int:
    """Return how many bytes of address space this process uses.

    The sandbox has no /proc to read the amount from. So this function searches for the lowest limit under which the
    process can still get memory. A limit below the amount in use does no harm: the kernel only refuses more memory.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    low, high = 0, 1 << 47 if hard == resource.RLIM_INFINITY else hard
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
