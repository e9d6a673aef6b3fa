"""Progress in all exercises as text for the terminal: a table, a single line, and a list to choose a function from.

The table is at most 80 columns wide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from grader.core.language import translator
from grader.core.outcomes import Status
from grader.learner.progress import FunctionState
from grader.learner.step_rendering import state_summary
from grader.rendering.display_width import cells, pad

BAR = 8
"""Width of the bar of an exercise in cells."""
MARKS = {"passed": ("✔", "green"), "not_attempted": ("·", "dim"), "missing": ("·", "yellow")}
OTHER = ("✘", "red")


def mark(state: FunctionState) -> tuple[str, str]:
    """Return the sign and the color of a function's state."""
    if state.status == Status.NOT_ATTEMPTED and not state.not_started:
        return OTHER
    return MARKS.get("passed" if state.passed else state.status.value, OTHER)


def progress_table(states: Sequence[FunctionState], language: str) -> Iterator[RenderableType]:
    """Yield a table with the state and points of each function, grouped by exercise, and a note below it."""
    tr = translator(language)
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold", min_width=16)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    for name in dict.fromkeys(state.exercise.name for state in states):
        members = [state for state in states if state.exercise.name == name]
        title = members[0].exercise.title.in_(language)
        table.add_row(Text(name, "bold"), Text(title, "bold"), bar(members), points(members, "bold"))
        for state in members:
            sign, color = mark(state)
            label = Text.assemble("  ", (sign, color), " ", state.function)
            state_style = "red" if sign == OTHER[0] else color
            table.add_row(label, Text(state_summary(state, tr), state_style), "", points([state], "dim"))
    yield table
    yield Text(tr("Points of the public checks. Hidden checks on other data decide the grade."), "dim")


def bar(states: Sequence[FunctionState], width: int = BAR) -> Text:
    """Return a bar of `width` cells for the share of earned points; the bar is full only if all points are earned."""
    earned, maximum = sum(s.points for s in states), sum(s.max_points for s in states)
    done = width if earned >= maximum else min(width - 1, round(width * earned / maximum))
    return Text.assemble(("█" * done, "green"), ("░" * (width - done), "dim"))


def points(states: Sequence[FunctionState], style: str) -> Text:
    """Return earned and maximum points of functions as text."""
    earned, maximum = sum(s.points for s in states), sum(s.max_points for s in states)
    return Text(f"{earned:5.2f} / {maximum:5.2f}", style)


def progress_line(states: Sequence[FunctionState], language: str, width: int = 24) -> Text:
    """Return one line with the finished functions and points of all exercises. The bar is `width` cells wide."""
    tr = translator(language)
    done = sum(state.passed for state in states)
    earned, maximum = sum(s.points for s in states), sum(s.max_points for s in states)
    words = tr("{done} of {all} functions, {got:.2f} of {most:.2f} points")
    text = Text.assemble((tr("progress "), "bold"), bar(states, width), " ")
    return text.append(words.format(done=done, all=len(states), got=earned, most=maximum))


def choice_lines(states: Sequence[FunctionState], cursor: int, height: int, language: str) -> Iterator[Text]:
    """Yield at most `height` lines of the list of functions, among them the highlighted line of number `cursor`."""
    tr, width = translator(language), max(cells(state.function) for state in states)
    first = max(0, min(cursor - height // 2, len(states) - height))
    for number, state in list(enumerate(states))[first : first + height]:
        sign, color = mark(state)
        line = Text.assemble(
            ("▸ " if number == cursor else "  "),
            (sign, color),
            f" {pad(state.function, width)}  {pad(state.exercise.name, 18)} ",
            (state_summary(state, tr), color),
        )
        if number == cursor:
            line.stylize("reverse")
        yield line
