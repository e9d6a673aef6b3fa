"""Make untrusted text safe to display and to write into spreadsheets, and shorten long lists of names."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from typing import Literal

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Letters and marks that show nothing, although Unicode does not classify them as format characters."""

NO_GLYPH = BLANK_LETTERS.union(
    "\u180b\u180c\u180d\u180f\u2800", map(chr, range(0xFE00, 0xFE10)), map(chr, range(0xE0100, 0xE01F0))
)
"""Printable characters without a glyph: blank letters, the blank of Braille, and variation selectors.

`visible` keeps variation selectors, because an emoji in a text needs them. In an id, a variation selector would be an
invisible difference.
"""

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""First characters of a formula in a spreadsheet; East Asian editions of the programs accept full-width signs."""

MAX_NORMALIZED = 2000
"""Maximum number of characters of a text that `normalize` changes; a longer text is returned unchanged."""

MAX_NAMED = 8
"""Default for the maximum number of names in a message."""


def visible(text: str) -> str:
    """Return a text with each invisible character replaced by U+FFFD.

    Control, direction, zero-width, private-use and unassigned characters and line ends count as invisible. Blanks of
    any width become plain blanks. Markup such as HTML is not escaped here; the writer of each format escapes it.
    """
    if text.isprintable() and (text.isascii() or not any(blank in text for blank in BLANK_LETTERS)):
        return text
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character.isprintable() and character not in BLANK_LETTERS:
        return character
    return " " if unicodedata.category(character) == "Zs" else REPLACEMENT


def normalize(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
    """Return a text in a normal form of Unicode. A text of more than MAX_NORMALIZED characters is returned unchanged.

    Unicode's algorithm sorts the accents of one letter in quadratic time: a cell of a roster with 100,000 accents took
    ten seconds.
    """
    return unicodedata.normalize(form, text) if len(text) <= MAX_NORMALIZED else text


def is_invisible(character: str) -> bool:
    """Return whether a reader cannot see or identify a character. Blanks of any width count as visible.

    Control, direction, zero-width, private-use and unassigned characters, line ends and the characters in NO_GLYPH
    count as invisible.
    """
    return character in NO_GLYPH or not (character.isprintable() or unicodedata.category(character) == "Zs")


def show_invisible(text: str, more: Collection[str] = ()) -> str:
    """Return a text in which every character is visible: `ann\\u200b`, `"ann "`.

    Invisible characters, blanks other than the plain blank, backslashes, and the characters in `more` become the
    escapes of Python. A text that is empty, begins or ends with a blank, or has two blanks in a row is put in quotation
    marks.
    """
    plain = text.isascii() and text.isprintable() and "\\" not in text and not more
    shown = text if plain else "".join(_escape(character, more) for character in text)
    return f'"{shown}"' if shown != shown.strip() or "  " in shown or not shown else shown


def _escape(character: str, more: Collection[str]) -> str:
    is_escaped = character in more or character == "\\" or (character != " " and character.isspace())
    return character.encode("unicode_escape").decode() if is_escaped or is_invisible(character) else character


def join_names(names: Sequence[str], limit: int = MAX_NAMED, separator: str = ", ") -> str:
    """Return the first `limit` names as one text, followed by `…` if there are more names."""
    return separator.join([*names[:limit], "…"] if len(names) > limit else names)


def join_and_count_names(names: Sequence[str], limit: int = MAX_NAMED) -> str:
    """Return the first `limit` names as one text; if there are more, `… (12)` with the number of all names follows."""
    return join_names(names, limit) + (f" ({len(names)})" if len(names) > limit else "")


def escape_cell(cell: str) -> str:
    """Return a text as the content of a spreadsheet cell, which no spreadsheet program reads as a formula.

    The result is one line. Invisible characters are replaced, and an apostrophe is put before the sign of a formula.
    """
    cell = visible(" ".join(cell.split()))
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def unescape_cell(cell: str) -> str:
    """Return the text of a cell on one line, without the apostrophe that `escape_cell` puts before a formula."""
    cell = " ".join(cell.split())
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell
