"""Compare the final totals of a class under two policies, or in two results folders."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from rich.table import Table

from grader.core.language import translator
from grader.core.visible_text import escape_cell, show_invisible
from grader.grading.results.final_result import FinalResult
from grader.reports.terminal import safe
from grader.submissions.students.look_alikes import ID_HASH, id_hash, ids_with_hash
from grader.submissions.submission import SubmissionMetadata

COLUMNS = ("student", "name", "before", "after", "change")
MAX_ROWS = 200
"""Maximum number of students who are listed one by one; the CSV lists all."""


@dataclass(frozen=True)
class TotalChange:
    """Final totals of one student in two sets of results, `before` and `after`. None: ungraded or missing."""

    student: str
    name: str
    before: float | None
    after: float | None

    @property
    def change(self) -> float | None:
        """The points gained (negative: lost); None if one of the two totals is None."""
        return None if self.before is None or self.after is None else round(self.after - self.before, 2)

    @property
    def size(self) -> float:
        """Sort key: the absolute change; infinite if only one of the two totals is None."""
        if self.before is None and self.after is None:
            return 0.0
        return inf if self.change is None else abs(self.change)


@dataclass(frozen=True)
class TotalChanges:
    """Totals of the students who are in both sets of results, the largest change first.

    `maximum_before` and `maximum_after` are the points that a student can reach.
    """

    students: tuple[TotalChange, ...]
    maximum_before: float
    maximum_after: float

    @property
    def changed(self) -> list[TotalChange]:
        """The students whose total differs."""
        return [one for one in self.students if one.size]


def compare_totals(
    before: Iterable[FinalResult], after: Iterable[FinalResult], people: Mapping[str, SubmissionMetadata]
) -> TotalChanges:
    """Compare the final totals of the students who are in both sets of results."""
    old, maximum_before = _totals(before)
    new, maximum_after = _totals(after)
    found = [TotalChange(s, _name(s, people), old[s], new[s]) for s in old if s in new]
    ordered = sorted(found, key=lambda one: (-one.size, one.student))
    return TotalChanges(tuple(ordered), maximum_before, maximum_after)


def _totals(results: Iterable[FinalResult]) -> tuple[dict[str, float | None], float]:
    """Return the final total of each student, and the largest number of points that a student can reach."""
    totals, maximum = dict[str, float | None](), 0.0
    for result in results:
        totals[result.student] = result.final.score
        maximum = max(maximum, sum(record.max_score for record in result.records))
    return totals, maximum


def _name(student: str, people: Mapping[str, SubmissionMetadata]) -> str:
    name = people[student].name if student in people else ""
    return "" if name == student else name


def total_tables(found: TotalChanges, language: str) -> Iterator[Table | str]:
    """Yield a table of the changed totals, the largest change first, and lines with the numbers of totals."""
    tr, changed = translator(language), found.changed
    if changed:
        yield _table(changed[:MAX_ROWS], language)
    if len(changed) > MAX_ROWS:
        yield tr("… and {more} more").format(more=len(changed) - MAX_ROWS)
    if round(found.maximum_before - found.maximum_after, 2):
        yield tr("maximum points: {before:g} before, {after:g} after").format(
            before=found.maximum_before, after=found.maximum_after
        )
    yield tr("final totals: {changed} changed, {same} unchanged").format(
        changed=len(changed), same=len(found.students) - len(changed)
    )


def _table(changed: Sequence[TotalChange], language: str) -> Table:
    tr = translator(language)
    table = Table(box=None, pad_edge=False, title=tr("Final totals"), title_justify="left", title_style="bold")
    named = any(one.name for one in changed)
    for heading in (tr("student"), tr("name")) if named else (tr("student"),):
        table.add_column(heading, overflow="fold")
    for heading in (tr("before"), tr("after"), tr("change")):
        table.add_column(heading, justify="right")
    for one in changed:
        id_ = safe(show_invisible(one.student))
        who = (id_, safe(one.name)) if named else (id_,)
        gain = one.change or 0.0
        color = "green" if gain > 0 else "red" if gain < 0 else ""
        change = "—" if one.change is None else f"{one.change:+.2f}"
        table.add_row(*who, _points(one.before) or "—", _points(one.after) or "—", change, style=color)
    return table


def totals_csv(found: TotalChanges) -> str:
    """Return the totals of all students as CSV, including the totals that did not change."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    with_hash = bool(ids_with_hash(one.student for one in found.students))
    writer.writerow([*COLUMNS, *[ID_HASH] * with_hash])
    for one in found.students:
        change = "" if one.change is None else f"{one.change:.2f}"
        row = [escape_cell(one.student), escape_cell(one.name), _points(one.before), _points(one.after), change]
        writer.writerow([*row, *[id_hash(one.student)] * with_hash])
    return text.getvalue()


def _points(score: float | None) -> str:
    return "" if score is None else f"{score:.2f}"
