"""Lines of a file in pieces, as the pages show them: numbered, marked, folded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True)
class Piece:
    """Some lines of a file in a row; `mark` says how they stand out, or is "" when they do not."""

    first: int
    text: str
    mark: str = ""

    @property
    def numbers(self) -> str:
        """The numbers of the lines, one below the other."""
        return "\n".join(map(str, range(self.first, self.first + self.text.count("\n") + 1)))


def runs(first: int, lines: Sequence[str], marks: Sequence[str]) -> list[Piece]:
    """Lines in a row with the same mark are one piece."""
    pieces, place = [], 0
    for mark, run in groupby(marks):
        size = len(list(run))
        pieces.append(Piece(first + place, "\n".join(lines[place : place + size]), mark))
        place += size
    return pieces
