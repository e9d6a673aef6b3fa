"""The few functions of libarchive that the grader calls, through the package libarchive-c.

libarchive is written in C, and an archive of a student may exploit an error in it. So only a child in the sandbox opens
archives; other processes call only `version`.
"""

from __future__ import annotations

import ctypes
import logging
import os
from types import ModuleType
from typing import Any

NAMES = ("libarchive.so.13", "libarchive.13.dylib")
"""File names of the library on Linux and macOS. The number 13 has been the same since 2013."""


def load() -> ModuleType:
    """Return the module `ffi` of libarchive-c. Raises ImportError if libarchive-c or libarchive is missing.

    libarchive-c would run a compiler to find the library, which the sandbox does not allow. So this function finds the
    library first, and passes its name in the environment variable LIBARCHIVE.
    """
    if "LIBARCHIVE" not in os.environ:
        found = next((name for name in NAMES if _opens(name)), None)
        if found is None:
            raise ImportError("libarchive is not installed")
        os.environ["LIBARCHIVE"] = found
    try:
        from libarchive import ffi
    except (OSError, AttributeError, TypeError) as error:  # libarchive-c looks up all functions when it is imported
        raise ImportError(f"libarchive does not load: {error}") from None
    logging.getLogger("libarchive").disabled = True  # this logger prints warnings about every odd archive
    module: ModuleType = ffi
    return module


def version() -> str:
    """Return the versions of libarchive and of the libraries that it uses; empty if it is not installed."""
    try:
        library: Any = load().libarchive
    except ImportError:
        return ""
    library.archive_version_details.restype = ctypes.c_char_p
    return (library.archive_version_details() or b"").decode("ascii", "replace")


def _opens(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True
