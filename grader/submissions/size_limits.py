"""Size limits of submitted files, notebooks and submissions."""

from __future__ import annotations

MAX_FILE_BYTES = 1 << 20
"""Largest source file, in bytes. Real source files have a few kilobytes."""

MAX_NOTEBOOK_BYTES = 8 << 20
"""Largest notebook, in bytes. A notebook may contain pictures, encoded as text."""

MAX_SUBMISSION_BYTES = 16 << 20
"""Largest submission, in bytes. Several submissions are in memory at a time."""

MAX_FILES = 200
"""Files that are read of one submission, at most."""


def size_limit(name: str) -> int:
    """Return the largest number of bytes for a file of that name."""
    return MAX_NOTEBOOK_BYTES if name.lower().endswith(".ipynb") else MAX_FILE_BYTES
