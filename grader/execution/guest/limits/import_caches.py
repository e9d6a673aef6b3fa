"""Forget what Python's import system knows of folders that a submission may not read.

A finder of the import system keeps the names of all files in each folder that it has searched, such as the folder that
holds the grader. A forked child has this memory, so a submission could read the names of the files next to the grader.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path


def forget_unreadable_folders(readable: Iterable[str]) -> None:
    """Remove all folders outside of `readable` from the path and the caches of the import system.

    Modules that are imported stay. Call it after all imports, and collect garbage before the first fork.
    """
    roots = [Path(os.path.realpath(path)) for path in readable]

    def is_readable(folder: str) -> bool:
        place = Path(os.path.realpath(folder))
        return any(place.is_relative_to(root) for root in roots)

    sys.path[:] = [folder for folder in sys.path if is_readable(folder)]
    for folder in [*sys.path_importer_cache]:
        if not is_readable(folder):
            del sys.path_importer_cache[folder]
