"""Columns that line up: Chinese characters take two cells of a terminal."""

from __future__ import annotations

import unicodedata


def cells(text: str) -> int:
    """How many cells of a terminal a text takes."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text if not unicodedata.combining(c))


def pad(text: str, width: int) -> str:
    """A text filled up with blanks to so many cells."""
    return text + " " * max(0, width - cells(text))


def size_words(size: int) -> str:
    """A number of bytes as a person says it: 60 MB, 1.2 MB, 12 kB."""
    for unit, least in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= least:
            return f"{size / least:.1f}".removesuffix(".0") + f" {unit}"
    return f"{size} B"
