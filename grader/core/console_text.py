"""Write text to a console that lacks some characters, as many Windows consoles do: print ASCII substitutes instead."""

from __future__ import annotations

import codecs
import io
import sys

SUBSTITUTES = str.maketrans(
    {"✓": "+", "✔": "+", "✗": "x", "✘": "x", "○": "o", "◐": "o", "█": "#", "░": ".", "…": "...", "—": "-", "−": "-"}
)
"""ASCII substitutes for characters that many consoles lack. Any other missing character becomes a question mark."""

HANDLER = "substitute"
"""Name under which the codecs module knows the error handler that writes the substitutes."""


def substitute_missing_characters() -> None:
    """Make standard output and standard error write substitutes for characters that their encoding lacks.

    Without this call, printing such a character raises UnicodeEncodeError, for example on Windows when the output goes
    to a file.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=HANDLER)


def printable(text: str) -> str:
    """Return a text with a substitute for each character that standard output cannot write."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, HANDLER).decode(encoding)


def _substitute(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end].translate(SUBSTITUTES)
    return missing.encode("ascii", "replace").decode(), error.end


codecs.register_error(HANDLER, _substitute)
