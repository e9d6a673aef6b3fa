"""Layout of a picture of two curves: positions of points and axis labels, in user units of the SVG."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from grader.grading.verdicts.pictures import Curve

WIDTH, HEIGHT = 380, 200
LEFT, RIGHT, TOP, BOTTOM = 62, 14, 30, 36
MAX_STEP_LABELS = 11
"""Maximum number of step numbers that are written below the picture."""

MAX_EXTENT = 4.0
"""If all values together span more than this many times the range of the expected curve, the axis is cut.

Otherwise the expected curve would look flat beside a very wrong curve. Values beyond the axis are marked.
"""


@dataclass(frozen=True)
class Point:
    """One point of a curve.

    beyond: -1 if the value lies below the range of the axis, 1 if it lies above, 0 inside.
    text: the value, if it lies outside the range of the axis.
    number: False for nan and inf, which are drawn as a cross at the lower edge.
    """

    x: float
    y: float
    beyond: int = 0
    text: str = ""
    number: bool = True


@dataclass(frozen=True)
class AxisLabel:
    """A number at an axis: its position along the axis, and its text."""

    at: float
    text: str


def lay_out_curves(curve: Curve) -> dict[str, object]:
    """Return the values for the template curve.svg: sizes, axis labels, points and lines of both curves."""
    low, high = _value_range(curve)
    plot_width = WIDTH - LEFT - RIGHT
    x_positions = [LEFT + plot_width * (i + 0.5) / len(curve.steps) for i in range(len(curve.steps))]
    label_interval = -(-len(x_positions) // MAX_STEP_LABELS)
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "left": LEFT,
        "far": WIDTH - RIGHT,
        "top": TOP,
        "bottom": HEIGHT - BOTTOM,
        "across": [
            AxisLabel(x, str(step)) for x, step in list(zip(x_positions, curve.steps, strict=True))[::label_interval]
        ],
        "up": [AxisLabel(_to_y(value, low, high), f"{value:.3g}") for value in (low, (low + high) / 2, high)],
        "first_wrong": x_positions[curve.first_wrong],
        "yours": _lay_out_points(curve.yours, x_positions, low, high),
        "expected": _lay_out_points(curve.expected, x_positions, low, high),
        "listed": curve.listed,
        "no_numbers": None in (*curve.yours, *curve.expected),
    }


def _value_range(curve: Curve) -> tuple[float, float]:
    """Return the lowest and the highest value that the picture shows."""
    expected = [value for value in curve.expected if value is not None]
    all_values = expected + [value for value in curve.yours if value is not None]
    if not all_values:
        return 0.0, 1.0
    low, high = min(all_values), max(all_values)
    if expected and high - low > MAX_EXTENT * (max(expected) - min(expected)) > 0:
        extent = max(expected) - min(expected)
        low, high = max(low, min(expected) - extent), min(high, max(expected) + extent)
    margin = 0.05 * (high - low) or abs(high) / 10 or 1.0
    return low - margin, high + margin


def _to_y(value: float, low: float, high: float) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low) / (high - low), 1)


def _lay_out_points(
    values: tuple[float | None, ...], x_positions: list[float], low: float, high: float
) -> dict[str, object]:
    """Return the points of a curve, and the lines between neighboring points that are both numbers."""
    points = []
    for x, value in zip(x_positions, values, strict=False):
        if value is None:
            points.append(Point(round(x, 1), HEIGHT - BOTTOM, number=False))
        elif low <= value <= high:
            points.append(Point(round(x, 1), _to_y(value, low, high)))
        else:
            beyond = 1 if value > high else -1
            points.append(Point(round(x, 1), TOP if beyond > 0 else HEIGHT - BOTTOM, beyond, f"{value:.2g}"))
    return {"points": points, "lines": [(a, b) for a, b in pairwise(points) if a.number and b.number]}
