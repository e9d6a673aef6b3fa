"""Lines of a file in pieces, as the pages show them: numbered, marked, folded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from markupsafe import Markup


@dataclass(frozen=True)
class Piece:
    """Some lines of a file in a row; `mark` says how they stand out, or is "" when they do not."""

    first: int
    text: str
    mark: str = ""

    @property
    def numbers(self) -> Markup:
        """The numbers of the lines, one below the other, as a `pre` wants them."""
        return _numbers(self.first, self.text.count("\n") + 1)


@lru_cache(maxsize=256)
def _numbers(first: int, count: int) -> Markup:
    """Digits and line ends: nothing to escape. The first line end of a `pre` is not shown."""
    return Markup("\n" + "\n".join(map(str, range(first, first + count))))


def runs(first: int, lines: Sequence[str], marks: Sequence[str]) -> list[Piece]:
    """Lines in a row with the same mark are one piece."""
    pieces, place = [], 0
    for mark, run in groupby(marks):
        size = len(list(run))
        pieces.append(Piece(first + place, "\n".join(lines[place : place + size]), mark))
        place += size
    return pieces
