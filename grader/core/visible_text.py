"""Make untrusted text safe to display and to write into spreadsheets; join the first names of a long list."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from typing import Literal

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Letters and marks that draw nothing, although Unicode does not class them as format characters."""

NO_GLYPH = BLANK_LETTERS.union(
    "\u180b\u180c\u180d\u180f\u2800", map(chr, range(0xFE00, 0xFE10)), map(chr, range(0xE0100, 0xE01F0))
)
"""Printable characters without a glyph: blank letters, the blank of Braille, and variation selectors.

`visible` keeps variation selectors, because an emoji in a text needs them. In an id they hide a difference.
"""

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""First characters of a formula in a spreadsheet; East Asian editions also accept the full-width signs."""

MAX_NORMALIZED = 2000
"""Maximum number of characters of a text that `normalize` changes."""

MAX_NAMED = 8
"""Maximum number of names that a message lists, unless its module sets another number."""


def visible(text: str) -> str:
    """Return a text with each invisible character replaced by U+FFFD.

    Invisible are control, direction, zero-width, private-use and unassigned characters, and line ends. Blanks of any
    width become plain ones. Markup is not escaped: how to escape it depends on the medium.
    """
    if text.isprintable() and (text.isascii() or not any(blank in text for blank in BLANK_LETTERS)):
        return text
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character.isprintable() and character not in BLANK_LETTERS:
        return character
    return " " if unicodedata.category(character) == "Zs" else REPLACEMENT


def normalize(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
    """Return a text in a normal form of Unicode; a text of more than MAX_NORMALIZED characters stays as it is.

    To sort the accents of one letter takes quadratic time: 100,000 accents in a cell of a roster took ten seconds.
    """
    return unicodedata.normalize(form, text) if len(text) <= MAX_NORMALIZED else text


def is_invisible(character: str) -> bool:
    """Return whether a character shows nothing, or nothing that identifies it; blanks of any width are not invisible.

    Invisible are control, direction, zero-width, private-use and unassigned characters, line ends, and NO_GLYPH.
    """
    return character in NO_GLYPH or not (character.isprintable() or unicodedata.category(character) == "Zs")


def show_invisible(text: str, more: Collection[str] = ()) -> str:
    """Return a text in which no character is overlooked: `ann\\u200b`, `"ann "`.

    Invisible characters, blanks other than the plain one, and the characters in `more` become the escapes of Python. A
    text that begins or ends with a blank, or has two blanks in a row, is put in quotation marks.
    """
    plain = text.isascii() and text.isprintable() and "\\" not in text and not more
    shown = text if plain else "".join(_escape(character, more) for character in text)
    return f'"{shown}"' if shown != shown.strip() or "  " in shown or not shown else shown


def _escape(character: str, more: Collection[str]) -> str:
    is_escaped = character in more or character == "\\" or (character != " " and character.isspace())
    return character.encode("unicode_escape").decode() if is_escaped or is_invisible(character) else character


def join_names(names: Sequence[str], limit: int = MAX_NAMED, separator: str = ", ") -> str:
    """Return the first `limit` names as one text, which ends with `…` if there are more names."""
    return separator.join([*names[:limit], "…"] if len(names) > limit else names)


def join_and_count_names(names: Sequence[str], limit: int = MAX_NAMED) -> str:
    """Return the first `limit` names as one text, which ends with `… (12)`, the number of all, if there are more."""
    return join_names(names, limit) + (f" ({len(names)})" if len(names) > limit else "")


def escape_cell(cell: str) -> str:
    """Return the text of a spreadsheet cell: one line, all visible, with an apostrophe before a formula sign."""
    cell = visible(" ".join(cell.split()))
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def unescape_cell(cell: str) -> str:
    """Undo `escape_cell`: return the text that it was called with, on one line."""
    cell = " ".join(cell.split())
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell
