"""Hashes of what something was made from."""

from __future__ import annotations

import hashlib


def digest(*parts: bytes | str) -> str:
    """A hash of several parts that cannot be confused with one another."""
    made = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        made.update(len(data).to_bytes(8, "little"))
        made.update(data)
    return made.hexdigest()
