"""Sandbox levels, their protections, and the command that starts a zygote in bubblewrap.

Theory of operation (three layers that do not depend on one another)
    1  bubblewrap, once for each worker: a nearly empty, read-only file system, without network, other processes or a
       home folder.
    2  Landlock, in each child: no access to files other than those of Python and the system's libraries, no TCP, no
       signals to other processes.
    3  seccomp and resource limits, in each child: no new processes, no sockets, limited memory.
Layers 2 and 3 form level core, which also works in containers. Level full adds bubblewrap. Layers 2 and 3 are in
grader.execution.guest.limits.
The grader finds the level by attempting what the sandbox must block (grader.execution.host.sandbox_probe), not from
version numbers.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

from grader.core.errors import UsageError
from grader.core.package_paths import PACKAGE, SOURCE_ROOT
from grader.execution.host.interpreter_conditions import USUAL, Conditions

NOBODY = 65534
IN_SANDBOX = ("core", "experiments", "execution/guest", "declare")
"""The parts of the package that a zygote imports and bubblewrap binds. These parts contain no right answer."""


@dataclass(frozen=True)
class Program:
    """The program that a zygote runs.

    module: the module whose `main` is called.
    parts: the files and folders of the package `grader` that the zygote can see in bubblewrap.
    first: Python statements that run before the module is imported.
    """

    module: str
    parts: tuple[str, ...]
    first: str = ""


STUDENT_CODE = Program(
    "grader.execution.guest.zygote",
    IN_SANDBOX,
    "from grader.execution.guest.library_search import allow_import_without_temporary_files as allow; allow(); ",
)
EXTRACTION = Program(
    "grader.execution.extraction.extraction_zygote",
    ("execution/extraction", "execution/guest/limits", "execution/guest/zygote_protocol.py"),
)
"""The program that opens archives. This program imports neither torch nor the experiments."""

ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",  # if a zygote started a thread pool before the fork, every child would hang
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "CUDA_VISIBLE_DEVICES": "",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",  # with huge pages a fork copies only a third of the page tables
    "HOME": "/nonexistent",
    "LANG": "C.UTF-8",
    "PATH": "/usr/bin",
    "TORCHINDUCTOR_CACHE_DIR": "/tmp/inductor",
}


class Level(StrEnum):
    """Sandbox level: the strength of the protection around student code."""

    FULL = "full"
    CORE = "core"
    WEAK = "weak"
    NONE = "none"

    @property
    def is_strong(self) -> bool:
        """Whether the level blocks every attempt of the probe. This is true of full and core."""
        return self in (Level.FULL, Level.CORE)


@dataclass(frozen=True)
class Sandbox:
    """The sandbox of a worker.

    protections: the names of the protections in use, of bwrap, landlock, seccomp and limits.
    user: the id of the user that runs the worker; None for the current user.
    memory: the memory limit of a child in MiB, beyond the memory of torch itself.
    cpu: the limit of a child's processor time in seconds.
    """

    level: Level
    protections: frozenset[str]
    user: int | None = None
    memory: int = 1536
    cpu: int = 20


def candidates(level: Level, memory: int, time_limit: float) -> Iterator[Sandbox]:
    """Yield the sandboxes that may reach a level on this machine, the strongest first."""
    cpu = max(5, round(4 * time_limit))
    protections: dict[Level, list[frozenset[str]]] = {
        Level.FULL: [frozenset({"bwrap", "landlock", "seccomp", "limits"})],
        Level.CORE: [frozenset({"landlock", "seccomp", "limits"})],
        Level.WEAK: [frozenset({"seccomp", "limits"}), frozenset({"landlock", "limits"}), frozenset({"limits"})],
        Level.NONE: [frozenset()],
    }
    for chosen in protections[level]:
        if level != Level.NONE and os.geteuid() == 0:
            yield Sandbox(level, chosen, NOBODY, memory, cpu)
        yield Sandbox(level, chosen, None, memory, cpu)  # also for root: the user "nobody" cannot run a Python in /root


def anybody_can_run_python() -> bool:
    """Return whether every user may run this Python.

    The result is False for a Python below /root, which only root enters.
    """
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in Path(sys.executable).resolve().parents)


def missing_tools() -> list[UsageError]:
    """Return messages on what this machine lacks for level full, and how to install it."""
    if not sys.platform.startswith("linux"):
        return [UsageError("the sandbox needs Linux: grade in Docker, Podman or WSL2")]
    missing = []
    if shutil.which("bwrap") is None:
        missing.append(UsageError("bubblewrap is not installed. Run: apt install bubblewrap (or use dnf, pacman)"))
    else:
        missing.append(
            UsageError(
                "bubblewrap is installed, but cannot make a user namespace. Most containers do not allow this. "
                "On Ubuntu 24.04, add an AppArmor profile for /usr/bin/bwrap"
            )
        )
    return missing


HOLDER = """
import os, socket, sys
end = socket.socket(fileno=int(sys.argv[1]))
socket.send_fds(end, [b"pidfd"], [os.pidfd_open(os.getpid())])
end.recv(1)
"""
"""The program in an empty sandbox. This program sends its pidfd, and ends when the other end of its socket closes."""


class EmptySandbox:
    """A sandbox of bubblewrap in which a process only waits, so that a zygote can join the sandbox.

    The waiting process sends its pidfd to the socket `end`.
    """

    def __init__(self, program: Program, user: int | None) -> None:
        """Start bubblewrap without waiting for it. Raises OSError."""
        self.end, holder_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        holder = [os.path.abspath(sys.executable), "-I", "-S", "-B", "-c", HOLDER, str(holder_end.fileno())]  # noqa: PTH100  (as in `command`)
        with holder_end:
            self._process = subprocess.Popen(
                [*_bubblewrap(program), *holder],
                pass_fds=[holder_end.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=ENVIRONMENT,
                start_new_session=True,
                user=user,
                group=user,
                extra_groups=None if user is None else [],
            )

    def last_error_line(self) -> str:
        """Return the last line that bubblewrap has written to its standard error; "" if there is none."""
        assert self._process.stderr is not None
        os.set_blocking(self._process.stderr.fileno(), False)
        lines = (self._process.stderr.read() or b"").decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else ""

    def stop(self) -> None:
        """Kill all processes in the sandbox, and wait for the end of bubblewrap."""
        self.end.close()
        kill_group(self._process)
        assert self._process.stderr is not None
        self._process.stderr.close()
        self._process.wait()


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and its process group. During its setup, bubblewrap has an inner process that would survive."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def command(program: Program, names: frozenset[str], control: int, conditions: Conditions = USUAL) -> list[str]:
    """Return the command line of a zygote; `control` is the descriptor of its control socket."""
    root = "/app" if "bwrap" in names else str(SOURCE_ROOT)
    # The import of torch makes half a million objects that live as long as the process. Garbage collection would look
    # at them again and again, so it waits until they are made, and leaves them alone after that (gc.freeze).
    start = conditions.first_statement + "import gc, sys; gc.disable(); "
    start += f"sys.path[:0] = {[root, *package_folders()]!r}; "
    start += f"{program.first}from {program.module} import main; gc.freeze(); gc.enable(); main()"
    # Not -I: with it, Python would ignore PYTHONHASHSEED. ENVIRONMENT holds no other variable that Python reads.
    python = [os.path.abspath(sys.executable), "-P", "-s", "-B", "-c", start, str(control)]  # noqa: PTH100  (resolve() would leave the virtual environment)
    return [*_bubblewrap(program), *python] if "bwrap" in names else python


def package_folders() -> list[str]:
    """Return the folders of the packages that a zygote needs. A zygote reads neither PYTHONPATH nor user packages."""
    specs = [
        importlib.util.find_spec(name) for name in ("torch", "numpy", "msgspec", "pyseccomp", "sklearn", "libarchive")
    ]
    found = [Path(spec.origin) for spec in specs if spec and spec.origin]
    return list(dict.fromkeys(str(p.parent if p.name == "pyseccomp.py" else p.parent.parent) for p in found))


def _bubblewrap(program: Program) -> list[str]:
    """Return the first part of a command line: bubblewrap and its arguments, before the program that it runs.

    The sandbox contains the system's libraries, Python, and only those parts of the grader that the program needs.
    Nothing in the sandbox is writable.
    """
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
    inits = {(above / "__init__.py").as_posix() for part in program.parts for above in PurePosixPath(part).parents}
    for part in (*sorted(inits), *program.parts):
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
