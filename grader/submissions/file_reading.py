"""Read files from disk as bytes: only regular files within the size limits. Links are not followed."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, TypeAlias

from grader.core.reasons import Code, UnreadableError
from grader.execution.extraction.archive_jobs import ArchiveJob
from grader.execution.extraction.archive_stream import Extraction
from grader.submissions.size_limits import size_limit

SOURCE_SUFFIXES = (".py", ".ipynb")
MACHINE_FAULTS = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
"""Numbers of errors that are a fault of the machine: too many open files, or no memory."""
IGNORED_FOLDERS = {"__pycache__", "__MACOSX", "node_modules", "site-packages"}

FileReader: TypeAlias = Callable[[], bytes]
"""A function that returns the bytes of one file, and raises OSError or UnreadableError."""

OpenArchive: TypeAlias = Callable[[ArchiveJob, float], Extraction]
"""A function that opens the archive of a job within a number of seconds.

The function raises UnreadableError, with the reason, if it cannot open the archive.
"""

OpenStudentArchive: TypeAlias = Callable[[str, ArchiveJob, float], Extraction]
"""A function like `OpenArchive`, whose first argument is the student who submitted the archive."""


def refuse_to_open(student: str, job: ArchiveJob, seconds: float) -> NoReturn:
    """Raise UnreadableError. Pass this function as `OpenStudentArchive` to open only zips and plain tars."""
    raise UnreadableError(Code.CLOSED_ARCHIVE)


def read_file(path: Path) -> bytes:
    """Return the bytes of a regular file within the size limit. Raises OSError or UnreadableError."""
    limit = size_limit(path.name)
    data = read_limited(path, limit + 1)
    if len(data) > limit:
        raise UnreadableError(Code.TOO_LARGE, mib=limit >> 20)
    return data


def read_limited(path: Path | str, limit: int) -> bytes:
    """Return the first `limit` bytes of a regular file. Raises OSError or UnreadableError."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if Path(path).is_symlink():
        raise UnreadableError(Code.LINK)
    descriptor = os.open(path, flags)  # O_NONBLOCK: opening a named pipe must not wait for a writer
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UnreadableError(Code.NOT_REGULAR)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(limit)
    finally:
        os.close(descriptor)


def find_source_files(root: Path) -> tuple[str, ...]:
    """Return the paths of the source files in a folder at any depth, in order, without hidden ones.

    Links to folders are not followed.
    """
    sources, pending = list[str](), [root]
    while pending:  # no recursion, not even that of os.walk: folders may be nested deeper than Python's stack
        folder = pending.pop()
        _, folders, files = next(os.walk(folder), ("", [], []))
        inner = sorted((f for f in folders if f not in IGNORED_FOLDERS and not f.startswith(".")), reverse=True)
        pending += [folder / f for f in inner if not (folder / f).is_symlink()]
        sources += [
            (folder.relative_to(root) / f).as_posix()
            for f in sorted(files)
            if f.lower().endswith(SOURCE_SUFFIXES) and not f.startswith(".")
        ]
    return tuple(sources)


def why_unreadable(error: OSError | ValueError) -> UnreadableError:
    """Return the reason why a file is not read. The message of the operating system is a fact of the reason.

    Raises the error itself if it is one of MACHINE_FAULTS: then the file is not at fault, and the files of every
    student would count as unreadable.
    """
    raise_if_machine_fault(error)
    if isinstance(error, UnreadableError):
        return error
    if isinstance(error, ValueError):
        return UnreadableError(Code.SYSTEM_ERROR, error=str(error))
    return UnreadableError(Code.SYSTEM_ERROR, error=error.strerror or str(error))


def raise_if_machine_fault(error: OSError | ValueError) -> None:
    """Raise the error if it is a fault of the machine (no memory, too many open files) and not of a file."""
    if isinstance(error, OSError) and error.errno in MACHINE_FAULTS:
        raise error


def utf8_name(name: str) -> str:
    """Return a file's name with all bytes replaced that are not UTF-8, so that the name can be written and shown."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
