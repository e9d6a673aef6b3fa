"""Lock of a results folder: only one process at a time writes into the folder.

A second process gets an error that names the first process.

Theory of operation
    The operating system locks the file `.lock` (flock; on Windows msvcrt.locking), so the lock ends when its process
    ends, even if the process is killed. The content of the file only names the holder, for messages. The holder removes
    the file before it unlocks it. A process that finds that it has locked a removed file tries again with the new file.
    A worker that outlives a killed grader does not keep the lock: Python opens the file close-on-exec, and a forked
    child closes it.
    The thread that holds the lock may take it again; it is released with the outermost `with` block.
    The lock is not on journal.sqlite: closing any descriptor of that file would drop the locks of SQLite.
"""

from __future__ import annotations

import os
import socket
import stat
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from grader.core.errors import DAMAGED, UsageError
from grader.core.files.atomic_files import report_as_usage_error
from grader.core.files.file_locks import try_to_lock, unlock
from grader.core.visible_text import visible

LOCK_FILE = ".lock"
"""Name of the file in a results folder that its writer locks."""
SHORT_WAIT = 10.0
"""Seconds to wait for a holder that changes only a few files, such as `grader override`."""
POLL_INTERVAL = 0.05
"""Seconds between two attempts to lock."""
RECORD_BYTES = 4096
"""Maximum number of bytes of the lock file that are read; the record of a holder is shorter."""
NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""Flags that open the lock file safely, even in a folder from another person.

The grader writes into the file, so it does not follow a link, which could lead to any file. If the file is a pipe,
opening it does not wait for the other end."""


class Holder(msgspec.Struct, frozen=True):
    """The process that holds the lock. `since` is ISO 8601.

    `whole_run`: True if the process works on a whole class; other commands then fail at once instead of waiting for it.
    """

    process: int
    host: str
    command: str
    since: str
    whole_run: bool

    @property
    def local_since(self) -> str:
        """The time in `since` for messages: local date and time, to the minute."""
        # Imported only here, because a run that decides verdicts does not load local_time.py (see `deciding_code`).
        from grader.grading.results.local_time import local_time

        return local_time(self.since)


class FolderInUseError(UsageError):
    """Another process writes into the results folder."""


@dataclass
class _Held:
    """A lock of this process, and how often its thread has taken it."""

    descriptor: int
    thread: int
    count: int = 1


_held: dict[str, _Held] = {}
"""The locks of this process, by the real path of the folder."""


@contextmanager
def lock_folder(
    folder: Path, command: str = "", whole_run: bool = False, make_folder: bool = False
) -> Iterator[Holder | None]:
    """Let no other process or thread write into a results folder during the `with` block.

    command: name of this process in messages, without its arguments, which may name a student. Default: the program.
    whole_run: other commands fail at once. Otherwise they wait up to SHORT_WAIT seconds for the lock.
    make_folder: make a missing folder, and remove it at the end if it is still empty. Otherwise a missing folder is not
        locked.

    Yields the earlier holder if it ran on another host and did not release the lock, else None. Such a holder may still
    be running, because some network file systems do not share locks between hosts. Raises FolderInUseError if another
    process holds the lock, UsageError if the lock file cannot be written.
    """
    key, thread = os.path.realpath(folder), threading.get_ident()
    held = _held.get(key)
    if held and held.thread == thread:
        held.count += 1
        left_by = None
    else:
        if not folder.is_dir() and not make_folder:
            yield None
            return
        made = _make_folders(Path(key))
        descriptor = _wait_for_lock(folder)
        left_by = _take_over(descriptor, command, whole_run)
        held = _held[key] = _Held(descriptor, thread)
    try:
        yield left_by
    finally:
        held.count -= 1
        if not held.count and _held.get(key) is held:  # a forked child has dropped the locks of its parent
            del _held[key]
            _release(Path(key, LOCK_FILE), held.descriptor)
            for empty in made:
                with suppress(OSError):
                    empty.rmdir()


def find_holder(folder: Path) -> Holder | None:
    """Return the process that writes into a results folder now; None if there is none, or it is this process."""
    if os.path.realpath(folder) in _held:
        return None
    try:
        descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | NO_LINK)
    except OSError:
        return None
    try:
        return None if try_to_lock(descriptor) else _read_record(descriptor)
    finally:
        os.close(descriptor)


def _make_folders(folder: Path) -> list[Path]:
    """Make a folder and return those that were missing, the deepest first. Raises UsageError."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    with report_as_usage_error(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return missing


def _wait_for_lock(folder: Path) -> int:
    """Lock the file of a folder and return its descriptor. Raises UsageError."""
    path, end = folder / LOCK_FILE, time.monotonic() + SHORT_WAIT
    while True:
        with report_as_usage_error(path):
            folder.mkdir(parents=True, exist_ok=True)  # the last holder may have removed its empty folder
            descriptor = _open(path)
        try:
            if try_to_lock(descriptor) and _is_file(descriptor, path):
                return descriptor
            holder = _read_record(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        if time.monotonic() >= end or (holder and holder.whole_run and not _has_ended(holder)):
            raise _in_use(folder, holder)
        time.sleep(POLL_INTERVAL)


def _open(path: Path) -> int:
    """Open a lock file.

    If another user owns the file and the file is read-only, open it for reading: that suffices to lock it.
    """
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | NO_LINK, 0o666)
    except PermissionError:
        if not path.exists():
            raise
        return os.open(path, os.O_RDONLY | NO_LINK)


def _is_file(descriptor: int, path: Path) -> bool:
    """True if an open file is still at its path."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _has_ended(holder: Holder) -> bool:
    """True if the process of `holder` was on this host and has ended.

    If so, another process holds the lock now, and the lock file does not name that process yet.
    """
    if holder.host != socket.gethostname() or os.name == "nt":  # on Windows os.kill would end the process
        return False
    try:
        os.kill(holder.process, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


def _take_over(descriptor: int, command: str, whole_run: bool) -> Holder | None:
    """Write the record of this process into the lock file.

    Return the earlier holder if it ran on another host and did not release the lock, else None.
    """
    earlier, host = _read_record(descriptor), socket.gethostname()
    since = datetime.now(UTC).isoformat(timespec="seconds")
    record = Holder(os.getpid(), host, command or Path(sys.argv[0]).name or "python", since, whole_run)
    with suppress(OSError):  # if the disk is full, the lock is valid without a record
        status = os.fstat(descriptor)
        # A file with a second hard link may be a person's file under another name: do not write into it.
        if stat.S_ISREG(status.st_mode) and status.st_nlink <= 1:
            os.ftruncate(descriptor, 0)
            os.lseek(descriptor, 0, os.SEEK_SET)
            os.write(descriptor, msgspec.json.encode(record))
    return earlier if earlier and earlier.host != host else None


def _read_record(descriptor: int) -> Holder | None:
    try:
        os.lseek(descriptor, 0, os.SEEK_SET)
        return msgspec.json.decode(os.read(descriptor, RECORD_BYTES), type=Holder)
    except (OSError, *DAMAGED):
        return None


def _release(path: Path, descriptor: int) -> None:
    """Remove a lock file, then unlock it, also for a forked child that has inherited the descriptor."""
    if os.name != "nt":
        with suppress(OSError):
            path.unlink()
    unlock(descriptor)
    os.close(descriptor)
    if os.name == "nt":  # Windows cannot remove an open file; it stays if another process has opened it meanwhile
        with suppress(OSError):
            path.unlink()


def _in_use(folder: Path, holder: Holder | None) -> FolderInUseError:
    if holder is None:
        return FolderInUseError(
            "{folder}: another process is writing into this folder. Wait until it has ended, then run the same command "
            "again.",
            folder=folder,
        )
    if holder.host != socket.gethostname():
        return FolderInUseError(
            "{folder}: {command} is writing into this folder, on the computer {host} (process {process}, since "
            "{since}). That process cannot be seen from here: look on {host} whether it is still running. Wait until "
            "it has ended, then run the same command again.",
            folder=folder,
            command=visible(holder.command),
            process=holder.process,
            host=visible(holder.host),
            since=holder.local_since,
        )
    return FolderInUseError(
        "{folder}: {command} is writing into this folder (process {process} on {host}, since {since}). Wait until it "
        "has ended, or end it, then run the same command again.",
        folder=folder,
        command=visible(holder.command),
        process=holder.process,
        host=visible(holder.host),
        since=holder.local_since,
    )


def _drop_inherited() -> None:
    """In a forked child: close the locks of the parent, so that they end with the parent."""
    for held in _held.values():
        with suppress(OSError):
            os.close(held.descriptor)
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_drop_inherited)
