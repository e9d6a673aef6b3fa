"""Hashes for cache keys: `digest` hashes several parts, `code_hash` hashes all files of a package."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator
from pathlib import Path

CACHE = "__pycache__"


def digest(*parts: bytes | str) -> str:
    """Return the SHA-256 of several parts. Each part is hashed with its length: ("ab", "c") and ("a", "bc") differ."""
    hasher = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        hasher.update(len(data).to_bytes(8, "little"))
        hasher.update(data)
    return hasher.hexdigest()


def code_hash(folder: Path, exclude: Collection[str] = ()) -> str:
    """Return a hash of the path and the bytes of every file below a folder.

    `exclude` holds the paths of files and folders to leave out, relative to `folder`, with slashes. Byte code and
    hidden files (editors write such files) are always left out. All other files are part of the hash.
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
