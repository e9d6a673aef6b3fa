"""The seccomp allow-list of a child: system calls that numerical Python needs, and none that affects another process.

The calls in FORBIDDEN, which student code is likely to try, return EPERM: its error message is clear. All other calls
return ENOSYS, so that glibc falls back to older calls. A child may start threads, but no processes.
"""

from __future__ import annotations

import contextlib
import ctypes.util
import errno
import fcntl
import os
from typing import Any

ALLOWED = """
    read readv pread64 write writev pwrite64 lseek close close_range dup dup2 dup3 pipe pipe2 stat fstat lstat
    newfstatat statx statfs fstatfs access faccessat faccessat2 readlink readlinkat open openat getdents
    getdents64 getcwd umask mmap munmap mremap mprotect madvise brk membarrier get_mempolicy rt_sigaction
    rt_sigprocmask rt_sigreturn rt_sigpending sigaltstack futex set_robust_list get_robust_list rseq
    set_tid_address arch_prctl restart_syscall sched_yield sched_getaffinity getcpu clock_gettime clock_getres
    clock_nanosleep nanosleep gettimeofday time times setitimer getitimer alarm getrusage getrlimit sysinfo
    uname getrandom getpid getppid gettid getuid geteuid getgid getegid getgroups getpgrp getpgid getsid poll
    ppoll select pselect6 epoll_create1 epoll_ctl epoll_wait epoll_pwait eventfd2 exit exit_group
"""

FORBIDDEN = """
    socket socketpair connect bind listen fork vfork execve execveat ptrace process_vm_readv process_vm_writev
    rt_sigqueueinfo rt_tgsigqueueinfo pidfd_open pidfd_send_signal pidfd_getfd memfd_create unshare setns mount
    umount2 io_uring_setup bpf userfaultfd perf_event_open keyctl add_key request_key shmget shmat msgget semget
    mq_open mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 symlink symlinkat link linkat mknod
    mknodat chmod fchmod fchmodat chown fchown fchownat lchown truncate ftruncate utimensat setsid setpgid
    setrlimit setpriority sched_setscheduler sched_setaffinity sched_setattr ioprio_set prctl setuid setgid
    setreuid setregid setgroups chroot
"""

CLONE_THREAD = 0x10000
CLONE_NAMESPACES = (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)
"""The flags of clone that make namespaces (mount, cgroup, UTS, IPC, user, process, network).

The filter blocks these flags for threads, too, because the kernel allows root to start a thread in some new namespaces.
"""
HARMLESS_IOCTLS = (0x5401, 0x5413, 0x5451, 0x541B)  # TCGETS, TIOCGWINSZ, FIOCLEX, FIONREAD
HARMLESS_FCNTLS = (
    fcntl.F_DUPFD,
    fcntl.F_GETFD,
    fcntl.F_SETFD,
    fcntl.F_GETFL,
    fcntl.F_SETFL,
    fcntl.F_DUPFD_CLOEXEC,
)  # F_SETOWN and F_SETSIG are not in the list: with them and O_ASYNC a child could send any signal to any process


def import_seccomp() -> Any:
    """Import pyseccomp without letting it run ldconfig and a compiler to find libc. Raises ImportError, OSError."""
    find = ctypes.util.find_library
    names = {"c": "libc.so.6", "seccomp": "libseccomp.so.2"}
    ctypes.util.find_library = lambda name: names.get(name) or find(name)
    try:
        import pyseccomp
    finally:
        ctypes.util.find_library = find
    return pyseccomp


def make_filter() -> Any:
    """Return the filter without the rules that need the child's process id. Raises ImportError, OSError."""
    sec = import_seccomp()
    syscalls = sec.SyscallFilter(sec.ERRNO(errno.ENOSYS))
    for name in ALLOWED.split():
        _add(syscalls, sec.ALLOW, name)
    for name in FORBIDDEN.split():
        _add(syscalls, sec.ERRNO(errno.EPERM), name)
    thread_or_namespace = CLONE_THREAD | sum(CLONE_NAMESPACES)
    syscalls.add_rule(sec.ALLOW, "clone", sec.Arg(0, sec.MASKED_EQ, thread_or_namespace, CLONE_THREAD))
    for flag, value in ((CLONE_THREAD, 0), *((flag, flag) for flag in CLONE_NAMESPACES)):
        syscalls.add_rule(sec.ERRNO(errno.EPERM), "clone", sec.Arg(0, sec.MASKED_EQ, flag, value))
    for request in HARMLESS_IOCTLS:
        syscalls.add_rule(sec.ALLOW, "ioctl", sec.Arg(1, sec.EQ, request))
    for command in HARMLESS_FCNTLS:
        syscalls.add_rule(sec.ALLOW, "fcntl", sec.Arg(1, sec.EQ, command))
    syscalls.add_rule(sec.ALLOW, "prlimit64", sec.Arg(2, sec.EQ, 0))  # without a new limit, the call only reads
    return syscalls


def load(syscalls: Any) -> None:
    """Allow signals to this process only, and load the filter, permanently."""
    sec, me = import_seccomp(), os.getpid()
    for name in ("kill", "tgkill"):
        syscalls.add_rule(sec.ALLOW, name, sec.Arg(0, sec.EQ, me))
        syscalls.add_rule(sec.ERRNO(errno.EPERM), name, sec.Arg(0, sec.NE, me))
    syscalls.add_rule(sec.ERRNO(errno.EPERM), "tkill")
    syscalls.load()


def _add(syscalls: Any, action: Any, name: str) -> None:
    # If the architecture of this machine does not have the system call, it needs no rule.
    with contextlib.suppress(OSError, ValueError, RuntimeError):
        syscalls.add_rule(action, name)
