"""Atomic writes: a reader sees the old file or the whole new one, never a part."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
