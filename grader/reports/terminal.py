"""Output in the terminal: progress bars, the summary of a run, tables. Tables fit 80 columns."""

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
from grader.reports.group_report import GroupReport, UnexplainedReport
from grader.submissions.people import display_name

T = TypeVar("T")
MAX_MISCONCEPTIONS = 5
"""Maximum number of misconceptions, and of groups of unexplained answers, in the summary."""
MAX_REVIEWS = 20
"""Maximum number of students in the summary's list of students who need review."""
HEADING_WIDTH = 11
"""Maximum number of characters in a line of a column heading in the summary."""
DEFAULT_DELAY = 1.0
"""Seconds before a progress bar appears, so that steps that usually take less time show no bar."""


class TimeLeftColumn(ProgressColumn):
    """Estimate of the time left: the mean time per item since the first item that took work, times the items left.

    Items that an earlier run has graded pass at once, so they do not count. A mean over the last few seconds would jump
    with every slow item.
    """

    def render(self, task: Task) -> Text:
        """Return the time left, or dashes until it can be estimated."""
        first_timed = task.fields["first_timed"]
        if first_timed is None or task.total is None or task.completed <= first_timed[1]:
            return Text("-:--:--", style="progress.remaining")
        start_time, items_before = first_timed
        seconds_left = (task.get_time() - start_time) / (task.completed - items_before) * (task.total - task.completed)
        return Text(str(timedelta(seconds=int(seconds_left))), style="progress.remaining")


class ProgressBar:
    """A progress bar on standard error.

    The bar appears after `delay` seconds, and only if standard error is a terminal.
    """

    def __init__(self, console: Console, total: int, label: str, delay: float = 0.0) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeLeftColumn(),
        )
        self._bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._total = total
        self.restart(label, delay)

    def restart(self, label: str, delay: float = 0.0) -> None:
        """Remove the bar and begin another one for another step."""
        self.stop()
        for task in self._bar.task_ids:
            self._bar.remove_task(task)
        self._task = self._bar.add_task(label, total=self._total, first_timed=None)
        self._delay, self._shown, self._has_first_timed, self._started = delay, False, False, self._bar.get_time()

    def begin_item(self, number: int, took_work: bool = True) -> None:
        """Show the bar if its delay has passed.

        The time left is estimated from the first item for which `took_work` is true.
        """
        if not self._shown and self._bar.get_time() - self._started >= self._delay:
            self._bar.start()
            self._shown = True
        if not self._has_first_timed and took_work:
            self._bar.update(self._task, first_timed=(self._bar.get_time(), number))
            self._has_first_timed = True

    def finish_item(self, number: int) -> None:
        """Show that the first `number` items are finished."""
        self._bar.update(self._task, completed=number)

    def stop(self) -> None:
        """Remove the bar from the terminal."""
        self._bar.stop()

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()


def progress(
    console: Console,
    items: Iterable[T],
    total: int,
    label: str,
    delay: float = 0.0,
    took_work: Callable[[T], bool] = lambda _: True,
) -> Iterator[T]:
    """Yield the items and show the progress.

    The time left is estimated from the first item for which `took_work` is true.
    """
    with ProgressBar(console, total, label, delay) as bar:
        for number, item in enumerate(items, 1):
            bar.begin_item(number, took_work(item))
            yield item
            bar.finish_item(number)


def safe(text: str) -> str:
    """Return student text for a terminal: without control characters, direction characters and markup."""
    return escape(visible(text))


@dataclass
class _FunctionCounts:
    """Counts of one function: the students in each column of the summary, and the sum of their shares of the points."""

    columns: Counter[str] = field(default_factory=Counter)
    sum_of_shares: float = 0
    number_in_mean: int = 0

    def add(self, record: FunctionRecord, in_mean: bool) -> None:
        self.columns[_summary_column(record)] += 1
        if in_mean and record.max_score:
            self.sum_of_shares += (record.score or 0.0) / record.max_score
            self.number_in_mean += 1


class Summary:
    """Collects the results of one student after the other, and returns the tables that `grade` prints at the end."""

    def __init__(self) -> None:
        self._functions: defaultdict[str, _FunctionCounts] = defaultdict(_FunctionCounts)
        self._mistakes: Counter[str] = Counter()
        self._reviews: list[tuple[str, str]] = []
        self._unlisted_reviews = self._missing = self._ungraded = 0

    def add(self, result: FinalResult) -> None:
        """Count the results of one student."""
        graded = all(record.score is not None for record in result.records)
        self._missing += result.final.missing
        self._ungraded += not graded and not result.final.missing
        for record in result.records:
            self._functions[record.function].add(record, graded)
            self._mistakes.update(record.mistakes)
        if result.review_reason and len(self._reviews) < MAX_REVIEWS:
            self._reviews.append(
                (display_name(result.student, {result.student: result.metadata}), result.review_reason)
            )
        elif result.review_reason:
            self._unlisted_reviews += 1

    def tables(
        self, library: Library, language: str, unexplained: UnexplainedReport | None = None
    ) -> Iterator[Table | Text | str]:
        """Yield the tables of functions, common misconceptions, unexplained answers and students who need review."""
        tr = translator(language)
        yield self._functions_table(tr)
        if self._missing or self._ungraded:
            words = tr("left out of the means: ungraded students {ungraded}, missing submissions {missing}")
            yield words.format(ungraded=self._ungraded, missing=self._missing)
        if common := self._mistakes.most_common(MAX_MISCONCEPTIONS):
            yield _mistakes_table(common, library, language)
        if unexplained and unexplained.groups:
            yield unexplained_table(unexplained.groups[:MAX_MISCONCEPTIONS], tr)
            if (more := unexplained.total - MAX_MISCONCEPTIONS) > 0:
                yield tr("… and {more} more groups. To list all, run: grader unexplained RESULTS").format(more=more)
        if self._reviews:
            table = Table(title=tr("Needs review"), title_style="bold red", title_justify="left", box=None)
            table.add_column(tr("student"), style="bold", overflow="fold")
            table.add_column(tr("why"), overflow="fold")
            for student, why in self._reviews:
                table.add_row(safe(student), safe(why))
            yield table
        if self._unlisted_reviews:
            yield tr("… and {more} more, in grades.csv").format(more=self._unlisted_reviews)

    def _functions_table(self, tr: Callable[[str], str]) -> Table:
        words = {
            "passed": tr("passed"),
            "partly": tr("partly right"),
            "failed": tr("failed"),
            "stopped": tr("ended early"),
            "not started": tr("not started"),
        }
        some_ungraded = any(row.columns["ungraded"] for row in self._functions.values())
        if some_ungraded:
            words["ungraded"] = tr("ungraded")
        # Eight columns and the longest name fit 80 cells only with single spaces between them.
        table = Table(box=None, pad_edge=False, padding=(0, 0, 0, 1) if some_ungraded else (0, 1))
        table.add_column(tr("function"), no_wrap=True)
        for word in words.values():
            table.add_column(word, justify="right", max_width=HEADING_WIDTH)
        table.add_column(tr("mean"), justify="right")
        for function, row in self._functions.items():
            mean = f"{row.sum_of_shares / row.number_in_mean:.0%}" if row.number_in_mean else "—"
            table.add_row(function, *(str(row.columns[kind] or "·") for kind in words), mean)
        return table


def _summary_column(record: FunctionRecord) -> str:
    """Return the column of the summary that counts this record."""
    if record.score is None:
        return "missing" if record.outcome == "missing" else "ungraded"
    if record.outcome in ("not_attempted", "missing"):
        return "not started"
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


def unexplained_table(groups: Sequence[GroupReport], tr: Callable[[str], str]) -> Table:
    """Return a table of groups of wrong answers that no known mistake explains."""
    table = Table(
        title=tr("Wrong answers that no known mistake explains"),
        title_style="bold",
        title_justify="left",
        box=None,
        pad_edge=False,
    )
    table.add_column(tr("students"), justify="right")
    table.add_column(tr("function and first failed check"), overflow="fold")
    for report in groups:
        name = f"[bold]{safe(report.function)}[/] {safe(report.check)}"
        table.add_row(str(len(report.group)), f"{name}\n[dim]{safe(report.first_line)}[/]")
    return table


def two_column_table(lines: Iterable[tuple[str, str]]) -> Table:
    """Return a table of (subject, sentence) rows."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", overflow="fold", max_width=32)
    table.add_column(overflow="fold")
    for subject, sentence in lines:
        table.add_row(safe(subject), safe(sentence))
    return table


def machine_table(trials: Sequence[SandboxTrial], language: str) -> Table:
    """Return a table of the sandbox levels: their protections, and whether the level works on this machine."""
    tr = translator(language)
    table = Table(box=None, pad_edge=False)
    table.add_column(tr("level"), style="bold")
    table.add_column(tr("protections"), overflow="fold")
    table.add_column(tr("user"))
    table.add_column(tr("result"), overflow="fold")
    for trial in trials:
        sandbox = trial.sandbox
        user = tr("nobody") if sandbox.user is not None else tr("you")
        protections = ", ".join(sorted(sandbox.protections)) or "—"
        result = trial.fault.say(language) if trial.fault else tr("works")
        table.add_row(sandbox.level, protections, user, safe(result), style="green" if trial.passed else "red")
    return table
