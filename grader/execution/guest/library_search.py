"""Let `ctypes.util.find_library` fail without an exception where it cannot write, before torch is imported.

The CUDA build of torch imports a package that calls it while it is imported. It searches with a compiler and a
temporary file, which a sandbox does not allow; that package has a name to fall back to.
"""

from __future__ import annotations

import ctypes.util
import tempfile


def allow_import_without_temporary_files() -> None:
    """Replace `find_library` by one that returns None where it cannot search, and name the temporary folder."""
    tempfile.tempdir = "/tmp"  # gettempdir() probes by writing
    search = ctypes.util.find_library

    def find_library(name: str) -> str | None:
        try:
            return search(name)
        except OSError:
            return None

    ctypes.util.find_library = find_library
