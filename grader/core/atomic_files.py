"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.core.errors import UsageError


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file in one step: a reader sees the old one or the new one. Raises UsageError."""
    with appearing(path) as write:
        write(data)


@contextmanager
def appearing(path: Path) -> Iterator[Callable[[bytes], None]]:
    """A file that is written piece by piece, and appears when the body has ended well. Raises UsageError."""
    with _explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        file = os.fdopen(handle, "wb")
        try:

            def write(data: bytes) -> None:
                with _explained(path):
                    file.write(data)

            yield write
        finally:
            with _explained(path):
                file.close()
        with _explained(path):
            Path(name).chmod(0o644)
            Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def remove_unfinished(path: Path) -> None:
    """Remove what a killed run has left of a file that was to appear."""
    for left in path.parent.glob(f".{path.name}.*"):
        left.unlink(missing_ok=True)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """What goes wrong with a file, said with what to do."""
    try:
        yield
    except OSError as error:
        raise UsageError(
            "{path}: cannot be written ({error}): make room or choose another folder, and start the same command again",
            path=path,
            error=error.strerror,
        ) from None
