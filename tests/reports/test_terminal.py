"""Progress bar on standard error: the time left is realistic, and quick steps show no bar."""

import io
import re

import pytest
from rich.console import Console
from rich.progress import Progress

from grader.reports.terminal import TimeLeftColumn, progress


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self):
        return self.now


def left(clock, total, done, first_timed):
    """Return the time left that the column shows; `first_timed`: time of the first timed item, items before it."""
    bar = Progress(get_time=clock)
    bar.add_task("grading", total=total, completed=done, first_timed=first_timed)
    return TimeLeftColumn().render(bar.tasks[0]).plain


def test_reused_items_do_not_make_the_rest_look_quick():
    clock = Clock()
    clock.now = 101.0  # 900 reused in one second, then ten seconds per item
    assert left(clock, 1000, 910, (1.0, 900)) == "0:15:00"


def test_a_slow_item_counts_only_as_one_item_of_the_mean():
    clock = Clock()
    clock.now = 200.0  # a hundred items of one second, then one of a hundred seconds
    assert left(clock, 201, 101, (0.0, 1)) == "0:03:20"


@pytest.mark.parametrize("first_timed", [None, (5.0, 10)])
def test_no_time_is_shown_before_anything_was_measured(first_timed):
    assert left(Clock(), 100, 10, first_timed) == "-:--:--"


def test_every_item_is_yielded_and_quick_steps_draw_no_bar():
    for delay, drawn in ((0.0, True), (600.0, False)):
        console = Console(file=io.StringIO(), force_terminal=True)
        assert list(progress(console, "abc", 3, "writing", delay=delay)) == ["a", "b", "c"]
        assert bool(console.file.getvalue().strip()) == drawn


def test_the_time_left_is_computed_from_the_first_item_that_counts():
    for first, left in ((6, r"-:--:--"), (3, r"0:00:00")):
        console = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=100)
        list(progress(console, range(1, 6), 5, "grading", took_work=lambda item, first=first: item >= first))
        assert re.search(rf"5/5 [\d:]+ {left}", console.file.getvalue())
