"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from grader.core.errors import UsageError


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file in one step: a reader sees the old one or the new one. Raises UsageError."""
    name = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except OSError as error:
        raise UsageError(
            "{path}: cannot be written ({error}): make room or choose another folder, and start the same command again",
            path=path,
            error=error.strerror,
        ) from None
    finally:
        if name:
            Path(name).unlink(missing_ok=True)
