"""Split the lines of a file into pieces for a page: each piece is numbered, and may be marked or folded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from markupsafe import Markup


@dataclass(frozen=True)
class CodePiece:
    """Consecutive lines of a file; `first` is the number of the first line, `mark` the CSS class of all, or empty."""

    first: int
    text: str
    mark: str = ""

    @property
    def numbers(self) -> Markup:
        """The line numbers, one per line, for a `pre` element."""
        return _number_lines(self.first, self.text.count("\n") + 1)


@lru_cache(maxsize=256)
def _number_lines(first: int, count: int) -> Markup:
    """Return line numbers as markup, which is safe because it contains only digits and line ends.

    The markup begins with a line end, because a `pre` element drops the first line end.
    """
    return Markup("\n" + "\n".join(map(str, range(first, first + count))))


def group_lines(first: int, lines: Sequence[str], marks: Sequence[str]) -> list[CodePiece]:
    """Return the lines in pieces; consecutive lines with the same mark are one piece."""
    pieces, offset = [], 0
    for mark, same_mark in groupby(marks):
        size = len(list(same_mark))
        pieces.append(CodePiece(first + offset, "\n".join(lines[offset : offset + size]), mark))
        offset += size
    return pieces
