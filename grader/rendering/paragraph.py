"""Text wrapped for English and Chinese: lines break between words, and between Chinese characters."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from grader.rendering.display_width import cells

WIDE_CHARACTERS = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
NOT_AT_LINE_START, NOT_AT_LINE_END = "，。；：？！、）》”\u2019」…", "（《“\u2018「"
"""Punctuation that must not begin a line, and punctuation that must not end one."""

PIECE = re.compile(
    rf"\s+|[{NOT_AT_LINE_END}]*(?:[{WIDE_CHARACTERS}]|[^\s{WIDE_CHARACTERS}{NOT_AT_LINE_END}{NOT_AT_LINE_START}]+)[{NOT_AT_LINE_START}]*|."
)


@dataclass(frozen=True)
class Paragraph:
    """Text for rich that is wrapped to the width of the console, and indented by `indent` cells."""

    text: Text
    indent: int = 0

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        margin = Text(" " * self.indent)
        for line in self.text.split("\n"):
            for wrapped_line in line.divide(line_ends(line.plain, max(1, options.max_width - self.indent))):
                wrapped_line.rstrip()
                yield Text.assemble(margin, wrapped_line, no_wrap=True, overflow="crop")


def line_ends(text: str, width: int) -> list[int]:
    """Return the indices at which a text is broken into lines of at most `width` cells.

    A line holds as many words or Chinese characters as fit. A word that is wider than a line is broken.
    """
    ends, width_used, position = [], 0, 0
    for piece in (match[0] for match in PIECE.finditer(text)):
        if width_used + cells(piece.rstrip()) > width and width_used and not piece.isspace():
            ends.append(position)
            width_used = 0
        for character in piece:
            if width_used + cells(character) > width and not character.isspace():
                ends.append(position)
                width_used = 0
            width_used += cells(character)
            position += 1
    return ends
