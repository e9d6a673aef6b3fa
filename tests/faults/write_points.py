"""Intercept and number every write of this process below a folder, and make a fault happen at one of the writes.

Theory of operation
    `intercept` replaces the functions with which the grader changes files: the functions of `os` that create, write,
    sync, rename and remove, and the connection of sqlite3. A forked child calls it, so nothing has to be restored.
    Each call that would change a file below the folder is a write point with a number and a kind. Before the call takes
    effect, the fault is called. A fault kills the process (`Kill`), discards all bytes that were not synced and then
    kills the process (`PowerLoss`), or raises the error of a disk (`DiskError`). `without` switches off one protection
    of the grader, to prove that the tests notice its absence.
"""

import errno
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

CHANGES = ("BEGIN", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "VACUUM")
DURABLE = 2
"""The value of `PRAGMA synchronous` (FULL) from which on SQLite syncs each commit."""
KILLED = 137
SWITCHES = ("fsync", "rename", "transaction")
SQLITE_WORDS = {
    errno.ENOSPC: "database or disk is full",
    errno.EIO: "disk I/O error",
    errno.EROFS: "attempt to write a readonly database",
}


class Fault:
    """Base class of faults. It does nothing at any write point, for an undisturbed run whose points are counted."""

    def at(self, point, points):
        """Do something before the write point with this number takes effect."""

    def torn(self, number):
        """Return whether only the first half of the bytes must be written at the write point with this number."""
        return False

    def at_end(self, points):
        """Do something when the command has ended."""


class Kill(Fault):
    """Ends the process at one write point. If the point writes bytes, the first half of them is written."""

    def __init__(self, number):
        self.number = number

    def torn(self, number):
        """Return True for the write point of this fault."""
        return number == self.number

    def at(self, point, points):
        """End the process at the write point of this fault."""
        if point == self.number:
            self.before_end(points)
            os._exit(KILLED)

    def before_end(self, points):
        """Do something just before the process ends."""


class PowerLoss(Kill):
    """Discards everything that was not synced, then ends the process."""

    def before_end(self, points):
        """Discard everything that was not synced."""
        points.lose_unsynced()


class PowerLossAtEnd(Fault):
    """Discards everything that was not synced, when the command has ended."""

    def at_end(self, points):
        """Discard everything that was not synced."""
        points.lose_unsynced()


class DiskError(Fault):
    """From one write point on, every write fails with an error number."""

    def __init__(self, number, code):
        self.number, self.code, self.active = number, code, False

    def at(self, point, points):
        """Raise the error from the write point of this fault on, except at removals and rollbacks."""
        self.active = self.active or point >= self.number
        if self.active and points.kinds[-1] not in ("remove", "rollback"):  # these two need no space on the disk
            if points.kinds[-1].startswith("sql"):
                raise sqlite3.OperationalError(SQLITE_WORDS[self.code])
            raise OSError(self.code, os.strerror(self.code))


class WritePoints:
    """The kinds of all writes so far, and the writes that are not on the disk yet."""

    def __init__(self, folder, fault, log=None):
        self.folder, self.fault, self.kinds, self._log = os.path.realpath(folder), fault, [], log
        self.dirty_files = set()  # inodes whose bytes were not synced
        self.renames = {}  # target of a rename whose folder was not synced -> the bytes that it replaced, or None
        self.journal_synced = {}  # path of a journal's log -> bytes that are on the disk

    def __call__(self, kind, where=""):
        """Count a write of this kind to the file `where`, and call the fault."""
        self.kinds.append(kind)
        if self._log:
            self._log.write(f"{kind} {os.path.basename(str(where))}\n")
            self._log.flush()
        self.fault.at(len(self.kinds) - 1, self)

    def is_inside(self, path):
        """Return whether a path is in the watched folder."""
        return os.path.realpath(os.path.dirname(os.fspath(path)) or ".").startswith(self.folder)

    def lose_unsynced(self):
        """Change the folder into the worst state that a loss of power may leave.

        Bytes that were not synced become zeros, except for the first block of a file. A rename is undone if its folder
        was not synced. The journal's log ends at the last synced commit. Renames in `students` are not undone, because
        this is the worse case: a later run could mistake a damaged page with its final name for a complete page.
        """
        self._undo_renames()
        for path in Path(self.folder).rglob("*"):
            if path.is_file() and path.stat().st_ino in self.dirty_files and not path.name.startswith("journal.sqlite"):
                size = path.stat().st_size
                with path.open("r+b") as file:
                    file.truncate(min(size // 2, 4096))
                    file.truncate(size)
        for log in Path(self.folder).glob("journal.sqlite-wal"):
            os.truncate(log, min(self.journal_synced.get(log.name, 0), log.stat().st_size))
            log.with_name("journal.sqlite-shm").unlink(missing_ok=True)

    def _undo_renames(self):
        for target, replaced in self.renames.items():
            if Path(target).parent.name == "students":
                continue
            Path(target).unlink(missing_ok=True)
            if replaced is not None:
                Path(target).write_bytes(replaced)


def intercept(folder, fault, log=None, without=""):
    """Intercept all writes of this process below `folder`; return the write points.

    log: a file to which a line for each write is written, or None.
    without: the protection to switch off, one of SWITCHES, or "".
    """
    points = WritePoints(folder, fault, log)
    _intercept_files(points, without)
    _intercept_renames(points, without)
    _intercept_sqlite(points, without)
    return points


def _intercept_files(points, without):
    real_open, real_fdopen, real_fsync, real_unlink = os.open, os.fdopen, os.fsync, os.unlink

    def open_(path, flags, *more, **options):
        if flags & os.O_CREAT and points.is_inside(path):
            points("create", path)
        return real_open(path, flags, *more, **options)

    def fdopen(handle, mode="r", *more, **options):
        file = real_fdopen(handle, mode, *more, **options)
        return _TrackedFile(file, points) if "w" in mode else file

    def fsync(descriptor):
        number = descriptor if isinstance(descriptor, int) else descriptor.fileno()
        points("fsync", os.readlink(f"/proc/self/fd/{number}"))
        if without != "fsync":
            real_fsync(number)
            points.dirty_files.discard(os.fstat(number).st_ino)
            folder = os.readlink(f"/proc/self/fd/{number}")
            points.renames = {t: old for t, old in points.renames.items() if os.path.dirname(t) != folder}

    def unlink(path, *more, **options):
        if points.is_inside(path) and os.path.lexists(path):
            points("remove", path)
        return real_unlink(path, *more, **options)

    os.open, os.fdopen, os.fsync, os.unlink = open_, fdopen, fsync, unlink


def _intercept_renames(points, without):
    real_replace, real_chmod, real_mkdir = os.replace, os.chmod, os.mkdir

    def replace(source, target, **options):
        if not points.is_inside(target):
            return real_replace(source, target, **options)
        if without == "rename":  # write into the target itself, so that a reader may see a part of the file
            data = Path(source).read_bytes()
            with open(target, "wb") as file:
                file.write(data[: len(data) // 2])
                file.flush()
                points("rename", target)
                file.write(data[len(data) // 2 :])
            return None
        points("rename", target)
        place = os.path.realpath(target)
        points.renames.setdefault(place, Path(place).read_bytes() if os.path.exists(place) else None)
        return real_replace(source, target, **options)

    def chmod(path, *more, **options):
        if points.is_inside(path):
            points("chmod", path)
        return real_chmod(path, *more, **options)

    def mkdir(path, *more, **options):
        if points.is_inside(path) and not os.path.isdir(path):
            points("mkdir", path)
        return real_mkdir(path, *more, **options)

    os.replace, os.chmod, os.mkdir = replace, chmod, mkdir


class _TrackedFile:
    """A file open for writing. Each write is a write point, at which the fault may cut the bytes in half."""

    def __init__(self, file, points):
        self._file, self._points = file, points

    def write(self, data):
        self._points.dirty_files.add(os.fstat(self._file.fileno()).st_ino)
        if self._points.fault.torn(len(self._points.kinds)):
            self._file.write(data[: len(data) // 2])
            self._file.flush()
        self._points("write", self._file.name)
        return self._file.write(data)

    def __getattr__(self, name):
        return getattr(self._file, name)


def _intercept_sqlite(points, without):
    real_connect = sqlite3.connect

    class Connection(sqlite3.Connection):
        """A connection. Each of its statements that changes the file is a write point."""

        def execute(self, statement, *values):
            word = statement.split()[0].upper()
            if word == "BEGIN" and without == "transaction":
                return super().execute("SELECT 1")
            if word in CHANGES:
                points("sql", statement)
            return super().execute(statement, *values)

        def __exit__(self, kind, *error):
            if kind is None and self.in_transaction:
                try:
                    points("sql commit")
                except sqlite3.Error:
                    super().__exit__(sqlite3.Error, None, None)  # roll back, as SQLite does
                    raise
            done = super().__exit__(kind, *error)
            self._note_synced()
            return done

        def _note_synced(self):
            """Note how many bytes of the log are on the disk, if the connection syncs each commit."""
            for _, _, file in super().execute("PRAGMA database_list"):
                log = Path(f"{file}-wal")
                if log.exists() and super().execute("PRAGMA synchronous").fetchone()[0] >= DURABLE:
                    points.journal_synced[log.name] = log.stat().st_size

    def connect(file, *more, **options):
        is_journal = points.is_inside(str(file).removeprefix("file:").partition("?")[0])
        return real_connect(file, *more, **({"factory": Connection} | options if is_journal else options))

    sqlite3.connect = connect


def forbid_processes():
    """Make every start of another process fail: a run with recorded results must start no worker."""

    def refuse(*line, **options):
        raise AssertionError(f"a process was started: {line}")

    subprocess.Popen = refuse
    sys.dont_write_bytecode = True
