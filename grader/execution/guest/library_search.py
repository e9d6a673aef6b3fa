"""Make `ctypes.util.find_library` return None instead of raising an exception: a sandbox can then import torch.

The CUDA build of torch imports a package that calls `find_library` during the import. `find_library` runs a compiler
and writes a temporary file, which a sandbox does not allow. If `find_library` returns None, the importing package tries
a default name.
"""

from __future__ import annotations

import ctypes.util
import tempfile


def allow_import_without_temporary_files() -> None:
    """Replace `find_library` by a function that returns None where it cannot search, and set the temporary folder."""
    tempfile.tempdir = "/tmp"  # without a value, tempfile.gettempdir() writes files to find a folder
    search = ctypes.util.find_library

    def find_library(name: str) -> str | None:
        try:
            return search(name)
        except OSError:
            return None

    ctypes.util.find_library = find_library
