"""Divide the points of an exercise or a function into shares that are multiples of 0.01."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction


def share(points: Fraction | int, weights: Sequence[int]) -> list[Fraction]:
    """Divide `points` in proportion to `weights` into multiples of 0.01, by the largest-remainder method.

    If two remainders are equal, the first one is rounded up. If `points` is a multiple of 0.01, the shares add up to
    `points` exactly. Raises ValueError if a weight is negative or all weights are zero.
    """
    total, cents = sum(weights), Fraction(points) * 100
    if total <= 0 or min(weights) < 0:
        raise ValueError("weights must not be negative, and not all of them zero")
    exact = [cents * weight / total for weight in weights]
    whole = [int(part) for part in exact]
    by_remainder = sorted(range(len(weights)), key=lambda i: (whole[i] - exact[i], i))
    for i in by_remainder[: int(cents) - sum(whole)]:
        whole[i] += 1
    return [Fraction(part, 100) for part in whole]
