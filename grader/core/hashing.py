"""Hashes for cache keys: `digest` of several parts, `code_hash` of all files of a package."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator
from pathlib import Path

CACHE = "__pycache__"


def digest(*parts: bytes | str) -> str:
    """Return the SHA-256 of several parts, each preceded by its length: ("ab", "c") and ("a", "bc") differ."""
    hasher = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        hasher.update(len(data).to_bytes(8, "little"))
        hasher.update(data)
    return hasher.hexdigest()


def code_hash(folder: Path, exclude: Collection[str] = ()) -> str:
    """Return a hash of the path and the bytes of every file below a folder.

    `exclude` names files and folders to leave out, by their path below `folder`, with slashes. All other files enter
    the hash, also those of modules added later. Byte code and hidden files (editors write such files) never enter.
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
