"""Atomic writes: a reader sees the old file or the whole new one, never a part.

Theory of operation
    A rename may reach the disk before the bytes of the renamed file do. After a loss of power the file would then have
    its new name and no content. So the bytes are synced before the rename, and the folder, which holds the name, after
    it. A caller that writes many files may pass `sync=False` and call `sync_files` once for all of them, if nothing
    relies on the files before.
"""

from __future__ import annotations

import errno
import glob
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.core.errors import UsageError
from grader.core.files.regular_files import refuse_special_file


def write_atomically(path: Path, data: bytes, sync: bool = True) -> None:
    """Write `data` to a temporary file and rename it to `path`. Raises UsageError if it cannot.

    Without `sync`, a loss of power may leave a file of which a part is missing: see `sync_files`.
    """
    with open_atomically(path, sync) as write:
        write(data)


@contextmanager
def open_atomically(path: Path, sync: bool = True) -> Iterator[Callable[[bytes], None]]:
    """Yield a function that appends bytes to a temporary file; rename it to `path` if the block raises nothing.

    Without `sync`, a loss of power may leave a file of which a part is missing: see `sync_files`. Raises UsageError if
    it cannot.
    """
    with report_as_usage_error(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        file = os.fdopen(handle, "wb")
        try:

            def write(data: bytes) -> None:
                with report_as_usage_error(path):
                    file.write(data)

            yield write
            if sync:
                with report_as_usage_error(path):
                    file.flush()
                    os.fsync(file.fileno())
        finally:
            with report_as_usage_error(path):
                file.close()
        with report_as_usage_error(path):
            Path(name).chmod(0o644)
            Path(name).replace(path)
            if sync:
                _sync_folder(path.parent)
    finally:
        Path(name).unlink(missing_ok=True)


def append_durably(path: Path, data: bytes) -> None:
    """Append lines to a file that only grows, and wait until the disk has them. Raises UsageError.

    If a killed process left a line without its end, that line is ended first. The file must not be a link: in a folder
    from somebody else it could lead to any file.
    """
    with report_as_usage_error(path), open(path, "a+b", opener=_open_no_link) as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            data = data if file.read(1) == b"\n" else b"\n" + data
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _open_no_link(path: str, flags: int) -> int:
    refuse_special_file(Path(path))
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0), 0o666)


def sync_files(paths: Iterable[Path]) -> None:
    """Wait until the disk has these files and their names. A file that is gone is left out.

    Raises UsageError if it cannot.
    """
    folders = set()
    for path in paths:
        folders.add(path.parent)
        with report_as_usage_error(path):
            try:
                descriptor = os.open(path, os.O_RDWR)  # Windows syncs only files that are open for writing
            except FileNotFoundError:
                continue
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
    for folder in folders:
        with report_as_usage_error(folder):
            _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    """Wait until the disk has the names in a folder."""
    if os.name == "nt":  # Windows cannot open a folder, and writes its names in order
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems cannot sync a folder
            raise
    finally:
        os.close(descriptor)


def remove_unfinished(path: Path) -> None:
    """Remove the temporary files of `path` that a killed run left in its folder."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*"):
        left.unlink(missing_ok=True)


def remove_all_unfinished(folder: Path, endings: Iterable[str]) -> None:
    """Remove the temporary files that killed runs left in a folder, of files whose names have one of these endings."""
    for ending in endings:
        for left in folder.glob(f".*{glob.escape(ending)}.????????"):
            left.unlink(missing_ok=True)


@contextmanager
def report_as_usage_error(path: Path) -> Iterator[None]:
    """Turn an OSError about `path` into a UsageError that says what to do."""
    try:
        yield
    except OSError as error:
        raise UsageError(
            "Cannot write {path}: {error}. Free disk space or choose another folder, then run the same command again.",
            path=path,
            error=error.strerror,
        ) from None
