"""Group functions by how well they tell strong students from weak ones, measured by the item-rest correlation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from grader.reports.pages.check_statistics import ScoreStatistics

NEGATIVE, WEAK, CLEAR = 0.0, 0.2, 0.4
"""Values of the item-rest correlation that separate the groups: Ebel's rules of thumb for items of an exam."""


@dataclass(frozen=True)
class FunctionOnScale:
    """One function with its item-rest correlation and its upper-lower difference (`ScoreStatistics`)."""

    function: str
    item_rest: float | None
    upper_lower: float | None

    @property
    def bar(self) -> tuple[float, float]:
        """Left edge and width of the bar, in percent of the chart: 50 is a correlation of 0, 100 a correlation of 1."""
        r = self.item_rest or 0.0
        return round(50 + 50 * min(r, 0.0), 2), round(50 * abs(r), 2)


@dataclass(frozen=True)
class DiscriminationGroup:
    """Functions that one sentence describes; `urgent` is true if a person should look at them."""

    sentence: str
    functions: list[FunctionOnScale]
    urgent: bool = False


def group_by_discrimination(
    items: Sequence[tuple[str, ScoreStatistics]], tr: Callable[[str], str]
) -> list[DiscriminationGroup]:
    """Return the groups that have a function, the most doubtful one first; in a group, the lowest correlation first."""
    sentences = {
        "backwards": tr(
            "Students who did well in the other functions did worse here. Review these functions and their checks."
        ),
        "hardly": tr("Students who did well in the other functions did hardly better here."),
        "somewhat": tr("Students who did well in the other functions did somewhat better here."),
        "clearly": tr("Students who did well in the other functions did clearly better here, too."),
        "unknown": tr("Not computed: fewer than 10 graded students, or all have the same points."),
    }
    groups = []
    for level, sentence in sentences.items():
        found = [
            FunctionOnScale(function, item.item_rest, item.upper_lower)
            for function, item in items
            if _level(item.item_rest) == level
        ]
        if found:
            found.sort(key=lambda one: one.item_rest or 0.0)
            groups.append(DiscriminationGroup(sentence, found, level == "backwards"))
    return groups


def _level(r: float | None) -> str:
    if r is None:
        return "unknown"
    return "backwards" if r < NEGATIVE else "hardly" if r < WEAK else "somewhat" if r < CLEAR else "clearly"
