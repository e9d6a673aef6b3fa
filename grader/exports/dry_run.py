"""Preview of an export (`grader export --dry-run`): the scores that it would change, student by student, and the files.

Theory of operation
    The target runs as in a real export, but its files go into `ExportOptions.collected`, so nothing is written to the
    disk. A target that fills in a file of the LMS returns the cells of this file (`ExportSummary.cells`). For any other
    target, the scores in the new files are compared with the scores in files of an earlier export at the same paths.
    The target's function `read_scores` reads the scores in both.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path

import msgspec
from rich.markup import escape
from rich.table import Table

from grader.core.visible_text import visible
from grader.exports.export_data import ClassResults, ExportOptions, ExportSummary, ScoreCell
from grader.exports.result_text import file_stems, reason_without_score
from grader.exports.target_lookup import ReadScores

UNREADABLE = (msgspec.MsgspecError, csv.Error, SyntaxError, ValueError, KeyError, TypeError, AttributeError)
"""Errors that `read_scores` may raise for a file that the target did not write, or that a person has edited."""


@dataclass(frozen=True)
class Preview:
    """The cells of an export, grouped by what the export does to them, in the order in which they are shown.

    changed: cells whose score is replaced by another score, the largest change first.
    new: cells that are empty now and get a score.
    same: cells that get the score which they already have.
    left: cells that the export does not write.
    """

    changed: list[ScoreCell]
    new: list[ScoreCell]
    same: list[ScoreCell]
    left: list[ScoreCell]

    @property
    def lower(self) -> int:
        """The number of scores that become lower."""
        return sum((change_of(cell) or 0.0) < 0 for cell in self.changed)


def sort_cells(cells: Sequence[ScoreCell]) -> Preview:
    """Group the cells of an export by what the export does to them."""
    written = [cell for cell in cells if not cell.why]
    differing = [cell for cell in written if change_of(cell) != 0]
    changed = [cell for cell in differing if cell.before]
    changed.sort(key=lambda cell: (-_size(cell), cell.name, cell.student))
    return Preview(
        changed=changed,
        new=[cell for cell in differing if not cell.before],
        same=[cell for cell in written if change_of(cell) == 0],
        left=sorted((cell for cell in cells if cell.why), key=lambda cell: cell.why),
    )


def change_of(cell: ScoreCell) -> float | None:
    """Return the new number minus the old one in a cell, 0 for an unchanged text; None if there are not two numbers."""
    if cell.before == cell.after:
        return 0.0
    numbers = _number(cell.before), _number(cell.after)
    return None if numbers[0] is None or numbers[1] is None else round(numbers[1] - numbers[0], 2)


def _size(cell: ScoreCell) -> float:
    change = change_of(cell)
    return inf if change is None else abs(change)


def _number(text: str) -> float | None:
    try:
        return float(text.strip().removesuffix("%").replace(",", "."))
    except ValueError:
        return None


def cells_of_files(results: ClassResults, files: Mapping[Path, bytes], read_scores: ReadScores) -> list[ScoreCell]:
    """Return a cell for each student, with the score in the existing files and the score in the new files.

    files: path -> content that the export would write there. The existing files are those at the same paths.
    """
    stems = file_stems([student.id for student in results.students])
    before, after = dict[str, str](), dict[str, str]()
    for path, data in files.items():
        after |= read_scores(path, data)
        try:
            before |= read_scores(path, path.read_bytes())
        except (OSError, *UNREADABLE):
            continue
    cells = []
    for student in results.students:
        keys = (student.id, visible(student.id), stems[student.id])
        old, new = (next((found[key] for key in keys if key in found), "") for found in (before, after))
        why = "" if new else reason_without_score(student, results.tr)
        cells.append(ScoreCell(student.id, student.name, old, new or old, why))
    return cells


def preview_parts(
    results: ClassResults, options: ExportOptions, summary: ExportSummary, read_scores: ReadScores | None
) -> Iterator[Table | str]:
    """Yield the tables and lines of a dry run: changed scores, new scores, cells left as they are, counts, files.

    options: its `collected` holds the files that the export would write.
    read_scores: the function of the target that reads scores in its files; None if the target has none.
    """
    tr, files = results.tr, options.collected or {}
    cells = summary.cells
    if not cells and read_scores is not None:
        cells = cells_of_files(results, files, read_scores)
    found = sort_cells(cells)
    if found.changed:
        yield _change_table(found.changed, tr)
    if found.new:
        yield _new_table(found.new, tr)
    if found.left:
        yield _left_table(found.left, tr)
    if summary.unwritten:
        title = tr("Not written ({count})").format(count=len(summary.unwritten))
        yield f"[bold]{escape(title)}[/]"
        yield from (escape(visible(line)) for line in summary.unwritten)
    if cells:
        words = tr("changed: {changed}, of these lower: {lower}; new: {new}; the same: {same}; left as it is: {left}")
        yield words.format(
            changed=len(found.changed),
            lower=found.lower,
            new=len(found.new),
            same=len(found.same),
            left=len(found.left) + len(summary.unwritten),
        )
    # A target with cells fills in the file of the LMS: the previous content of the output file makes no difference.
    if not summary.cells:
        yield escape(_file_line(files, tr))
    closing = tr("Dry run: nothing was written. To export, run the same command without --dry-run.")
    yield f"[bold]{escape(closing)}[/]"


def _file_line(files: Mapping[Path, bytes], tr: Callable[[str], str]) -> str:
    """Return a line with how many files would be new, changed or the same."""
    old = {path: path.read_bytes() if path.is_file() else None for path in files}
    new = sum(data is None for data in old.values())
    same = sum(old[path] == data for path, data in files.items())
    counts = {"new": new, "changed": len(files) - new - same, "same": same}
    return tr("files: new {new}, changed {changed}, the same {same}").format(**counts)


def _table(title: str, cells: Sequence[ScoreCell], tr: Callable[[str], str]) -> Table:
    """Return a table with the columns that `_owner` fills in: name, student and, if the cells have it, function."""
    text = escape(title.format(count=len(cells)))
    table = Table(box=None, pad_edge=False, title=text, title_justify="left", title_style="bold")
    if any(cell.name and cell.name != cell.student for cell in cells):
        table.add_column(tr("name"), overflow="fold")
    table.add_column(tr("student"), overflow="fold")
    if any(cell.column for cell in cells):
        table.add_column(tr("function"), overflow="fold")
    return table


def _owner(cell: ScoreCell, cells: Sequence[ScoreCell]) -> list[str]:
    """Return the texts of the first columns (those of `_table`) for one row."""
    named = any(one.name and one.name != one.student for one in cells)
    columned = any(one.column for one in cells)
    texts = [*([cell.name] if named else []), cell.student, *([cell.column] if columned else [])]
    return [escape(visible(text)) for text in texts]


def _change_table(cells: Sequence[ScoreCell], tr: Callable[[str], str]) -> Table:
    table = _table(tr("Changed scores ({count})"), cells, tr)
    for heading in (tr("before"), tr("after"), tr("change")):
        table.add_column(heading, justify="right")
    for cell in cells:
        change = change_of(cell)
        color = "red" if (change or 0.0) < 0 else "green" if change else ""
        texts = (cell.before or "—", cell.after or "—", "—" if change is None else f"{change:+.2f}")
        table.add_row(*_owner(cell, cells), *(escape(visible(text)) for text in texts), style=color)
    return table


def _new_table(cells: Sequence[ScoreCell], tr: Callable[[str], str]) -> Table:
    table = _table(tr("New scores ({count})"), cells, tr)
    table.add_column(tr("score"), justify="right")
    for cell in cells:
        table.add_row(*_owner(cell, cells), escape(visible(cell.after)))
    return table


def _left_table(cells: Sequence[ScoreCell], tr: Callable[[str], str]) -> Table:
    table = _table(tr("Left as it is ({count})"), cells, tr)
    table.add_column(tr("now"), justify="right")
    table.add_column(tr("why"), overflow="fold")
    for cell in cells:
        table.add_row(*_owner(cell, cells), escape(visible(cell.before)) or "—", escape(visible(cell.why)))
    return table
