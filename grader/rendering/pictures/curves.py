"""Where the points of two curves stand."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from grader.grading.verdicts.pictures import Curve

WIDTH, HEIGHT = 380, 200
LEFT, RIGHT, TOP, BOTTOM = 62, 14, 30, 36
LABELS = 11
"""Steps that are written below the picture."""

FAR = 4.0
"""When yours reaches this many times as far as the expected curve, it leaves the picture, so that both can be seen."""


@dataclass(frozen=True)
class Point:
    """One point of a curve; `beyond` is -1 or 1 for a value below or above the picture, which is written.

    What is no number is a cross at the lower edge.
    """

    x: float
    y: float
    beyond: int = 0
    text: str = ""
    number: bool = True


@dataclass(frozen=True)
class Tick:
    """A number at an axis."""

    at: float
    text: str


def curve_facts(curve: Curve) -> dict[str, object]:
    """What the template needs."""
    low, high = _range(curve)
    room = WIDTH - LEFT - RIGHT
    across = [LEFT + room * (i + 0.5) / len(curve.steps) for i in range(len(curve.steps))]
    every = -(-len(across) // LABELS)
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "left": LEFT,
        "far": WIDTH - RIGHT,
        "top": TOP,
        "bottom": HEIGHT - BOTTOM,
        "across": [Tick(x, str(step)) for x, step in list(zip(across, curve.steps, strict=True))[::every]],
        "up": [Tick(_height(value, low, high), f"{value:.3g}") for value in (low, (low + high) / 2, high)],
        "first_wrong": across[curve.first_wrong],
        "yours": _pieces(curve.yours, across, low, high),
        "expected": _pieces(curve.expected, across, low, high),
        "listed": curve.listed,
        "no_numbers": None in (*curve.yours, *curve.expected),
    }


def _range(curve: Curve) -> tuple[float, float]:
    """The lowest and the highest value that are drawn."""
    right = [value for value in curve.expected if value is not None]
    both = right + [value for value in curve.yours if value is not None]
    if not both:
        return 0.0, 1.0
    low, high = min(both), max(both)
    if right and high - low > FAR * (max(right) - min(right)) > 0:
        extent = max(right) - min(right)
        low, high = max(low, min(right) - extent), min(high, max(right) + extent)
    margin = 0.05 * (high - low) or abs(high) / 10 or 1.0
    return low - margin, high + margin


def _height(value: float, low: float, high: float) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low) / (high - low), 1)


def _pieces(values: tuple[float | None, ...], across: list[float], low: float, high: float) -> dict[str, object]:
    """The points of a curve, and the lines between neighbours that both have a number."""
    points = []
    for x, value in zip(across, values, strict=False):
        if value is None:
            points.append(Point(round(x, 1), HEIGHT - BOTTOM, number=False))
        elif low <= value <= high:
            points.append(Point(round(x, 1), _height(value, low, high)))
        else:
            beyond = 1 if value > high else -1
            points.append(Point(round(x, 1), TOP if beyond > 0 else HEIGHT - BOTTOM, beyond, f"{value:.2g}"))
    return {"points": points, "lines": [(a, b) for a, b in pairwise(points) if a.number and b.number]}
