"""Layout of a heat map: positions of the squares in user units of the SVG, and the depth of their color."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from grader.grading.verdicts.heat_map import MAX_COLUMNS, HeatMap
from grader.rendering.display_width import cells

WIDTH, LEFT, TOP = 400, 34, 46
MAX_SQUARE = 30.0
"""Maximum side of a square without numbers, in units of the picture."""
NUMBER_SQUARE = (60.0, 34.0)
"""Width and height of a square with numbers, in units of the picture."""
SIGNS = {"equal": "", "large": "+", "small": "−", "none": "?"}
"""Signs that tell the kinds of squares apart without color, in the order of the legend."""

MIN_LABEL_DISTANCE = 22.0
"""Minimum distance between two indices at the edge, in units of the picture."""


@dataclass(frozen=True)
class Square:
    """A square of the map. The square shows one entry of the tensor, or the entry of a block that differs most.

    kind: "equal", "large" (too large), "small" (too small) or "none" (nan or inf).
    depth: the depth of the color, from 0 to 1.
    """

    x: float
    y: float
    kind: str
    depth: float
    yours: str = ""
    expected: str = ""


@dataclass(frozen=True)
class IndexLabel:
    """An index of the tensor, written at the edge of the map: its position along the edge, and its text."""

    at: float
    text: str


@dataclass(frozen=True)
class LegendEntry:
    """One entry of the legend. The entry extends from `x` to `end`."""

    x: float
    kind: str
    word: str
    end: float


def lay_out_map(heat_map: HeatMap, legend_words: Mapping[str, str]) -> dict[str, object]:
    """Return the values for the template map.svg: sizes, squares, index labels, the legend.

    `legend_words` maps the kinds of squares to the words of the legend.
    """
    columns, rows = max(map(len, heat_map.levels)), len(heat_map.levels)
    width, height = _size(heat_map, columns)
    squares = [_square(heat_map, i, j, width, height) for i in range(rows) for j in range(len(heat_map.levels[i]))]
    row_step = MAX_COLUMNS if len(heat_map.shape) == 1 else heat_map.block[0]  # a vector is wrapped into rows
    keys = list(_legend({square.kind for square in squares}, legend_words))
    return {
        "width": round(max(LEFT + columns * width + 6, keys[-1].end)),
        "height": round(TOP + rows * height + 6),
        "size": (round(width - 1.5, 2), round(height - 1.5, 2)),
        "squares": squares,
        "numbers": bool(heat_map.yours),
        "across": _labels(columns, width, LEFT, heat_map.block[1]),
        "down": _labels(rows, height, TOP, row_step) if len(heat_map.shape) > 1 or rows > 1 else [],
        "keys": keys,
        "signs": SIGNS,
        "left": LEFT,
        "top": TOP,
    }


def _size(heat_map: HeatMap, columns: int) -> tuple[float, float]:
    if heat_map.yours:
        return NUMBER_SQUARE
    size = min(MAX_SQUARE, (WIDTH - LEFT - 6) / columns)
    return size, size


def _square(heat_map: HeatMap, row: int, column: int, width: float, height: float) -> Square:
    level = heat_map.levels[row][column]
    kind = "none" if level is None else "equal" if level == 0 else "large" if level > 0 else "small"
    return Square(
        x=round(LEFT + column * width, 2),
        y=round(TOP + row * height, 2),
        kind=kind,
        depth=round(0.25 + 0.5 * abs(level or 0) / 100, 2),
        yours=heat_map.yours[row][column] if heat_map.yours else "",
        expected=heat_map.expected[row][column] if heat_map.expected else "",
    )


def _legend(kinds: set[str], legend_words: Mapping[str, str]) -> Iterator[LegendEntry]:
    """Yield a legend entry for each kind of square that occurs."""
    x = float(LEFT)
    for kind, sign in SIGNS.items():
        if kind in kinds:
            word = f"{sign} {legend_words[kind]}".lstrip()
            end = x + 22 + 6.5 * cells(word)
            yield LegendEntry(x, kind, word, end)
            x = end + 14


def _labels(count: int, size: float, start: float, entries_per_square: int) -> list[IndexLabel]:
    """Return the index labels at an edge. If too many would overlap, return labels at a regular interval only."""
    label_interval = max(1, -(-int(MIN_LABEL_DISTANCE) // int(size)))
    return [
        IndexLabel(round(start + (i + 0.5) * size, 2), str(i * entries_per_square))
        for i in range(0, count, label_interval)
    ]
