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
from grader.execution.host.sandbox_detection import Trial
from grader.grading.runs.journal import Judged
from grader.grading.verdicts.record import FunctionRecord
from grader.submissions.people import display_name
from grader.submissions.submission import SubmissionMetadata

T = TypeVar("T")
COMMON = 5
"""Misconceptions named in the summary."""
WAITING = 20
"""Students named in the summary who need a human."""
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


def progress(
    console: Console,
    items: Iterable[T],
    total: int,
    what: str,
    patience: float = 0.0,
    counts: Callable[[T], bool] = lambda _: True,
) -> Iterator[T]:
    """Pass items on while a bar on standard error says how far they have come.

    It appears after so many seconds of `patience`. `counts` tells the items that took work: the time left is reckoned
    from the first of them.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), Remaining())
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    task, begun, shown = bar.add_task(what, total=total, begun=None), False, False
    started = bar.get_time()
    try:
        for number, item in enumerate(items, 1):
            if not shown and bar.get_time() - started >= patience:
                bar.start()
                shown = True
            if not begun and counts(item):
                bar.update(task, begun=(bar.get_time(), number))
                begun = True
            yield item
            bar.update(task, completed=number)
    finally:
        bar.stop()


def safe(text: str) -> str:
    """Student text for a terminal: no control or direction characters, no markup."""
    return escape(visible(text))


@dataclass
class _Row:
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
        self._functions: defaultdict[str, _Row] = defaultdict(_Row)
        self._mistakes: Counter[str] = Counter()
        self._waiting: list[tuple[str, str]] = []
        self._more = 0

    def add(self, judged: Judged, about: SubmissionMetadata) -> None:
        """One more student."""
        for record in judged.records:
            self._functions[record.function].add(record)
            self._mistakes.update(record.mistakes)
        if judged.human and len(self._waiting) < WAITING:
            self._waiting.append((display_name(judged.student, {judged.student: about}), judged.human))
        elif judged.human:
            self._more += 1

    def tables(self, library: Library, language: str) -> Iterator[Table | Text | str]:
        """Functions, common misconceptions, what needs a human."""
        tr = translator(language)
        yield self._functions_table(tr)
        if common := self._mistakes.most_common(COMMON):
            yield _mistakes_table(common, library, language)
        if self._waiting:
            table = Table(title=tr("Needs a human"), title_style="bold red", title_justify="left", box=None)
            table.add_column(tr("student"), style="bold", overflow="fold")
            table.add_column(tr("why"), overflow="fold")
            for student, why in self._waiting:
                table.add_row(safe(student), safe(why))
            yield table
        if self._more:
            yield tr("… and {more} more, in grades.csv").format(more=self._more)

    def _functions_table(self, tr: Callable[[str], str]) -> Table:
        table = Table(box=None, pad_edge=False)
        table.add_column(tr("function"), no_wrap=True)
        words = {
            "passed": tr("passed"),
            "partly": tr("partly"),
            "wrong": tr("wrong"),
            "no answer": tr("no answer"),
            "not started": tr("not started"),
        }
        for word in words.values():
            table.add_column(word, justify="right")
        table.add_column(tr("mean"), justify="right")
        for function, row in self._functions.items():
            mean = row.scores / row.scored if row.scored else 0.0
            table.add_row(function, *(str(row.kinds[kind] or "·") for kind in words), f"{mean:.0%}")
        return table


def _kind(record: FunctionRecord) -> str:
    """One of the columns of the summary."""
    if record.outcome in ("not_attempted", "missing"):
        return "not started"
    if record.outcome in ("timed_out", "crashed", "refused", "grader_fault") and not record.score:
        return "no answer"
    if record.outcome == "passed":
        return "passed"
    return "partly" if record.score else "wrong"


def _mistakes_table(common: list[tuple[str, int]], library: Library, language: str) -> Table:
    tr = translator(language)
    table = Table(
        title=tr("Commonest misconceptions"), title_style="bold", title_justify="left", box=None, pad_edge=False
    )
    table.add_column(tr("students"), justify="right")
    table.add_column(tr("mistake and hint"), overflow="fold")
    for mistake, students in common:
        hint = library.mistakes[mistake].hint(language) if mistake in library.mistakes else ""
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


def machine_table(trials: Sequence[Trial], language: str) -> Table:
    """What each level of the sandbox refuses on this machine."""
    tr = translator(language)
    table = Table(box=None, pad_edge=False)
    table.add_column(tr("level"), style="bold")
    table.add_column(tr("walls"), overflow="fold")
    table.add_column(tr("as"))
    table.add_column(tr("result"), overflow="fold")
    for trial in trials:
        confinement = trial.confinement
        user = tr("nobody") if confinement.user is not None else tr("you")
        walls = ", ".join(sorted(confinement.names)) or "—"
        result = trial.fault.say(language) if trial.fault else tr("holds")
        table.add_row(confinement.level, walls, user, safe(result), style="green" if trial.holds else "red")
    return table
