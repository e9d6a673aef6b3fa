"""Where the squares of a map stand, and how strongly each is coloured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from grader.grading.verdicts.heat_map import MAX_COLUMNS, Map
from grader.rendering.display_width import cells

WIDTH, LEFT, TOP = 400, 34, 46
LARGEST = 30.0
WITH_NUMBERS = (60.0, 34.0)
SIGNS = {"equal": "", "large": "+", "small": "−", "none": "?"}
"""What else tells the kinds of squares, in the order of the legend."""

LABEL_EVERY = 22.0
"""Units between two indices at the edge."""


@dataclass(frozen=True)
class Square:
    """One entry, or the worst of a block: `kind` is "equal", "large", "small" or "none"; `depth` from 0 to 1."""

    x: float
    y: float
    kind: str
    depth: float
    yours: str = ""
    expected: str = ""


@dataclass(frozen=True)
class Label:
    """An index at the edge."""

    at: float
    text: str


@dataclass(frozen=True)
class Key:
    """One entry of the legend."""

    x: float
    kind: str
    word: str
    end: float


def map_facts(found: Map, words: Mapping[str, str]) -> dict[str, object]:
    """What the template needs."""
    columns, rows = max(map(len, found.levels)), len(found.levels)
    width, height = _size(found, columns)
    squares = [_square(found, i, j, width, height) for i in range(rows) for j in range(len(found.levels[i]))]
    down = MAX_COLUMNS if len(found.shape) == 1 else found.block[0]  # a vector goes on in the next line
    keys = list(_legend({square.kind for square in squares}, words))
    return {
        "width": round(max(LEFT + columns * width + 6, keys[-1].end)),
        "height": round(TOP + rows * height + 6),
        "size": (round(width - 1.5, 2), round(height - 1.5, 2)),
        "squares": squares,
        "numbers": bool(found.yours),
        "across": _labels(columns, width, LEFT, found.block[1]),
        "down": _labels(rows, height, TOP, down) if len(found.shape) > 1 or rows > 1 else [],
        "keys": keys,
        "signs": SIGNS,
        "left": LEFT,
        "top": TOP,
    }


def _size(found: Map, columns: int) -> tuple[float, float]:
    if found.yours:
        return WITH_NUMBERS
    size = min(LARGEST, (WIDTH - LEFT - 6) / columns)
    return size, size


def _square(found: Map, row: int, column: int, width: float, height: float) -> Square:
    level = found.levels[row][column]
    kind = "none" if level is None else "equal" if level == 0 else "large" if level > 0 else "small"
    return Square(
        x=round(LEFT + column * width, 2),
        y=round(TOP + row * height, 2),
        kind=kind,
        depth=round(0.25 + 0.5 * abs(level or 0) / 100, 2),
        yours=found.yours[row][column] if found.yours else "",
        expected=found.expected[row][column] if found.expected else "",
    )


def _legend(there: set[str], words: Mapping[str, str]) -> Iterator[Key]:
    """What the colours mean, as far as they occur."""
    x = float(LEFT)
    for kind, sign in SIGNS.items():
        if kind in there:
            word = f"{sign} {words[kind]}".lstrip()
            end = x + 22 + 6.5 * cells(word)
            yield Key(x, kind, word, end)
            x = end + 14


def _labels(count: int, size: float, start: float, each: int) -> list[Label]:
    """The indices at an edge: as many as there is room for."""
    every = max(1, -(-int(LABEL_EVERY) // int(size)))
    return [Label(round(start + (i + 0.5) * size, 2), str(i * each)) for i in range(0, count, every)]
