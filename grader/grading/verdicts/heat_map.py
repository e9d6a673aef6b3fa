"""Compare a tensor with the expected one entry by entry: right, too large, too small."""

from __future__ import annotations

from typing import TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from grader.core.comparison import Tolerance, ValuePath, format_path, tolerance_ratios
from grader.core.values import Array, Value
from grader.core.visible_text import visible

MAX_ROWS, MAX_COLUMNS = 24, 28
"""Squares of a map: a larger tensor is drawn in blocks."""

WITH_NUMBERS = 6
"""A map of no more columns shows its numbers."""

TELLING = 1e-3
"""A factor nearer to 0 or 1 is lost digits, not a reason."""

MAX_NAME = 60
"""Characters of a name that are kept."""

Numbers: TypeAlias = npt.NDArray[np.float64]


class Map(msgspec.Struct, frozen=True, tag="map"):
    """How far each entry of a tensor is off, in hundredths of the largest deviation; 0 is right, None is no number.

    Large tensors are drawn in blocks of `block` entries, each as wrong as its worst. `yours` and `expected` hold the
    numbers of a small one. Where every wrong entry is the same multiple of the right one, `factor` says which.
    """

    where: str
    shape: tuple[int, ...]
    levels: tuple[tuple[int | None, ...], ...]
    wrong: int
    total: int
    block: tuple[int, int] = (1, 1)
    yours: tuple[tuple[str, ...], ...] = ()
    expected: tuple[tuple[str, ...], ...] = ()
    factor: float | None = None


def map_of(path: ValuePath, yours: Value, expected: Value, tolerance: Tolerance) -> Map | None:
    """Where two tensors differ; worth a picture when some entries are right, or all are wrong by one factor."""
    pair = floats_of(yours, expected)
    if pair is None or pair[1].ndim == 0 or pair[1].size < 2:
        return None
    mine, right = pair
    wrong = tolerance_ratios(mine, right, tolerance) > 1
    factor = _factor(mine[wrong], right[wrong])
    if not wrong.any() or (wrong.all() and factor is None):
        return None
    shape = right.shape
    rows = shape[0] if right.ndim > 1 else -(-right.size // MAX_COLUMNS)  # a long vector is written in lines
    levels = _levels(mine, right, wrong)
    if right.ndim == 1:
        grid = np.full((rows, min(right.size, MAX_COLUMNS)), OUTSIDE)
        grid.flat[: right.size] = levels
    else:
        grid = levels.reshape(rows, -1)
    blocks, block = _in_blocks(grid)
    small = max(grid.shape) <= WITH_NUMBERS and all(
        f"{a:.3g}" != f"{b:.3g}" for a, b in zip(mine[wrong], right[wrong], strict=True)
    )
    return Map(
        where=short(format_path(path)),
        shape=shape,
        levels=tuple(tuple(_level(cell) for cell in row if cell != OUTSIDE) for row in blocks),
        wrong=int(wrong.sum()),
        total=right.size,
        block=block,
        yours=_digits(mine.reshape(grid.shape)) if small else (),
        expected=_digits(right.reshape(grid.shape)) if small else (),
        factor=factor,
    )


NO_NUMBER, OUTSIDE = 1000, -1000
"""Levels that are none: one of the two is nan or inf; the last line of a vector ends before."""


def _levels(yours: Numbers, expected: Numbers, wrong: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Deviations in hundredths of the largest, at least one hundredth where something is wrong."""
    finite = np.isfinite(yours) & np.isfinite(expected)
    off = np.where(finite, yours, 0.0) / 2 - np.where(finite, expected, 0.0) / 2  # halves do not overflow
    largest = float(np.abs(off[wrong]).max()) or 1.0
    scaled = np.sign(off) * np.maximum(1, np.rint(np.abs(off) / largest * 100))
    return np.where(wrong, np.where(finite, scaled, NO_NUMBER), 0).astype(np.int64)


def _level(cell: int) -> int | None:
    return None if cell == NO_NUMBER else int(cell)


def _in_blocks(grid: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], tuple[int, int]]:
    """A grid of moderate size, each square as wrong as the worst in its block, and the size of a block."""
    height, width = (-(-size // most) for size, most in zip(grid.shape, (MAX_ROWS, MAX_COLUMNS), strict=True))
    if (height, width) == (1, 1):
        return grid, (1, 1)
    lines = [grid[i : i + height] for i in range(0, grid.shape[0], height)]
    blocks = [[line[:, j : j + width].ravel() for j in range(0, grid.shape[1], width)] for line in lines]
    return np.array([[_worst(block) for block in line] for line in blocks]), (height, width)


def _worst(block: npt.NDArray[np.int64]) -> int:
    return int(block[np.where(block == OUTSIDE, -1, np.abs(block)).argmax()])


def _factor(yours: Numbers, expected: Numbers) -> float | None:
    """The number that the right values were multiplied by, when it is the same for at least two different ones."""
    if len(set(expected.tolist())) < 2 or not (np.isfinite(yours).all() and np.isfinite(expected).all()):
        return None
    if (expected == 0).any():
        return None
    quotients = yours / expected
    middle = float(np.median(quotients))
    telling = abs(middle) > TELLING and abs(middle - 1) > TELLING
    return middle if telling and np.allclose(quotients, middle, rtol=1e-6, atol=0) else None


def floats_of(yours: Value | None, expected: Value) -> tuple[Numbers, Numbers] | None:
    """Two things as arrays of float64, when both are floating-point numbers of one shape and dtype."""
    if isinstance(yours, float) and isinstance(expected, float):
        return np.array(yours), np.array(expected)
    if not (isinstance(yours, Array) and isinstance(expected, Array)):
        return None
    if (yours.shape, yours.dtype) != (expected.shape, expected.dtype) or not expected.dtype.startswith("float"):
        return None
    return yours.numpy().astype(np.float64), expected.numpy().astype(np.float64)


def _digits(numbers: Numbers) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(f"{number:.3g}" for number in row) for row in numbers)


def short(text: str) -> str:
    """A name of moderate length, every character visible."""
    shown = visible(text[: MAX_NAME + 1])
    return shown if len(shown) <= MAX_NAME else f"{shown[: MAX_NAME - 1]}…"
