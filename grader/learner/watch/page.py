"""The page of `grader watch`: what changed, the next step, progress, keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.segment import Segment
from rich.text import Text

from grader.core.language import translator
from grader.learner.hint_levels import Tip
from grader.learner.next_step import Translate, indent, notes, printed, step
from grader.learner.progress import Change, FunctionState
from grader.learner.progress_table import choice_lines, mark, progress_line

SHOWN = 4
"""Changes of one save that are told in full; the others are counted."""


@dataclass(frozen=True)
class News:
    """What the last save brought: the files, what changed, how long the answer took, what the code printed."""

    files: tuple[str, ...] = ()
    changes: Sequence[Change] = ()
    seconds: float = 0.0
    output: str = ""


@dataclass(frozen=True)
class View:
    """All that the page shows."""

    folder: str
    states: Sequence[FunctionState]
    focus: FunctionState | None
    expected: str = ""
    tips: Sequence[Tip] = ()
    news: News | None = None
    busy: str = ""
    problems: Sequence[RenderableType] = ()
    faults: Sequence[str] = ()
    keys: bool = True
    help: bool = False
    cursor: int | None = None
    language: str = "en"

    @property
    def tr(self) -> Translate:
        """The translator of the page."""
        return translator(self.language)


def page(view: View) -> Group:
    """The page without its end: for a pipe, or the upper part of a terminal."""
    tr = view.tr
    parts: list[RenderableType] = [_head(view), *notes(view.faults), Text()]
    if view.help:
        return Group(*parts, *_help(tr))
    if view.news and not view.problems:
        parts += [*_news(view.news, tr, view.language), Text()]
    if view.problems:
        parts += [*view.problems, Text()]
    elif view.focus:
        parts += [step(view.focus, view.expected, view.tips, view.language), Text()]
    elif all(state.passed for state in view.states):
        text = tr("Every public check passes. Hidden checks on other data decide the grade.")
        parts += [Text(text, "bold green"), Text()]
    if view.news:
        parts += printed(view.news.output, tr)
    return Group(*parts)


@dataclass(frozen=True)
class Screen:
    """The page as a whole terminal: cut to its height, with progress and keys on the last lines."""

    view: View

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Every line is written to the full width, so that nothing has to be cleared: no flicker."""
        width, height = options.max_width, options.max_height
        plain = options.update(height=None)
        foot = console.render_lines(Group(*_foot(self.view)), plain)
        room = max(1, height - len(foot))
        if self.view.cursor is None:
            body = console.render_lines(page(self.view), plain)
        else:
            lines = choice_lines(self.view.states, self.view.cursor, room - 2, self.view.language)
            body = console.render_lines(Group(_head(self.view), Text(), *lines), plain)
        if len(body) > room:
            body = [*body[: room - 1], console.render_lines(Text("…"), plain)[0]]
        empty = [Segment(" " * width)]
        lines_out = [*body, *([empty] * (room - len(body))), *foot][:height]
        for number, line in enumerate(lines_out):
            yield from line
            if number + 1 < len(lines_out):
                yield Segment.line()


def _head(view: View) -> Text:
    text = Text.assemble(("autograded", "bold cyan"), "  ", view.tr("watching {folder}").format(folder=view.folder))
    if view.busy:
        text.append(f"  {view.busy}", "yellow")
    elif view.news and view.news.files:
        text.append("  " + view.tr("answer in {ms:.0f} ms").format(ms=view.news.seconds * 1000), "dim")
    return text


def _news(news: News, tr: Translate, language: str) -> Iterator[RenderableType]:
    if not news.files:
        return
    names = ", ".join(news.files[:3]) + ("…" if len(news.files) > 3 else "")
    if not news.changes:
        yield Text(tr("saved {files}: no check changed").format(files=names), "dim")
    for change in news.changes[:SHOWN]:
        yield from _change(change, tr, language)
    if len(news.changes) > SHOWN:
        yield Text(tr("… and {more} more functions changed").format(more=len(news.changes) - SHOWN))


def _change(change: Change, tr: Translate, language: str) -> Iterator[RenderableType]:
    state = change.state
    done, total = sum(v.passed for v in state.verdicts), len(state.verdicts)
    if state.passed:
        text = tr("{function} is done: all its checks pass").format(function=state.function)
    else:
        text = tr("{function}: {done} of {all} checks pass now").format(function=state.function, done=done, all=total)
    sign, colour = mark(state)
    yield Text.assemble((f"{sign} ", colour), (text, "bold"))
    for verdicts, sign, colour in ((change.gained, "+", "green"), (change.lost, "−", "red")):
        for verdict in verdicts[:SHOWN]:
            yield indent(Text(f"{sign} {verdict.check.claim(language)}", colour))
        if len(verdicts) > SHOWN:
            yield indent(Text(f"{sign} …", colour))


def _foot(view: View) -> Iterator[Text]:
    tr = view.tr
    yield progress_line(view.states, view.language, 16)
    if not view.keys:
        return
    words = (
        [("↑↓", tr("move")), ("⏎", tr("choose")), ("l", tr("back")), ("q", tr("quit"))]
        if view.cursor is not None
        else [("h", tr("hint")), ("n", tr("next")), ("l", tr("list")), ("?", tr("help")), ("q", tr("quit"))]
    )
    line = Text(no_wrap=True)
    for key, word in words:
        line.append(f"{key} ", "bold cyan").append(f"{word}   ")
    yield line


def _help(tr: Translate) -> Iterator[RenderableType]:
    yield Text(tr("Save a file, and what changed is shown here. Keys:"))
    for key, text in (
        ("h", tr("a hint on this function: a question, then where to look, then the idea")),
        ("n", tr("the next function that is not finished")),
        ("l", tr("list all functions and choose one")),
        ("r", tr("run everything again")),
        ("q", tr("quit")),
    ):
        yield indent(Text.assemble((f"{key}  ", "bold cyan"), text))
    yield Text()
    yield Text(tr("Only what a save can have changed is run. A loop that never ends is stopped."), "dim")
