"""Maximum sizes of submitted files, notebooks and whole submissions."""

from __future__ import annotations

MAX_FILE_BYTES = 1 << 20
"""Maximum size of a source file, in bytes. Real source files have a few kilobytes."""

MAX_NOTEBOOK_BYTES = 8 << 20
"""Maximum size of a notebook, in bytes. Notebooks may be large because they contain pictures, encoded as text."""

MAX_SUBMISSION_BYTES = 16 << 20
"""Maximum size of a submission, in bytes. The grader has several submissions in memory at the same time."""

MAX_FILES = 200
"""Maximum number of files that are read of one submission."""


def size_limit(name: str) -> int:
    """Return the maximum size, in bytes, of a file with this name."""
    return MAX_NOTEBOOK_BYTES if name.lower().endswith(".ipynb") else MAX_FILE_BYTES
