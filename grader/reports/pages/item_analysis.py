"""Item analysis for the class page: how hard each function is, and whether stronger students solve it more often.

The numbers are those that test theory has long used. Students without a total (a fault of the grader) are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FEWEST = 10
"""Students below which a correlation says nothing."""
FEWEST_TRIES = 5
"""Tries that must all fail before a check is suspected."""
TAIL = 0.27
"""The part of the class in the upper and in the lower group: Kelley's choice, which everybody has used since."""
BACKWARDS = -0.1
"""A check that those who can pass less often than those who cannot, by this much, is suspected."""
SIGNS = 2.0
"""Standard errors from nought before a negative correlation is no accident."""


@dataclass(frozen=True)
class Item:
    """One function. `difficulty` is the mean share of the points (1 is easy, 0 hard).

    `item_rest` is the correlation of its points with those of all other functions; `upper_lower` is the difference of
    the mean share between the best and the worst 27 % of the class (by those other points). None: too few to say.
    """

    difficulty: float | None
    item_rest: float | None
    upper_lower: float | None


@dataclass(frozen=True)
class Suspect:
    """A check that looks faulty: `why` is "all_fail" or "backwards"; of `tries`, so many passed."""

    function: str
    check: str
    claim: str
    why: str
    tries: int
    passed: int
    correlation: float | None


def analyse(shares: Floats, weights: Floats) -> list[Item]:
    """Every function of a class: `shares` is students x functions (NaN: a fault), `weights` the points of each."""
    whole = shares[~np.isnan(shares).any(axis=1)] if shares.size else shares
    totals = whole @ weights
    items = []
    for column in range(shares.shape[1]):
        seen = shares[:, column][~np.isnan(shares[:, column])]
        scores = whole[:, column]
        rest = totals - scores * weights[column]
        items.append(
            Item(float(seen.mean()) if seen.size else None, correlation(scores, rest), upper_lower(scores, rest))
        )
    return items


def correlation(scores: Floats, rest: Floats) -> float | None:
    """Pearson's r (the point-biserial one, where scores are 0 and 1); None when it says nothing."""
    if len(scores) < FEWEST or np.ptp(scores) < 1e-9 or np.ptp(rest) < 1e-9:
        return None
    return float(np.corrcoef(scores, rest)[0, 1])


def upper_lower(scores: Floats, rest: Floats) -> float | None:
    """The mean of the best 27 % minus that of the worst 27 %; those who are level at an edge count in part."""
    size = round(TAIL * len(rest))
    if len(rest) < FEWEST or not size or np.ptp(rest) < 1e-9:
        return None
    return _tail(scores, -rest, size) - _tail(scores, rest, size)


def _tail(scores: Floats, rest: Floats, size: int) -> float:
    """The mean score of the `size` students with the smallest rest; of those level at the edge each counts in part."""
    edge = np.partition(rest, size - 1)[size - 1]
    inside, level = rest < edge, rest == edge
    part = (size - inside.sum()) / level.sum()
    return float((scores[inside].sum() + part * scores[level].sum()) / size)


def suspicion(passed: NDArray[np.bool_], rest: Floats) -> tuple[str, float | None]:
    """Why a check looks faulty (or ""), from those who tried it, and their points in all other functions."""
    tries = len(passed)
    if tries >= FEWEST_TRIES and not passed.any():
        return "all_fail", None
    found = correlation(passed.astype(np.float64), rest)
    if found is not None and found < BACKWARDS and found * np.sqrt(tries - 1) < -SIGNS:
        return "backwards", found
    return "", found
