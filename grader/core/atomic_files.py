"""Atomic writes: a reader sees the old file or the whole new one, never a part; and a lock for several writers."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from grader.core.errors import UsageError


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` to a temporary file and rename it to `path`. Raises UsageError if the disk refuses."""
    with open_atomically(path) as write:
        write(data)


@contextmanager
def open_atomically(path: Path) -> Iterator[Callable[[bytes], None]]:
    """Yield a function that appends bytes to a temporary file; rename it to `path` if the block raises nothing.

    Raises UsageError if the disk refuses.
    """
    with _report_as_usage_error(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        file = os.fdopen(handle, "wb")
        try:

            def write(data: bytes) -> None:
                with _report_as_usage_error(path):
                    file.write(data)

            yield write
        finally:
            with _report_as_usage_error(path):
                file.close()
        with _report_as_usage_error(path):
            Path(name).chmod(0o644)
            Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


@contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Let one process at a time run the `with` block for this folder; the others wait.

    The lock ends with the process, so a killed one leaves none. On Windows and on file systems that cannot lock, the
    block runs without a lock. Do not enter it twice in one process: the second entry would wait for the first.
    """
    try:
        import fcntl

        handle = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        yield
        return
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def append_durably(path: Path, data: bytes) -> None:
    """Append lines to a file that only grows, and wait until the disk has them. Raises UsageError.

    If a killed process left a line without its end, that line is ended first.
    """
    with _report_as_usage_error(path), path.open("a+b") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            data = data if file.read(1) == b"\n" else b"\n" + data
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def remove_unfinished(path: Path) -> None:
    """Remove the temporary files of `path` that a killed run left in its folder."""
    for left in path.parent.glob(f".{path.name}.*"):
        left.unlink(missing_ok=True)


@contextmanager
def _report_as_usage_error(path: Path) -> Iterator[None]:
    """Turn an OSError about `path` into a UsageError that says what to do."""
    try:
        yield
    except OSError as error:
        raise UsageError(
            "Cannot write {path}: {error}. Free disk space or choose another folder, then run the same command again.",
            path=path,
            error=error.strerror,
        ) from None
