"""What the terminal shows: progress, the summary of a batch, errors. Tables fit 80 columns."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from grader.core.language import translator
from grader.core.visible_text import visible
from grader.course.library import Library
from grader.execution.host.sandbox_detection import SandboxTrial
from grader.grading.results.final_result import FinalResult
from grader.grading.verdicts.record import FunctionRecord
from grader.submissions.people import display_name

T = TypeVar("T")
COMMON = 5
"""Misconceptions named in the summary."""
WAITING = 20
"""Students named in the summary who need review."""
HEADING = 11
"""Characters of a column heading in the summary before it wraps."""
PATIENCE = 1.0
"""Seconds before a bar shows what usually takes less."""


class Remaining(ProgressColumn):
    """The time that is left, at the mean pace since the first item that counted; nothing before there was one.

    What is known from an earlier run passes at once and must not make the rest look quick; a mean over the last few
    seconds only would jump with every slow item.
    """

    def render(self, task: Task) -> Text:
        """The time, or a dash as long as nothing can be said."""
        begun = task.fields["begun"]
        if begun is None or task.total is None or task.completed <= begun[1]:
            return Text("-:--:--", style="progress.remaining")
        moment, done = begun
        left = (task.get_time() - moment) / (task.completed - done) * (task.total - task.completed)
        return Text(str(timedelta(seconds=int(left))), style="progress.remaining")


class ProgressBar:
    """A bar on standard error that says how far something has come; none where that is no terminal.

    It appears after so many seconds of `patience`.
    """

    def __init__(self, console: Console, total: int, what: str, patience: float = 0.0) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            Remaining(),
        )
        self._bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._total = total
        self.restart(what, patience)

    def restart(self, what: str, patience: float = 0.0) -> None:
        """Take the bar away, and begin another one for another kind of work."""
        self.stop()
        for task in self._bar.task_ids:
            self._bar.remove_task(task)
        self._task = self._bar.add_task(what, total=self._total, begun=None)
        self._patience, self._shown, self._begun, self._started = patience, False, False, self._bar.get_time()

    def arrive(self, number: int, counts: bool = True) -> None:
        """Item `number` is there. The time left is estimated from the first one that `counts`: that took work."""
        if not self._shown and self._bar.get_time() - self._started >= self._patience:
            self._bar.start()
            self._shown = True
        if not self._begun and counts:
            self._bar.update(self._task, begun=(self._bar.get_time(), number))
            self._begun = True

    def update(self, number: int) -> None:
        """Item `number` is done."""
        self._bar.update(self._task, completed=number)

    def stop(self) -> None:
        """Take the bar away."""
        self._bar.stop()

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()


def progress(
    console: Console,
    items: Iterable[T],
    total: int,
    what: str,
    patience: float = 0.0,
    counts: Callable[[T], bool] = lambda _: True,
) -> Iterator[T]:
    """Pass items on while a bar says how far they have come; `counts` tells the items that took work."""
    with ProgressBar(console, total, what, patience) as bar:
        for number, item in enumerate(items, 1):
            bar.arrive(number, counts(item))
            yield item
            bar.update(number)


def safe(text: str) -> str:
    """Student text for a terminal: no control or direction characters, no markup."""
    return escape(visible(text))


@dataclass
class _FunctionCounts:
    """One function of the summary."""

    kinds: Counter[str] = field(default_factory=Counter)
    scores: float = 0
    scored: int = 0

    def add(self, record: FunctionRecord) -> None:
        self.kinds[_kind(record)] += 1
        if record.score is not None and record.max_score:
            self.scores += record.score / record.max_score
            self.scored += 1


class Summary:
    """Takes one student after the other, and makes the tables at the end of a batch."""

    def __init__(self) -> None:
        self._functions: defaultdict[str, _FunctionCounts] = defaultdict(_FunctionCounts)
        self._mistakes: Counter[str] = Counter()
        self._waiting: list[tuple[str, str]] = []
        self._more = 0

    def add(self, result: FinalResult) -> None:
        """Add a student."""
        for record in result.records:
            self._functions[record.function].add(record)
            self._mistakes.update(record.mistakes)
        if result.human and len(self._waiting) < WAITING:
            self._waiting.append((display_name(result.student, {result.student: result.metadata}), result.human))
        elif result.human:
            self._more += 1

    def tables(self, library: Library, language: str) -> Iterator[Table | Text | str]:
        """Return the tables of functions, common misconceptions and students who need review."""
        tr = translator(language)
        yield self._functions_table(tr)
        if common := self._mistakes.most_common(COMMON):
            yield _mistakes_table(common, library, language)
        if self._waiting:
            table = Table(title=tr("Needs review"), title_style="bold red", title_justify="left", box=None)
            table.add_column(tr("student"), style="bold", overflow="fold")
            table.add_column(tr("why"), overflow="fold")
            for student, why in self._waiting:
                table.add_row(safe(student), safe(why))
            yield table
        if self._more:
            yield tr("… and {more} more, in grades.csv").format(more=self._more)

    def _functions_table(self, tr: Callable[[str], str]) -> Table:
        words = {
            "passed": tr("passed"),
            "partly": tr("partly right"),
            "failed": tr("failed"),
            "stopped": tr("ended early"),
            "not started": tr("not started"),
        }
        some_ungraded = any(row.kinds["ungraded"] for row in self._functions.values())
        if some_ungraded:
            words["ungraded"] = tr("ungraded")
        # Eight columns beside the longest name fit 80 cells with single gaps only.
        table = Table(box=None, pad_edge=False, padding=(0, 0, 0, 1) if some_ungraded else (0, 1))
        table.add_column(tr("function"), no_wrap=True)
        for word in words.values():
            table.add_column(word, justify="right", max_width=HEADING)
        table.add_column(tr("mean"), justify="right")
        for function, row in self._functions.items():
            mean = row.scores / row.scored if row.scored else 0.0
            table.add_row(function, *(str(row.kinds[kind] or "·") for kind in words), f"{mean:.0%}")
        return table


def _kind(record: FunctionRecord) -> str:
    """One of the columns of the summary."""
    if record.outcome in ("not_attempted", "missing"):
        return "not started"
    if record.outcome == "grader_fault":
        return "ungraded"
    if record.outcome in ("timed_out", "crashed", "refused") and not record.score:
        return "stopped"
    if record.outcome == "passed":
        return "passed"
    return "partly" if record.score else "failed"


def _mistakes_table(common: list[tuple[str, int]], library: Library, language: str) -> Table:
    tr = translator(language)
    table = Table(
        title=tr("Most common misconceptions"), title_style="bold", title_justify="left", box=None, pad_edge=False
    )
    table.add_column(tr("students"), justify="right")
    table.add_column(tr("mistake and hint"), overflow="fold")
    for mistake, students in common:
        hint = library.mistakes[mistake].hint.in_(language) if mistake in library.mistakes else ""
        table.add_row(str(students), f"[bold]{mistake}[/]\n[dim]{escape(hint)}[/]")
    return table


def sentences(lines: Iterable[tuple[str, str]]) -> Table:
    """What something is about, and what holds."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", overflow="fold", max_width=32)
    table.add_column(overflow="fold")
    for about, holds in lines:
        table.add_row(safe(about), safe(holds))
    return table


def machine_table(trials: Sequence[SandboxTrial], language: str) -> Table:
    """What each level of the sandbox refuses on this machine."""
    tr = translator(language)
    table = Table(box=None, pad_edge=False)
    table.add_column(tr("level"), style="bold")
    table.add_column(tr("protections"), overflow="fold")
    table.add_column(tr("as"))
    table.add_column(tr("result"), overflow="fold")
    for trial in trials:
        sandbox = trial.sandbox
        user = tr("nobody") if sandbox.user is not None else tr("you")
        protections = ", ".join(sorted(sandbox.protections)) or "—"
        result = trial.fault.say(language) if trial.fault else tr("works")
        table.add_row(sandbox.level, protections, user, safe(result), style="green" if trial.passed else "red")
    return table
