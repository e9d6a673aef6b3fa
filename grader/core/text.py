"""Text of strangers, made harmless to look at."""

from __future__ import annotations

import unicodedata

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Letters and marks that draw nothing, although Unicode does not call them format characters."""


def visible(text: str) -> str:
    """A text whose every character shows: what steers, turns, joins or hides text becomes U+FFFD.

    These are control, direction, zero-width, private and unassigned characters, and line ends. Blanks of any width
    become plain ones. Markup is not escaped: that depends on the medium.
    """
    if text.isprintable() and (text.isascii() or BLANK_LETTERS.isdisjoint(text)):
        return text
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character.isprintable() and character not in BLANK_LETTERS:
        return character
    return " " if unicodedata.category(character) == "Zs" else REPLACEMENT
