"""Heat map that shows for each entry of a returned tensor whether it is right, too large or too small."""

from __future__ import annotations

from typing import TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from grader.core.comparison import Tolerance, ValuePath, format_path, tolerance_ratios
from grader.core.values import Array, Value
from grader.core.visible_text import visible

MAX_ROWS, MAX_COLUMNS = 24, 28
"""Maximum number of rows and columns of squares in a map. In a larger tensor, a square shows a block of entries."""

MAX_COLUMNS_WITH_NUMBERS = 6
"""A heat map with at most this many columns and rows also shows the numbers of its entries."""

MAX_NAME = 60
"""Maximum length, in characters, of a name in a picture; a longer name is cut off."""

NOT_FINITE, NO_ENTRY = 1000, -1000
"""Levels of two special squares: NOT_FINITE for nan or inf, NO_ENTRY for a square after the end of a vector."""

Numbers: TypeAlias = npt.NDArray[np.float64]


class HeatMap(msgspec.Struct, frozen=True, tag="map"):
    """The data of a heat map.

    where: place of the tensor in its observation.
    shape: shape of the tensor.
    levels: for each square, the deviation of the entry in hundredths of the largest deviation: 0 if the entry is right,
        None if the returned or the expected number is nan or inf.
    wrong, total: number of wrong entries, and of all entries.
    block: rows and columns of entries that one square shows. The level of a square is that of the entry with the
        largest deviation.
    yours, expected: texts of the returned and the expected numbers of a small tensor; empty for a large one.
    """

    where: str
    shape: tuple[int, ...]
    levels: tuple[tuple[int | None, ...], ...]
    wrong: int
    total: int
    block: tuple[int, int] = (1, 1)
    yours: tuple[tuple[str, ...], ...] = ()
    expected: tuple[tuple[str, ...], ...] = ()


def make_map(path: ValuePath, yours: Value, expected: Value, tolerance: Tolerance) -> HeatMap | None:
    """Return the heat map of two tensors; None if they cannot be compared, or if no entry or every entry is wrong."""
    pair = as_float_arrays(yours, expected)
    if pair is None or pair[1].ndim == 0 or pair[1].size < 2:
        return None
    given, reference = pair
    wrong = tolerance_ratios(given, reference, tolerance) > 1
    if not wrong.any() or wrong.all():
        return None
    shape = reference.shape
    # Wrap a long vector into several rows.
    rows = shape[0] if reference.ndim > 1 else -(-reference.size // MAX_COLUMNS)
    levels = _levels(given, reference, wrong)
    if reference.ndim == 1:
        grid = np.full((rows, min(reference.size, MAX_COLUMNS)), NO_ENTRY)
        grid.flat[: reference.size] = levels
    else:
        grid = levels.reshape(rows, -1)
    blocks, block = _reduce_to_blocks(grid)
    with_numbers = max(grid.shape) <= MAX_COLUMNS_WITH_NUMBERS and all(
        f"{a:.3g}" != f"{b:.3g}" for a, b in zip(given[wrong], reference[wrong], strict=True)
    )
    return HeatMap(
        where=shorten_name(format_path(path)),
        shape=shape,
        levels=tuple(tuple(_to_level(cell) for cell in row if cell != NO_ENTRY) for row in blocks),
        wrong=int(wrong.sum()),
        total=reference.size,
        block=block,
        yours=_number_texts(given.reshape(grid.shape)) if with_numbers else (),
        expected=_number_texts(reference.reshape(grid.shape)) if with_numbers else (),
    )


def _levels(yours: Numbers, expected: Numbers, wrong: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Return the level of each entry: 0 if it is right, else its deviation in hundredths of the largest deviation.

    The level of a wrong entry is at least 1, or at most -1, even if its deviation is very small.
    """
    finite = np.isfinite(yours) & np.isfinite(expected)
    # Subtract halves: the difference of two large numbers could overflow to inf.
    deviation = np.where(finite, yours, 0.0) / 2 - np.where(finite, expected, 0.0) / 2
    largest = float(np.abs(deviation[wrong]).max()) or 1.0
    scaled = np.sign(deviation) * np.maximum(1, np.rint(np.abs(deviation) / largest * 100))
    return np.where(wrong, np.where(finite, scaled, NOT_FINITE), 0).astype(np.int64)


def _to_level(cell: int) -> int | None:
    return None if cell == NOT_FINITE else int(cell)


def _reduce_to_blocks(grid: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], tuple[int, int]]:
    """Return the levels of at most MAX_ROWS x MAX_COLUMNS blocks, and the height and width of a block in entries."""
    height, width = (-(-size // limit) for size, limit in zip(grid.shape, (MAX_ROWS, MAX_COLUMNS), strict=True))
    if (height, width) == (1, 1):
        return grid, (1, 1)
    lines = [grid[i : i + height] for i in range(0, grid.shape[0], height)]
    blocks = [[line[:, j : j + width].ravel() for j in range(0, grid.shape[1], width)] for line in lines]
    return np.array([[_worst(block) for block in line] for line in blocks]), (height, width)


def _worst(block: npt.NDArray[np.int64]) -> int:
    return int(block[np.where(block == NO_ENTRY, -1, np.abs(block)).argmax()])


def as_float_arrays(yours: Value | None, expected: Value) -> tuple[Numbers, Numbers] | None:
    """Return both values as float64 arrays; None unless both are floats, or float tensors of one shape and dtype."""
    if isinstance(yours, float) and isinstance(expected, float):
        return np.array(yours), np.array(expected)
    if not (isinstance(yours, Array) and isinstance(expected, Array)):
        return None
    if (yours.shape, yours.dtype) != (expected.shape, expected.dtype) or not expected.dtype.startswith("float"):
        return None
    return yours.numpy().astype(np.float64), expected.numpy().astype(np.float64)


def _number_texts(numbers: Numbers) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(f"{number:.3g}" for number in row) for row in numbers)


def shorten_name(text: str) -> str:
    """Return a name with at most MAX_NAME characters, in which invisible characters are made visible."""
    visible_text = visible(text[: MAX_NAME + 1])
    return visible_text if len(visible_text) <= MAX_NAME else f"{visible_text[: MAX_NAME - 1]}…"
