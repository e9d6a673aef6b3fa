"""Width of texts in terminal cells. A Chinese character takes two cells."""

from __future__ import annotations

import unicodedata


def cells(text: str) -> int:
    """Return the number of terminal cells that a text takes. A combining accent takes no cell."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text if not unicodedata.combining(c))


def pad(text: str, width: int) -> str:
    """Return a text with blanks appended up to `width` terminal cells. A wider text is returned unchanged."""
    return text + " " * max(0, width - cells(text))


def cut(text: str, width: int) -> str:
    """Return a text of at most `width` terminal cells, at least 1. A wider text is cut, and ends with an ellipsis."""
    if cells(text) <= width:
        return text
    while text and cells(text) >= width:
        text = text[:-1]
    return f"{text}…"
