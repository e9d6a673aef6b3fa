"""Atomic writes: a reader sees either the old file or the whole new file, never a part of a file.

Theory of operation
    A rename may reach the disk before the bytes of the renamed file do. After a loss of power the file would then have
    its new name and no content. So `write_atomically` syncs the bytes before the rename. After the rename it syncs the
    folder, which stores the name. A caller that writes many files may pass `sync=False` and call `sync_files` once for
    all of them, if nothing relies on the files before that call.
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
    """Write `data` to a temporary file and rename this file to `path`. Raises UsageError if `path` cannot be written.

    Without `sync`, a loss of power may leave an incomplete file, unless the caller calls `sync_files` afterwards.
    """
    with open_atomically(path, sync) as write:
        write(data)


@contextmanager
def open_atomically(path: Path, sync: bool = True) -> Iterator[Callable[[bytes], None]]:
    """Yield a function that appends bytes to a temporary file; rename the file to `path` if the block raises nothing.

    Without `sync`, a loss of power may leave an incomplete file, unless the caller calls `sync_files` afterwards.
    Raises UsageError if `path` cannot be written.
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
    """Append lines to a file, and wait until they are on the disk. Raises UsageError if the file cannot be written.

    If a killed process left an incomplete last line, a line end is added to that line first. The file must not be a
    symbolic link: in a folder from another person, a link could lead to any file of this computer.
    """
    with report_as_usage_error(path), open(path, "a+b", opener=_open_no_link) as file:
        is_new = not file.tell()
        if not is_new:
            file.seek(-1, os.SEEK_END)
            data = data if file.read(1) == b"\n" else b"\n" + data
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
        if is_new:
            _sync_folder(path.parent)


def _open_no_link(path: str, flags: int) -> int:
    refuse_special_file(Path(path))
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0), 0o666)


def sync_files(paths: Iterable[Path]) -> None:
    """Wait until these files and their names are on the disk. Files that no longer exist are skipped.

    Raises UsageError if the operating system reports an error.
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
    """Wait until the names in a folder are on the disk."""
    if os.name == "nt":  # Windows cannot sync a folder, and writes the names to the disk in order
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
    for temporary in path.parent.glob(f".{glob.escape(path.name)}.????????"):
        temporary.unlink(missing_ok=True)


def remove_all_unfinished(folder: Path, endings: Iterable[str]) -> None:
    """Remove the temporary files that killed runs left in a folder for files whose names end with one of `endings`."""
    for ending in endings:
        for temporary in folder.glob(f".*{glob.escape(ending)}.????????"):
            temporary.unlink(missing_ok=True)


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
