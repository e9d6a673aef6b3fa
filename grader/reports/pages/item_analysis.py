"""Item analysis for the class page: how hard each function is, and whether stronger students solve it more often.

The statistics come from classical test theory. They leave out missing submissions, and students with an ungraded
function: zeros in all functions at once would let every function seem to tell students apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

MIN_STUDENTS = 10
"""With fewer students a correlation means nothing."""
MIN_TRIES = 5
"""A check is suspected if at least this many students tried it and all failed."""
TAIL_SHARE = 0.27
"""Share of the class in the upper and in the lower group: Kelley's 27 percent, the usual choice."""
SUSPICIOUS_CORRELATION = -0.1
"""A check is suspected if its correlation with the other points is below this: strong students fail it more often."""
MIN_STANDARD_ERRORS = 2.0
"""A negative correlation counts if it is this many standard errors below 0."""


@dataclass(frozen=True)
class ItemStatistics:
    """Statistics of one function. `difficulty` is the mean share of the points (1 is easy, 0 is hard).

    `pass_rate` is the share of students with all points.
    `item_rest` is the correlation of its points with the points in all other functions. `upper_lower` is the mean share
    of the best 27 % of the class minus the mean share of the worst 27 %, ranked by the points in all other functions.
    None: too few students.
    """

    pass_rate: float | None
    difficulty: float | None
    item_rest: float | None
    upper_lower: float | None


@dataclass(frozen=True)
class SuspectCheck:
    """A check that looks faulty. `why` is "all_fail" or "backwards"; `passed` of `tries` students passed it."""

    function: str
    check: str
    claim: str
    why: str
    tries: int
    passed: int
    correlation: float | None


def analyze_items(shares: FloatArray, weights: FloatArray) -> list[ItemStatistics]:
    """Return the statistics of every function.

    `shares` has shape (students, functions), from 0 to 1, NaN if ungraded; `weights` are the points of the functions.
    """
    complete = shares[graded_students(shares)]
    totals = complete @ weights
    items = []
    for column in range(shares.shape[1]):
        scores = complete[:, column]
        other_points = totals - scores * weights[column]
        items.append(
            ItemStatistics(
                float((scores > 1 - 1e-9).mean()) if scores.size else None,
                float(scores.mean()) if scores.size else None,
                correlation(scores, other_points),
                upper_lower(scores, other_points),
            )
        )
    return items


def graded_students(shares: FloatArray) -> NDArray[np.bool_]:
    """Return a mask of the students without an ungraded function; `shares` is as in `analyze_items`."""
    return np.logical_not(np.isnan(shares).any(axis=1))


def correlation(scores: FloatArray, other_points: FloatArray) -> float | None:
    """Return Pearson's r (for scores 0 and 1 the point-biserial correlation); None if it means nothing."""
    if len(scores) < MIN_STUDENTS or np.ptp(scores) < 1e-9 or np.ptp(other_points) < 1e-9:
        return None
    return float(np.corrcoef(scores, other_points)[0, 1])


def upper_lower(scores: FloatArray, other_points: FloatArray) -> float | None:
    """Return the mean of the best 27 % minus the mean of the worst 27 %; students tied at an edge count in part."""
    size = round(TAIL_SHARE * len(other_points))
    if len(other_points) < MIN_STUDENTS or not size or np.ptp(other_points) < 1e-9:
        return None
    return _tail(scores, -other_points, size) - _tail(scores, other_points, size)


def _tail(scores: FloatArray, other_points: FloatArray, size: int) -> float:
    """Return the mean score of the `size` students with the fewest other points; ties at the edge count in part."""
    edge = np.partition(other_points, size - 1)[size - 1]
    below_edge, tied = other_points < edge, other_points == edge
    part = (size - below_edge.sum()) / tied.sum()
    return float((scores[below_edge].sum() + part * scores[tied].sum()) / size)


def suspect_reason(passed: NDArray[np.bool_], other_points: FloatArray) -> tuple[str, float | None]:
    """Return why a check looks faulty (or an empty text), and the correlation.

    `passed` holds the students who tried the check, `other_points` their points in all other functions.
    """
    tries = len(passed)
    if tries >= MIN_TRIES and not passed.any():
        return "all_fail", None
    r = correlation(passed.astype(np.float64), other_points)
    if r is not None and r < SUSPICIOUS_CORRELATION and r * np.sqrt(tries - 1) < -MIN_STANDARD_ERRORS:
        return "backwards", r
    return "", r
