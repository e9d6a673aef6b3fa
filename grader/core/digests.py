"""SHA-256 of texts and bytes together, such as the files of a submission."""

from __future__ import annotations

import hashlib


def digest(*parts: bytes | str) -> str:
    """Return the SHA-256 of several parts, each preceded by its length: ("ab", "c") and ("a", "bc") differ."""
    hasher = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        hasher.update(len(data).to_bytes(8, "little"))
        hasher.update(data)
    return hasher.hexdigest()
