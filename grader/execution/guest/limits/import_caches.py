"""Remove folders that a submission may not read from the caches of Python's import system.

A finder of the import system caches the names of all files in each folder that it has searched, such as the folder that
holds the grader. A forked child inherits this cache, so a submission could read the names of the files next to the
grader.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path


def forget_unreadable_folders(readable: Iterable[str]) -> None:
    """Remove all folders outside of `readable` from `sys.path` and from the caches of the import system.

    Modules that are already imported remain. Call this function after all imports. Collect garbage before the first
    fork, so that the removed caches are no longer in memory.
    """
    roots = [Path(os.path.realpath(path)) for path in readable]

    def is_readable(folder: str) -> bool:
        place = Path(os.path.realpath(folder))
        return any(place.is_relative_to(root) for root in roots)

    sys.path[:] = [folder for folder in sys.path if is_readable(folder)]
    for folder in [*sys.path_importer_cache]:
        if not is_readable(folder):
            del sys.path_importer_cache[folder]
