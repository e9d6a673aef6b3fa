"""Page of `grader watch`: the changes of the last save, the next step, the progress, and the keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.segment import Segment
from rich.text import Text

from grader.core.language import translator
from grader.learner.hint_selection import Hint
from grader.learner.progress import Change, FunctionState
from grader.learner.progress_table import choice_lines, mark, progress_line
from grader.learner.step_rendering import Translate, indent, render_next_step, render_output, render_warnings

SHOWN = 4
"""Maximum number of changed functions that are shown after a save, and of checks that are shown for each function.
Further functions are only counted."""


@dataclass(frozen=True)
class SaveResult:
    """Result of the last save.

    files: names of the saved files.
    changes: functions with newly passed or failed checks.
    seconds: time between the save and the result.
    output: text that the learner's code printed.
    """

    files: tuple[str, ...] = ()
    changes: Sequence[Change] = ()
    seconds: float = 0.0
    output: str = ""


@dataclass(frozen=True)
class View:
    """Content of the page.

    focus: the function that the next step is about; None if all functions are finished.
    expected: signature of that function in the hand-out.
    result: result of the last save.
    busy: what is running, such as "loading torch …"; empty if nothing runs.
    problems: the rendered reasons why files of the exercises cannot be read or parsed.
    warnings: texts about exercises and files that were left out, and about files that are not UTF-8.
    keys: True if keys can be read from the terminal.
    help: True if the page shows the help on the keys.
    cursor: position in the list of functions; None if the list is closed.
    """

    folder: str
    states: Sequence[FunctionState]
    focus: FunctionState | None
    expected: str = ""
    hints: Sequence[Hint] = ()
    result: SaveResult | None = None
    busy: str = ""
    problems: Sequence[RenderableType] = ()
    warnings: Sequence[str] = ()
    keys: bool = True
    help: bool = False
    cursor: int | None = None
    language: str = "en"

    @property
    def tr(self) -> Translate:
        """Function that translates a text into the language of the page."""
        return translator(self.language)


def render_page(view: View, call_lines: int | None = None) -> Group:
    """Render the page without progress and keys, for a pipe or for the upper part of a terminal.

    `call_lines`: maximum number of lines of a call that are shown; None: all lines.
    """
    tr = view.tr
    parts: list[RenderableType] = [_head(view), *render_warnings(view.warnings), Text()]
    if view.help:
        return Group(*parts, *_help(tr))
    if view.result and not view.problems:
        parts += [*_changes(view.result, tr, view.language), Text()]
    if view.problems:
        parts += [*view.problems, Text()]
    elif view.focus:
        step = render_next_step(view.focus, view.expected, view.hints, view.language, call_lines=call_lines)
        parts += [step, Text()]
    elif all(state.passed for state in view.states):
        text = tr("Every public check passes. Hidden checks on other data decide the grade.")
        parts += [Text(text, "bold green"), Text()]
    if view.result:
        parts += render_output(view.result.output, tr)
    return Group(*parts)


MIN_CALL_LINES = 3
"""Minimum number of lines of a call that are shown, even in a terminal with few lines."""


@dataclass(frozen=True)
class Screen:
    """The page in a terminal, cut to the height of the terminal, with progress and keys in the last lines."""

    view: View

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield lines of full width, which overwrite the old page: clearing the terminal first would flicker."""
        width, height = options.max_width, options.max_height
        plain = options.update(height=None)
        foot = console.render_lines(Group(*_foot(self.view)), plain)
        room = max(1, height - len(foot))
        if self.view.cursor is None:
            body = console.render_lines(render_page(self.view), plain)
            if len(body) > room:  # shorten the call: the numbers and the hint matter more than the arguments
                fewer = max(MIN_CALL_LINES, room - len(console.render_lines(render_page(self.view, 0), plain)))
                body = console.render_lines(render_page(self.view, fewer), plain)
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
    elif view.result and view.result.files:
        text.append("  " + view.tr("result after {ms:.0f} ms").format(ms=view.result.seconds * 1000), "dim")
    return text


def _changes(result: SaveResult, tr: Translate, language: str) -> Iterator[RenderableType]:
    if not result.files:
        return
    names = ", ".join(result.files[:3]) + ("…" if len(result.files) > 3 else "")
    if not result.changes:
        yield Text(tr("saved {files}: no check changed").format(files=names), "dim")
    for change in result.changes[:SHOWN]:
        yield from _change(change, tr, language)
    if len(result.changes) > SHOWN:
        yield Text(tr("… further changed functions: {more}").format(more=len(result.changes) - SHOWN))


def _change(change: Change, tr: Translate, language: str) -> Iterator[RenderableType]:
    state = change.state
    done, total = sum(v.passed for v in state.verdicts), len(state.verdicts)
    if state.passed:
        text = tr("{function} is done: all its checks pass").format(function=state.function)
    else:
        text = tr("{function}: {done} of {all} checks pass now").format(function=state.function, done=done, all=total)
    sign, color = mark(state)
    yield Text.assemble((f"{sign} ", color), (text, "bold"))
    for verdicts, sign, color in ((change.newly_passed, "+", "green"), (change.newly_failed, "−", "red")):
        for verdict in verdicts[:SHOWN]:
            yield indent(Text(f"{sign} {verdict.check.claim.in_(language)}", color))
        if len(verdicts) > SHOWN:
            yield indent(Text(f"{sign} …", color))


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
    yield Text(tr("Save a file, and the changes are shown here. Keys:"))
    for key, text in (
        ("h", tr("a hint on this function: a question, then where to look, then the idea")),
        ("n", tr("the next function that is not finished")),
        ("l", tr("list all functions and choose one")),
        ("r", tr("run everything again")),
        ("q", tr("quit")),
    ):
        yield indent(Text.assemble((f"{key}  ", "bold cyan"), text))
    yield Text()
    yield Text(tr("Each save runs only the checks that it may affect. A loop that never ends is stopped."), "dim")
