"""Lay out the most common misconceptions as bars, and find pairs that occur together more often than by chance."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

MAX_BARS = 10
"""Maximum number of misconceptions with a bar. Below the bars, the page lists all misconceptions of each function."""
MAX_PAIRS = 5
"""Maximum number of pairs of misconceptions that the page shows."""
MIN_TOGETHER = 2
"""A pair is shown only if at least this number of students made both mistakes."""
MIN_RATIO = 1.5
"""A pair is shown only if the number of students who made both mistakes is at least this many times the number expected
by chance."""
MIN_DEVIATIONS = 4.0
"""A pair is shown only if its number of students exceeds the number expected by chance by this many standard deviations
of a Poisson distribution. The limit is high because many pairs are compared."""
MAX_COMPARED = 150
"""Number of most common mistakes among which pairs are searched; rarer mistakes occur together by accident."""


@dataclass(frozen=True)
class MistakeBar:
    """One misconception: number of students, their share of the class, and the length of the bar in percent."""

    id: str
    count: int
    share: float
    width: float


@dataclass(frozen=True)
class MistakePair:
    """Two mistakes that the same students made.

    together: number of students who made both.
    by_chance: expected number of such students if the two mistakes were independent.
    counts: number of students who made the first mistake, and number who made the second one.
    width, chance_at: length of the bar for `together`, and position of the mark for `by_chance`, in percent.
    """

    first: str
    second: str
    together: int
    by_chance: float
    counts: tuple[int, int]
    width: float
    chance_at: float


def most_common(mistakes: Mapping[str, int], students: int) -> list[MistakeBar]:
    """Return the bars of the most common mistakes.

    mistakes: for each mistake the number of students who made it.
    students: number of students in the class.
    """
    ordered = sorted(mistakes.items(), key=lambda item: (-item[1], item[0]))[:MAX_BARS]
    highest = ordered[0][1] if ordered else 1
    return [MistakeBar(id, count, count / students, round(100 * count / highest, 1)) for id, count in ordered]


def find_pairs(mistakes: Mapping[str, array[int]], students: int) -> list[MistakePair]:
    """Return the pairs of mistakes that more students made than expected by chance, the largest excess first.

    mistakes: for each mistake the row numbers of the students who made it.
    students: number of students with a submission; each of them could have made each mistake.
    """
    compared = sorted(mistakes, key=lambda id: (-len(mistakes[id]), id))[:MAX_COMPARED]
    together = _count_together([mistakes[id] for id in compared])
    found: list[tuple[float, str, str, int, float]] = []
    for (i, first), (j, second) in combinations(enumerate(compared), 2):
        count, chance = int(together[i, j]), len(mistakes[first]) * len(mistakes[second]) / max(students, 1)
        if count >= max(MIN_TOGETHER, MIN_RATIO * chance, chance + MIN_DEVIATIONS * chance**0.5):
            found.append((chance - count, first, second, count, chance))
    found = sorted(found)[:MAX_PAIRS]
    highest = max((max(count, chance) for *_, count, chance in found), default=1)
    return [
        MistakePair(
            first,
            second,
            count,
            chance,
            (len(mistakes[first]), len(mistakes[second])),
            round(100 * count / highest, 1),
            round(100 * chance / highest, 1),
        )
        for _, first, second, count, chance in found
    ]


def _count_together(groups: Sequence[array[int]]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Return for every two groups the number of students who are in both. Shape: (groups, groups)."""
    rows = sorted({number for group in groups for number in group})
    column_of = {number: column for column, number in enumerate(rows)}
    members = np.zeros((len(groups), len(rows)), np.float32)
    for row, group in enumerate(groups):
        members[row, [column_of[number] for number in group]] = 1
    product: np.ndarray[tuple[int, int], np.dtype[np.float32]] = members @ members.T
    return product
