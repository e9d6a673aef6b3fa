"""Size limits of submitted files, notebooks and submissions."""

from __future__ import annotations

MAX_FILE_BYTES = 1 << 20
"""Maximum size of a source file, in bytes. Real source files have a few kilobytes."""

MAX_NOTEBOOK_BYTES = 8 << 20
"""Maximum size of a notebook, in bytes. A notebook may contain pictures, encoded as text."""

MAX_SUBMISSION_BYTES = 16 << 20
"""Maximum size of a submission, in bytes. Several submissions are in memory at a time."""

MAX_FILES = 200
"""Maximum number of files that are read of one submission."""


def size_limit(name: str) -> int:
    """Return the maximum number of bytes for a file of that name."""
    return MAX_NOTEBOOK_BYTES if name.lower().endswith(".ipynb") else MAX_FILE_BYTES
