"""Which walls stand on this machine, and the command that starts a zygote behind them.

Theory of operation (three walls that do not depend on one another)
    1  bubblewrap, once per worker: an empty, read-only world without network, other processes or a home.
    2  Landlock, in each child: no file but Python's own, no TCP, no signal to others.
    3  seccomp and resource limits, in each child: no process, no socket, no more memory than agreed.
The inner two are the core and hold alone (containers); bubblewrap is added wherever it can run.
Levels are found by trying (grader.execution.host.sandbox_probe), not from version numbers.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

from grader.core.errors import UsageError
from grader.core.package_paths import PACKAGE, SOURCE_ROOT

NOBODY = 65534
IN_SANDBOX = ("core", "experiments", "execution/guest", "declare")
"""The parts of the package that a zygote imports and bubblewrap shows it: none of them holds a right answer."""

ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",  # a thread pool before the fork hangs every child for ever
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "CUDA_VISIBLE_DEVICES": "",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",  # huge pages: a fork copies a third of the page tables
    "HOME": "/nonexistent",
    "LANG": "C.UTF-8",
    "PATH": "/usr/bin",
    "TORCHINDUCTOR_CACHE_DIR": "/tmp/inductor",
}


class Level(StrEnum):
    """How well submissions are walled in."""

    FULL = "full"
    CORE = "core"
    WEAK = "weak"
    NONE = "none"

    @property
    def holds(self) -> bool:
        """Whether the walls were seen to refuse what they must."""
        return self in (Level.FULL, Level.CORE)


@dataclass(frozen=True)
class Confinement:
    """The walls of a worker: their names (bwrap, landlock, seccomp, limits), the user it runs as, and the limits.

    `memory` is in MiB beyond what torch itself takes; `cpu` in seconds for one child.
    """

    level: Level
    names: frozenset[str]
    user: int | None = None
    memory: int = 1536
    cpu: int = 20


def candidates(level: Level, memory: int, time_limit: float) -> Iterator[Confinement]:
    """The ways to reach a level on this machine, the best first."""
    cpu = max(5, round(4 * time_limit))
    walls: dict[Level, list[frozenset[str]]] = {
        Level.FULL: [frozenset({"bwrap", "landlock", "seccomp", "limits"})],
        Level.CORE: [frozenset({"landlock", "seccomp", "limits"})],
        Level.WEAK: [frozenset({"seccomp", "limits"}), frozenset({"landlock", "limits"}), frozenset({"limits"})],
        Level.NONE: [frozenset()],
    }
    for names in walls[level]:
        if level != Level.NONE and os.geteuid() == 0:
            yield Confinement(level, names, NOBODY, memory, cpu)
        yield Confinement(level, names, None, memory, cpu)  # a Python below /root cannot be run by nobody


def missing_tools() -> list[UsageError]:
    """What stands between this machine and level full, each with how to get it."""
    if not sys.platform.startswith("linux"):
        return [UsageError("the walls are features of Linux: grade in Docker, Podman or WSL2")]
    missing = []
    if shutil.which("bwrap") is None:
        missing.append(UsageError("bubblewrap is not installed: apt install bubblewrap (or dnf, pacman)"))
    else:
        missing.append(
            UsageError(
                "bubblewrap cannot make a user namespace here: in a container that is normal; "
                "on Ubuntu 24.04 add an AppArmor profile for /usr/bin/bwrap"
            )
        )
    return missing


def command(names: frozenset[str], control: int) -> list[str]:
    """The command line of a zygote that finds its control socket at that descriptor."""
    root = "/app" if "bwrap" in names else str(SOURCE_ROOT)
    # torch makes two thousand modules that stay: without the third number a fifth of the time goes to looking for
    # rubbish among them. Young rubbish is still removed: holes in the heap cost every child page faults.
    start = "import gc, sys; gc.set_threshold(700, 10, 1000); "
    start += f"sys.path[:0] = {[root, *package_folders()]!r}; from grader.execution.guest.zygote import main; main()"
    python = [os.path.abspath(sys.executable), "-I", "-B", "-c", start, str(control)]  # noqa: PTH100  (resolve() would leave the virtual environment)
    return [*_bubblewrap(), *python] if "bwrap" in names else python


def package_folders() -> list[str]:
    """Where the packages that a zygote needs are installed: -I forgets PYTHONPATH and a user's own packages."""
    specs = [importlib.util.find_spec(name) for name in ("torch", "numpy", "msgspec", "pyseccomp", "sklearn")]
    found = [Path(spec.origin) for spec in specs if spec and spec.origin]
    return list(dict.fromkeys(str(p.parent if p.name == "pyseccomp.py" else p.parent.parent) for p in found))


def _bubblewrap() -> list[str]:
    """An empty world: the system's libraries, Python, our own code without judge and course; nothing writable."""
    arguments = ["bwrap", "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-net", "--unshare-uts"]
    arguments += ["--unshare-cgroup-try", "--disable-userns", "--die-with-parent", "--new-session"]
    arguments += ["--cap-drop", "ALL", "--clearenv", "--hostname", "sandbox"]
    for name, value in ENVIRONMENT.items():
        arguments += ["--setenv", name, value]
    arguments += ["--ro-bind", "/usr", "/usr"]
    for name in ("/bin", "/lib", "/lib64"):
        path = Path(name)
        if path.is_symlink():
            arguments += ["--symlink", str(path.readlink()), name]
        elif path.is_dir():
            arguments += ["--ro-bind", name, name]
    for prefix in dict.fromkeys(map(os.path.abspath, (sys.base_prefix, sys.prefix, *package_folders()))):
        arguments += ["--ro-bind", prefix, prefix]
    inits = {(above / "__init__.py").as_posix() for part in IN_SANDBOX for above in PurePosixPath(part).parents}
    for part in (*sorted(inits), *IN_SANDBOX):
        arguments += ["--ro-bind", str(PACKAGE / part), f"/app/grader/{part}"]
    arguments += [
        "--ro-bind-try",
        "/etc/ld.so.cache",
        "/etc/ld.so.cache",
        "--ro-bind",
        "/proc/cpuinfo",
        "/proc/cpuinfo",
    ]
    arguments += ["--ro-bind-try", "/sys/devices/system/cpu", "/sys/devices/system/cpu"]
    for device in ("null", "zero", "urandom"):
        arguments += ["--dev-bind", f"/dev/{device}", f"/dev/{device}"]
    return [*arguments, "--dir", "/tmp/inductor", "--remount-ro", "/", "--chdir", "/"]
