"""Chart of the totals: a bar for each tenth of the points, the quartiles, and bars for students without a total."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

NUMBER_OF_BINS = 10
BAR_HEIGHT = 120
"""Height of the highest bar, in pixels."""
MIN_FOR_QUARTILES = 5
"""Minimum number of totals for quartiles. Quartiles of fewer totals mean nothing, so the chart shows each total as a
dot."""
WIDTH_NEXT_TO_OTHERS, OTHERS_AT, OTHER_WIDTH = 78.0, (82.0, 92.0), 7.0
"""Positions if some students have no total, in percent of the width: the width of all ten bars together, the left edges
of the two bars for the students without a total, and the width of each of these two bars."""


@dataclass(frozen=True)
class Bar:
    """One bar: its name, its number of students, its left edge and width in percent, its height in pixels.

    `kind` selects the pattern of the bar. `filter` is the name by which the script of the page finds the students.
    """

    name: str
    count: int
    x: float
    width: float
    height: float
    kind: str
    filter: str = ""

    @property
    def middle(self) -> float:
        """The middle of the bar in percent of the width."""
        return round(self.x + self.width / 2, 2)


@dataclass(frozen=True)
class Quartiles:
    """Lowest total, first quartile, median, third quartile, highest total: shares of the points from 0 to 1."""

    lowest: float
    first: float
    median: float
    third: float
    highest: float


@dataclass(frozen=True)
class TotalsChart:
    """Ten bars, the bars of students without a total (`others`), and the quartiles or, for few totals, a dot for each.

    `scale` is the width of all ten bars together in percent. `edges` are the limits of the bars, each in percent of the
    points and in percent of the width.
    """

    bars: list[Bar]
    others: list[Bar]
    scale: float
    edges: list[tuple[int, float]]
    quartiles: Quartiles | None
    dots: list[float]

    @property
    def all_bars(self) -> list[Bar]:
        """All bars in the order of the table below the chart."""
        return [*self.bars, *self.others]


def lay_out_totals(shares: Sequence[float], ungraded: int, missing: int) -> TotalsChart:
    """Return the chart of a class.

    shares: the totals as shares of the maximum, from 0 to 1.
    ungraded, missing: number of students whose total is ungraded, and number of missing submissions.
    """
    without = [(kind, count) for kind, count in (("fault", ungraded), ("missing", missing)) if count]
    scale = WIDTH_NEXT_TO_OTHERS if without else 100.0
    counts = count_by_tenth(shares)
    unit = BAR_HEIGHT / max(*counts, ungraded, missing, 1)
    step = scale / NUMBER_OF_BINS
    bars = [
        Bar(
            f"{10 * n}\N{EN DASH}{10 * n + 10}",
            count,
            round(n * step + 0.4, 2),
            round(step - 0.8, 2),
            round(count * unit, 1),
            "total",
            f"bin:{n}",
        )
        for n, count in enumerate(counts)
    ]
    others = [
        Bar(kind, count, x, OTHER_WIDTH, round(count * unit, 1), kind, f"total:{kind}")
        for (kind, count), x in zip(without, OTHERS_AT, strict=False)
    ]
    edges = [(10 * n, round(n * step, 2)) for n in range(NUMBER_OF_BINS + 1)]
    dots = [] if len(shares) >= MIN_FOR_QUARTILES else sorted(shares)
    return TotalsChart(bars, others, scale, edges, quartiles(shares), dots)


def count_by_tenth(shares: Sequence[float]) -> list[int]:
    """Return the number of totals in each tenth of the points; the last tenth includes totals above the maximum."""
    counts = Counter(min(int(share * NUMBER_OF_BINS + 1e-9), NUMBER_OF_BINS - 1) for share in shares)
    return [counts[number] for number in range(NUMBER_OF_BINS)]


def quartiles(shares: Sequence[float]) -> Quartiles | None:
    """Return the quartiles by linear interpolation; None if there are too few totals."""
    if len(shares) < MIN_FOR_QUARTILES:
        return None
    return Quartiles(*(float(value) for value in np.quantile(np.array(shares), [0, 0.25, 0.5, 0.75, 1])))
