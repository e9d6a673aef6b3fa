"""Temporary folder of this process, for readers that need a path."""

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path


@cache
def scratch_folder() -> Path:
    """Return an empty folder that is removed when the process ends."""
    memory = Path("/dev/shm")  # a file system in memory, if the machine has one: writing a journal to a disk is slow
    folder = Path(tempfile.mkdtemp(prefix="fuzz-", dir=memory if os.access(memory, os.W_OK) else None))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def empty_folder(name: str) -> Path:
    """Return an empty folder with this name in the temporary folder. An older one is removed."""
    folder = scratch_folder() / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
