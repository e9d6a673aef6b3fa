"""A text that is wrapped as both languages want it: between words, and between Chinese characters."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from grader.rendering.display_width import cells

WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
CLOSING, OPENING = "，。；：？！、）》”\u2019」…", "（《“\u2018「"
"""What must not begin a line, and what must not end one."""

PIECE = re.compile(rf"\s+|[{OPENING}]*(?:[{WIDE}]|[^\s{WIDE}{OPENING}{CLOSING}]+)[{CLOSING}]*|.")


@dataclass(frozen=True)
class Paragraph:
    """A text some cells to the right; wrapped lines stand under the first."""

    text: Text
    left: int = 0

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Cut the text where a line may end."""
        margin = Text(" " * self.left)
        for line in self.text.split("\n"):
            for part in line.divide(line_ends(line.plain, max(1, options.max_width - self.left))):
                part.rstrip()
                yield Text.assemble(margin, part, no_wrap=True, overflow="crop")


def line_ends(text: str, width: int) -> list[int]:
    """Where the lines of a text end: each holds as many pieces as fit; a piece that fits nowhere is cut."""
    ends, used, at = [], 0, 0
    for piece in (match[0] for match in PIECE.finditer(text)):
        if used + cells(piece.rstrip()) > width and used and not piece.isspace():
            ends.append(at)
            used = 0
        for character in piece:
            if used + cells(character) > width and not character.isspace():
                ends.append(at)
                used = 0
            used += cells(character)
            at += 1
    return ends
