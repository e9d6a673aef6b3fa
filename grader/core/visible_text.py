"""Text of strangers, made harmless to look at."""

from __future__ import annotations

import unicodedata

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Letters and marks that draw nothing, although Unicode does not call them format characters."""


FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""A cell that starts with one of these is a formula to a spreadsheet, in East Asia also with the wide ones."""


def visible(text: str) -> str:
    """A text whose every character shows: what steers, turns, joins or hides text becomes U+FFFD.

    These are control, direction, zero-width, private and unassigned characters, and line ends. Blanks of any width
    become plain ones. Markup is not escaped: that depends on the medium.
    """
    if text.isprintable() and (text.isascii() or not any(blank in text for blank in BLANK_LETTERS)):
        return text
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character.isprintable() and character not in BLANK_LETTERS:
        return character
    return " " if unicodedata.category(character) == "Zs" else REPLACEMENT


def defused(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula, on one line, with nothing hidden in it."""
    cell = visible(" ".join(cell.split()))
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def fused(cell: str) -> str:
    """The text that a cell was made from by `defused`, on one line."""
    cell = " ".join(cell.split())
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell
