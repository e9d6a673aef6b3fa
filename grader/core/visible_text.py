"""Make untrusted text safe to display and to write into spreadsheets."""

from __future__ import annotations

import unicodedata

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Letters and marks that draw nothing, although Unicode does not class them as format characters."""

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""First characters of a formula in a spreadsheet; East Asian editions also accept the full-width signs."""


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


def escape_cell(cell: str) -> str:
    """Return the text of a spreadsheet cell: one line, all visible, with an apostrophe before a formula sign."""
    cell = visible(" ".join(cell.split()))
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def unescape_cell(cell: str) -> str:
    """Undo `escape_cell`: return the text that it was called with, on one line."""
    cell = " ".join(cell.split())
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell
