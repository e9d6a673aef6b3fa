"""Text for a console that lacks some characters, as consoles of Windows do: substitutes instead of an exception."""

from __future__ import annotations

import codecs
import io
import sys

SUBSTITUTES = str.maketrans(
    {"✓": "+", "✔": "+", "✗": "x", "✘": "x", "○": "o", "◐": "o", "█": "#", "░": ".", "…": "...", "—": "-", "−": "-"}
)
"""ASCII texts for characters that many consoles lack; any other such character becomes a question mark."""

HANDLER = "substitute"
"""Name of the error handler that writes the substitutes."""


def substitute_missing_characters() -> None:
    """Let standard output and standard error write substitutes for characters that their encoding lacks.

    Otherwise a message would end in UnicodeEncodeError, on Windows for example when its output goes to a file.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=HANDLER)


def printable(text: str) -> str:
    """Return the text as standard output can write it."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, HANDLER).decode(encoding)


def _substitute(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end].translate(SUBSTITUTES)
    return missing.encode("ascii", "replace").decode(), error.end


codecs.register_error(HANDLER, _substitute)
