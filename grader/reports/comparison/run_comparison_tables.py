"""Tables for a terminal that compare two runs: points gained and lost, and the checks that caused the difference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.markup import escape
from rich.table import Table

from grader.core.language import translator
from grader.core.visible_text import visible
from grader.reports.comparison.run_comparison import FunctionChange, RunChanges

MAX_ROWS = 200
"""Maximum number of changes listed one by one; the table of checks counts all changes."""
MAX_CHECKS = 3
"""Maximum number of checks named for one change; the table of checks has at most MAX_CHECKS_IN_ALL rows."""
MAX_CHECKS_IN_ALL = 15
"""Maximum number of rows in the table of checks."""
MAX_STUDENTS = 8
"""Maximum number of names in a list of students who are in only one of the runs."""


def comparison_tables(found: RunChanges, language: str) -> Iterator[Table | str]:
    """Yield tables of the changes and of their checks, the students of one run only, and the sums of the changes."""
    tr = translator(language)
    if found.changes:
        yield _by_student(found.changes[:MAX_ROWS], language)
        if len(found.changes) > MAX_ROWS:
            yield tr("… and {more} more").format(more=len(found.changes) - MAX_ROWS)
    if len(found.changes) > 1 and found.by_check:
        yield _by_check(found.by_check, language)
    if found.left:
        yield tr("students only in the first run ({count}): {students}").format(
            count=len(found.left), students=_list_students(found.left)
        )
    if found.joined:
        yield tr("students only in the second run ({count}): {students}").format(
            count=len(found.joined), students=_list_students(found.joined)
        )
    gains, losses = [c for c in found.changes if c.gain > 0], [c for c in found.changes if c.gain < 0]
    now, no_more = sum(c.is_graded_now for c in found.changes), sum(c.is_graded_no_more for c in found.changes)
    if now or no_more:
        words = tr("functions with a score only in the second run: {now}; only in the first run: {no_more}")
        yield words.format(now=now, no_more=no_more)
    yield tr(
        "results changed: gained points {gains} (+{plus:.2f}), lost points {losses} (−{minus:.2f}), same score {other}"
    ).format(
        gains=len(gains),
        plus=sum(c.gain for c in gains),
        losses=len(losses),
        minus=-sum(c.gain for c in losses),
        other=len(found.changes) - len(gains) - len(losses) - now - no_more,
    )


def _by_student(changes: Sequence[FunctionChange], language: str) -> Table:
    tr = translator(language)
    table = Table(box=None, pad_edge=False)
    for heading in (tr("student"), tr("function")):
        table.add_column(heading, overflow="fold")
    for heading in (tr("before"), tr("after")):
        table.add_column(heading, justify="right")
    table.add_column(tr("checks"), overflow="fold")
    for change in changes:
        color = "green" if change.gain > 0 else "red" if change.gain < 0 else ""
        scores = ["—" if score is None else f"{score:.2f}" for score in (change.before, change.after)]
        names = [escape(visible(check)) for check in change.checks[:MAX_CHECKS]]
        if len(change.checks) > MAX_CHECKS:
            names.append(tr("… and {more} more").format(more=len(change.checks) - MAX_CHECKS))
        table.add_row(
            escape(visible(change.student)), escape(visible(change.function)), *scores, "\n".join(names), style=color
        )
    return table


def _by_check(rows: Sequence[tuple[str, str, int, int]], language: str) -> Table:
    tr = translator(language)
    table = Table(box=None, pad_edge=False, title=tr("Checks with a different result"), title_justify="left")
    table.title_style = "bold"
    table.add_column(tr("check"), overflow="fold")
    table.add_column(tr("pass now"), justify="right", style="green")
    table.add_column(tr("fail now"), justify="right", style="red")
    for function, check, plus, minus in rows[:MAX_CHECKS_IN_ALL]:
        table.add_row(escape(visible(f"{function}::{check}")), str(plus or "·"), str(minus or "·"))
    return table


def _list_students(students: Sequence[str]) -> str:
    return escape(visible(", ".join(students[:MAX_STUDENTS]))) + (", …" if len(students) > MAX_STUDENTS else "")
