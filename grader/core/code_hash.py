"""Hash of a package's files: a part of the cache keys of verdicts and pages."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from grader.core.digests import digest

CACHE = "__pycache__"


def code_hash(folder: Path, exclude: Collection[str] = ()) -> str:
    """Return a hash of the path and the bytes of every file below a folder.

    `exclude` names files and folders to leave out, by their path below `folder`, with slashes. All other files enter
    the hash, also those of modules added later. Byte code and hidden files (an editor writes some) never enter.
    """
    paths = sorted(_paths(folder, frozenset(exclude)))
    return digest(*(part for path in paths for part in (path, (folder / path).read_bytes())))


def _paths(folder: Path, exclude: Collection[str], below: str = "") -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            path = f"{below}{entry.name}"
            if path in exclude or entry.name == CACHE or entry.name.startswith("."):
                continue
            if entry.is_dir():
                yield from _paths(folder / entry.name, exclude, f"{path}/")
            else:
                yield path
