"""Progress over all exercises, in one table that fits 80 columns; and in one line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from grader.core.display_width import cells, pad
from grader.core.language import translator
from grader.learner.next_step import summary
from grader.learner.progress import FunctionState

BAR = 8
MARKS = {"passed": ("✔", "green"), "not_attempted": ("·", "dim"), "missing": ("·", "yellow")}
OTHER = ("✘", "red")


def mark(state: FunctionState) -> tuple[str, str]:
    """The sign of a function's state, and its colour."""
    return MARKS.get("passed" if state.passed else state.status.value, OTHER)


def progress_table(states: Sequence[FunctionState], language: str) -> Iterator[RenderableType]:
    """Every function with its state, its checks and its points, exercise by exercise."""
    tr = translator(language)
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold", min_width=16)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    for name in dict.fromkeys(state.exercise.name for state in states):
        members = [state for state in states if state.exercise.name == name]
        title = members[0].exercise.title(language)
        table.add_row(Text(name, "bold"), Text(title, "bold"), bar(members), points(members, "bold"))
        for state in members:
            sign, colour = mark(state)
            label = Text.assemble("  ", (sign, colour), " ", state.function)
            state_style = "red" if sign == OTHER[0] else colour
            table.add_row(label, Text(summary(state, tr), state_style), "", points([state], "dim"))
    yield table
    yield Text(tr("Points of the public checks. Hidden checks on other data decide the grade."), "dim")


def bar(states: Sequence[FunctionState], width: int = BAR) -> Text:
    """A bar as long as the share of points that is earned; full only when all are."""
    got, most = sum(s.points for s in states), sum(s.most for s in states)
    done = width if got >= most else min(width - 1, round(width * got / most))
    return Text.assemble(("█" * done, "green"), ("░" * (width - done), "dim"))


def points(states: Sequence[FunctionState], style: str) -> Text:
    """Points earned, of those there are."""
    got, most = sum(s.points for s in states), sum(s.most for s in states)
    return Text(f"{got:5.2f} / {most:5.2f}", style)


def progress_line(states: Sequence[FunctionState], language: str, width: int = 24) -> Text:
    """Progress over all exercises in one line."""
    tr = translator(language)
    done = sum(state.passed for state in states)
    got, most = sum(s.points for s in states), sum(s.most for s in states)
    words = tr("{done} of {all} functions, {got:.2f} of {most:.2f} points")
    text = Text.assemble((tr("progress "), "bold"), bar(states, width), " ")
    return text.append(words.format(done=done, all=len(states), got=got, most=most))


def choice_lines(states: Sequence[FunctionState], cursor: int, height: int, language: str) -> Iterator[Text]:
    """The part of the list of functions round the cursor."""
    tr, width = translator(language), max(cells(state.function) for state in states)
    first = max(0, min(cursor - height // 2, len(states) - height))
    for number, state in list(enumerate(states))[first : first + height]:
        sign, colour = mark(state)
        line = Text.assemble(
            ("▸ " if number == cursor else "  "),
            (sign, colour),
            f" {pad(state.function, width)}  {pad(state.exercise.name, 18)} ",
            (summary(state, tr), colour),
        )
        if number == cursor:
            line.stylize("reverse")
        yield line
