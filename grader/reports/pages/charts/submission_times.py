"""Chart of the submissions over time: a bar for each time span with its late part marked, a line for each deadline."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from grader.grading.policy.policy import COURSE, Policy
from grader.submissions.submission import SubmissionMetadata

MINUTE, HOUR, DAY = 60, 3600, 86400
SPANS = (10 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 28 * DAY)
"""Possible time spans of one bar, in seconds; a longer one is a multiple of the last."""
MAX_DEADLINE_YEAR = 2199
"""Last year of a deadline that the chart shows. A later deadline, such as 9999-12-31, means no deadline."""
MAX_BARS = 40
"""Maximum number of bars; if there would be more, each bar covers a longer time span."""
BAR_HEIGHT = 100
"""Height of the highest bar, in pixels."""
YEAR = len("2026-")
"""Number of characters in the year of a date; the labels below the chart leave out the year."""
MAX_LABELS = 4
"""Maximum number of labels with a time below the chart: more labels do not fit on a phone."""


@dataclass
class SubmissionTimes:
    """Collects the times of the graded attempts, in seconds since 1970; `undated` counts attempts of unknown time."""

    moments: array[int] = field(default_factory=lambda: array("q"))
    late: bytearray = field(default_factory=bytearray)
    undated: int = 0

    def add(self, metadata: SubmissionMetadata, late: bool, missing: bool) -> None:
        """Count the submission of one student; a missing submission does not count."""
        if missing:
            return
        if metadata.submitted is None:
            self.undated += 1
            return
        self.moments.append(int(metadata.submitted.timestamp()))
        self.late.append(late)


@dataclass(frozen=True)
class TimeBar:
    """The submissions of one time span.

    begin: the time at which the span begins, as text.
    on_time, late: numbers of submissions.
    x, width: position of the bar, in percent of the chart.
    on_time_height, late_height: heights of the two parts of the bar, in pixels.
    """

    begin: str
    on_time: int
    late: int
    x: float
    width: float
    on_time_height: float
    late_height: float


@dataclass(frozen=True)
class DeadlineLine:
    """One deadline: its number in the chart, its time as text, its exercises (none: all), its position in percent."""

    number: int
    moment: str
    exercises: list[str]
    x: float


@dataclass(frozen=True)
class TimeLabel:
    """A time below the chart: its text, its position in percent, and its SVG `text-anchor`."""

    text: str
    x: float
    anchor: str


@dataclass(frozen=True)
class SubmissionChart:
    """The parts of the chart. `zone` is the time zone of all texts, `span` the time span of one bar in seconds."""

    bars: list[TimeBar]
    deadlines: list[DeadlineLine]
    labels: list[TimeLabel]
    undated: int
    zone: str
    span: int
    some_late: bool

    @property
    def highest(self) -> int:
        """The number of submissions in the highest bar."""
        return max(bar.on_time + bar.late for bar in self.bars)


def lay_out_times(times: SubmissionTimes, policy: Policy) -> SubmissionChart | None:
    """Return the chart of a class; None if no submission has a time."""
    if not times.moments:
        return None
    zone = ZoneInfo(policy.time_zone or "UTC")
    due: dict[int, list[str]] = {}
    for exercise, moment in sorted(policy.deadlines.items()):
        if moment.year <= MAX_DEADLINE_YEAR:
            due.setdefault(int(moment.timestamp()), []).append(exercise)
    first, last = min([*times.moments, *due]), max([*times.moments, *due])
    span = next((s for s in SPANS if last - first < MAX_BARS * s), SPANS[-1])
    while last - first >= MAX_BARS * span:
        span *= 2
    offset = _offset(first, zone)
    start = (first + offset) // span * span - offset
    number_of_bars = (last - start) // span + 1
    step = 100 / number_of_bars
    deadlines = [
        DeadlineLine(
            number,
            _text(moment, zone, True),
            [exercise for exercise in exercises if exercise != COURSE],
            round((moment - start) / span * step, 2),
        )
        for number, (moment, exercises) in enumerate(sorted(due.items()), 1)
    ]
    bars = _bars(times, start, span, number_of_bars, zone)
    labels = _labels(start, span, number_of_bars, zone)
    return SubmissionChart(bars, deadlines, labels, times.undated, policy.time_zone or "UTC", span, any(times.late))


def _bars(times: SubmissionTimes, start: int, span: int, number: int, zone: tzinfo) -> list[TimeBar]:
    on_time, late = [0] * number, [0] * number
    for moment, is_late in zip(times.moments, times.late, strict=True):
        (late if is_late else on_time)[(moment - start) // span] += 1
    unit = BAR_HEIGHT / max(a + b for a, b in zip(on_time, late, strict=True))
    step = 100 / number
    return [
        TimeBar(
            _text(start + n * span, zone, True),
            on_time[n],
            late[n],
            round((n + 0.05) * step, 2),
            round(0.9 * step, 2),
            round(on_time[n] * unit, 1),
            round(late[n] * unit, 1),
        )
        for n in range(number)
    ]


def _labels(start: int, span: int, number: int, zone: tzinfo) -> list[TimeLabel]:
    """Return labels for some edges of bars, among them the first and the last edge."""
    count = min(MAX_LABELS, number + 1)
    edges = [round(i * number / (count - 1)) for i in range(count)]
    anchors = ["start", *["middle"] * (count - 2), "end"]
    return [
        TimeLabel(_text(start + edge * span, zone, span < DAY)[YEAR:], round(100 * edge / number, 2), anchor)
        for edge, anchor in zip(edges, anchors, strict=True)
    ]


def _text(moment: int, zone: tzinfo, with_hour: bool) -> str:
    local = datetime.fromtimestamp(moment, UTC).astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M}" if with_hour else f"{local:%Y-%m-%d}"


def _offset(moment: int, zone: tzinfo) -> int:
    """Return the seconds by which the local time is ahead of UTC.

    These seconds let bars begin at full local hours or days.
    """
    offset = datetime.fromtimestamp(moment, UTC).astimezone(zone).utcoffset() or timedelta()
    return int(offset.total_seconds())
