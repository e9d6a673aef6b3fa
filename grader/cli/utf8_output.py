"""Write output that programs read: source code and JSON."""

from __future__ import annotations

import sys


def write_utf8(text: str) -> None:
    """Write a text to standard output. A file or a pipe gets UTF-8, not the encoding of the system."""
    if hasattr(sys.stdout, "buffer") and not sys.stdout.isatty():
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
    else:
        sys.stdout.write(text)
