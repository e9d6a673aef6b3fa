"""Statistics for the class page: how hard functions and checks are, whether stronger students solve them more often.

The statistics come from classical test theory. The statistics leave out missing submissions and students with an
ungraded function: if these students counted with zero points in all functions, every function would seem to tell
students apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

MIN_STUDENTS = 10
"""Minimum number of students for a correlation; with fewer students it means nothing."""
MIN_TRIES = 5
"""A check looks faulty if at least this many students tried it and all failed."""
TAIL_SHARE = 0.27
"""Share of the class in the upper and in the lower group: Kelley's 27 percent, the usual choice."""
SUSPICIOUS_CORRELATION = -0.1
"""A check looks faulty if its correlation with the points in the other functions is below this number: strong students
fail it more often than weak ones."""
MIN_STANDARD_ERRORS = 2.0
"""A check looks faulty only if its correlation is also this many standard errors below 0, which excludes chance."""


@dataclass(frozen=True)
class ScoreStatistics:
    """Statistics of one function. A value is None if there are too few students.

    pass_rate: share of students with all points.
    difficulty: mean share of the points (1 is easy, 0 is hard).
    item_rest: correlation of the points in this function with the points in all other functions.
    upper_lower: mean share of the points among the best 27 % of the class, minus the mean share among the worst 27 %.
        The class is ranked by the points in all other functions.
    """

    pass_rate: float | None
    difficulty: float | None
    item_rest: float | None
    upper_lower: float | None


@dataclass(frozen=True)
class SuspectCheck:
    """A check that looks faulty.

    `tries` is the number of students who tried the check, `passed` the number who passed it.

    `why` is "all_fail", or "backwards" if weak students pass the check more often than strong ones.
    """

    function: str
    check: str
    claim: str
    why: str
    tries: int
    passed: int
    correlation: float | None


def compute_statistics(shares: FloatArray, weights: FloatArray) -> list[ScoreStatistics]:
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
            ScoreStatistics(
                float((scores > 1 - 1e-9).mean()) if scores.size else None,
                float(scores.mean()) if scores.size else None,
                correlation(scores, other_points),
                upper_lower(scores, other_points),
            )
        )
    return items


def graded_students(shares: FloatArray) -> NDArray[np.bool_]:
    """Return a mask of the students without an ungraded function; `shares` has shape (students, functions)."""
    return np.logical_not(np.isnan(shares).any(axis=1))


def correlation(scores: FloatArray, other_points: FloatArray) -> float | None:
    """Return Pearson's r (for scores 0 and 1 the point-biserial correlation).

    None: there are fewer than MIN_STUDENTS students, or all have the same scores or the same other points.
    """
    if len(scores) < MIN_STUDENTS or np.ptp(scores) < 1e-9 or np.ptp(other_points) < 1e-9:
        return None
    return float(np.corrcoef(scores, other_points)[0, 1])


def upper_lower(scores: FloatArray, other_points: FloatArray) -> float | None:
    """Return how much higher the best 27 % of the students score in a function than the worst 27 %.

    The result is the difference of the mean scores. `other_points`, the points in all other functions, decide who is
    best and worst. Students with equal points at the limit of these groups count in part. None: there are too few
    students, or all have the same other points.
    """
    size = round(TAIL_SHARE * len(other_points))
    if len(other_points) < MIN_STUDENTS or not size or np.ptp(other_points) < 1e-9:
        return None
    return _tail(scores, -other_points, size) - _tail(scores, other_points, size)


def _tail(scores: FloatArray, other_points: FloatArray, size: int) -> float:
    """Return the mean score of the `size` students with the fewest other points.

    Students with equal points at the limit of this group count in part.
    """
    edge = np.partition(other_points, size - 1)[size - 1]
    below_edge, tied = other_points < edge, other_points == edge
    part = (size - below_edge.sum()) / tied.sum()
    return float((scores[below_edge].sum() + part * scores[tied].sum()) / size)


def suspect_reason(passed: NDArray[np.bool_], other_points: FloatArray) -> tuple[str, float | None]:
    """Return why a check looks faulty (or an empty text), and its correlation with the other points.

    Both arrays have one entry for each student who tried the check: whether the student passed it, and the points of
    the student in all other functions.
    """
    tries = len(passed)
    if tries >= MIN_TRIES and not passed.any():
        return "all_fail", None
    r = correlation(passed.astype(np.float64), other_points)
    if r is not None and r < SUSPICIOUS_CORRELATION and r * np.sqrt(tries - 1) < -MIN_STANDARD_ERRORS:
        return "backwards", r
    return "", r
