"""Intercept every write of this process below a folder, number it, and let a fault happen at one of them.

Theory of operation
    `intercept` replaces the functions through which the grader changes files: those of `os` that create, write, sync,
    rename and remove, and the connection of sqlite3. It is called in a forked child, so nothing is put back. Each call
    that would change a file below the folder is one write point: it has a number and a kind, and `fault` is called
    before it takes effect. A fault kills the process (`Kill`), loses what was not synced and then kills (`PowerLoss`),
    or raises the error of a disk (`DiskError`). `without`
    leaves out one protection, to show that the tests notice.
"""

import errno
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

CHANGES = ("BEGIN", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "VACUUM")
DURABLE = 2
"""The value of `PRAGMA synchronous` (FULL) with which a commit is synced."""
KILLED = 137
SWITCHES = ("fsync", "rename", "transaction")
SQLITE_WORDS = {
    errno.ENOSPC: "database or disk is full",
    errno.EIO: "disk I/O error",
    errno.EROFS: "attempt to write a readonly database",
}


class Fault:
    """Does nothing at any write point: for an undisturbed run whose points are counted."""

    def at(self, point, points):
        """Called before the write point with this number takes effect."""

    def torn(self, number):
        """True if a write must be cut in the middle at this point."""
        return False

    def at_end(self, points):
        """Called when the command has ended."""


class Kill(Fault):
    """Ends the process at one write point; a write of bytes is cut in the middle."""

    def __init__(self, number):
        self.number = number

    def torn(self, number):
        """True at the point itself."""
        return number == self.number

    def at(self, point, points):
        """End the process at the point."""
        if point == self.number:
            self.before_end(points)
            os._exit(KILLED)

    def before_end(self, points):
        """Called before the end of the process."""


class PowerLoss(Kill):
    """Loses everything that was not synced, then ends the process."""

    def before_end(self, points):
        """Lose what was not synced."""
        points.lose_unsynced()


class PowerLossAtEnd(Fault):
    """Loses everything that was not synced when the command has ended."""

    def at_end(self, points):
        """Lose what was not synced."""
        points.lose_unsynced()


class DiskError(Fault):
    """From one write point on, every write fails with an error number."""

    def __init__(self, number, code):
        self.number, self.code, self.active = number, code, False

    def at(self, point, points):
        """Raise the error, from the point on; what is removed or rolled back needs no room."""
        self.active = self.active or point >= self.number
        if self.active and points.kinds[-1] not in ("remove", "rollback"):
            if points.kinds[-1].startswith("sql"):
                raise sqlite3.OperationalError(SQLITE_WORDS[self.code])
            raise OSError(self.code, os.strerror(self.code))


class WritePoints:
    """Number and kinds of the writes so far, and what of them is not yet on the disk."""

    def __init__(self, folder, fault, log=None):
        self.folder, self.fault, self.kinds, self._log = os.path.realpath(folder), fault, [], log
        self.dirty_files = set()  # inodes whose bytes were not synced
        self.renames = {}  # target of a rename whose folder was not synced -> the bytes that it replaced, or None
        self.journal_synced = {}  # path of a journal's log -> bytes that are on the disk

    def __call__(self, kind, where=""):
        """Count a write of this kind, and let the fault happen."""
        self.kinds.append(kind)
        if self._log:
            self._log.write(f"{kind} {os.path.basename(str(where))}\n")
            self._log.flush()
        self.fault.at(len(self.kinds) - 1, self)

    def is_inside(self, path):
        """True if a path is in the watched folder."""
        return os.path.realpath(os.path.dirname(os.fspath(path)) or ".").startswith(self.folder)

    def lose_unsynced(self):
        """Change the folder into what a loss of power may leave behind, in the worst case.

        Bytes that were not synced become zeros except for the first block, a rename is undone if its folder was not
        synced, and the journal's log ends at the last synced commit. Renames in `students` are not undone: that is
        worse, because a later run could take a damaged page for a complete one if the page has its final name.
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
    """Intercept all writes of this process below `folder`; return the points. `without` is one of SWITCHES or ""."""
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
        if without == "rename":  # write into the target itself: a reader may see a part
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
    """A file open for writing; each write is a write point, and is cut in the middle if the fault wants it."""

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
        """A connection whose statements that change the file are write points."""

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
            """Note that the log is on the disk if the connection syncs each commit."""
            for _, _, file in super().execute("PRAGMA database_list"):
                log = Path(f"{file}-wal")
                if log.exists() and super().execute("PRAGMA synchronous").fetchone()[0] >= DURABLE:
                    points.journal_synced[log.name] = log.stat().st_size

    def connect(file, *more, **options):
        is_journal = points.is_inside(str(file).removeprefix("file:").partition("?")[0])
        return real_connect(file, *more, **({"factory": Connection} | options if is_journal else options))

    sqlite3.connect = connect


def forbid_processes():
    """Fail if this process starts another one: a run on a recording must start no worker."""

    def refuse(*line, **options):
        raise AssertionError(f"a process was started: {line}")

    subprocess.Popen = refuse
    sys.dont_write_bytecode = True
