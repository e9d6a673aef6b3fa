"""What the terminal shows: progress, the summary of a batch, errors. Tables fit 80 columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TypeVar

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from grader.core.language import translator
from grader.core.people import called
from grader.core.submission import About
from grader.core.text import visible
from grader.judge.journal import Judged
from grader.judge.library import Library
from grader.judge.record import FunctionRecord
from grader.run.sandbox import Trial

T = TypeVar("T")
COMMON = 5
"""Misconceptions named in the summary."""


def progress(console: Console, items: Iterable[T], total: int, what: str) -> Iterator[T]:
    """Pass items on while a bar on standard error says how far they have come."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        for item in items:
            yield item
            bar.advance(task)


def safe(text: str) -> str:
    """Student text for a terminal: no control or direction characters, no markup."""
    return escape(visible(text))


def summary(
    graded: Sequence[Judged], library: Library, language: str, people: Mapping[str, About] = MappingProxyType({})
) -> Iterator[Table | Text | str]:
    """The tables at the end of a batch: functions, common misconceptions, what needs a human."""
    tr = translator(language)
    records = [record for g in graded for record in g.records]
    yield _functions_table(records, language)
    common = Counter(mistake for record in records for mistake in record.mistakes).most_common(COMMON)
    if common:
        yield _mistakes_table(common, library, language)
    waiting = [g for g in graded if g.human]
    if waiting:
        table = Table(title=tr("Needs a human"), title_style="bold red", title_justify="left", box=None, expand=False)
        table.add_column(tr("student"), style="bold", overflow="fold")
        table.add_column(tr("why"), overflow="fold")
        for g in waiting[:20]:
            table.add_row(safe(called(g.student, people)), safe(g.human))
        yield table
        if len(waiting) > 20:
            yield tr("… and {more} more, in grades.csv").format(more=len(waiting) - 20)


def _functions_table(records: Sequence[FunctionRecord], language: str) -> Table:
    tr = translator(language)
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
    functions = dict.fromkeys(record.function for record in records)
    for function in functions:
        rows = [record for record in records if record.function == function]
        kinds = Counter(_kind(row) for row in rows)
        scores = [row.score / row.max_score for row in rows if row.score is not None]
        mean = sum(scores) / len(scores) if scores else 0.0
        counts = [str(kinds[kind] or "·") for kind in words]
        table.add_row(function, *counts, f"{mean:.0%}")
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
