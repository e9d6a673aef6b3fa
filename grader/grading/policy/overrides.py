"""overrides.csv: what persons decided on scores, in a table that any spreadsheet program can edit.

The grader never writes over it, but for `grader override` and `grader forget`, which change only rows of one student.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from math import isfinite
from pathlib import Path

from grader.core.atomic_files import write_atomically
from grader.core.errors import UsageError
from grader.core.text_encodings import decode_file
from grader.core.visible_text import escape_cell, unescape_cell, visible
from grader.grading.policy.final_score import TOTAL, Override
from grader.grading.policy.named_students import find_student, nearest_student
from grader.submissions.submission import SubmissionMetadata

FILE = "overrides.csv"
COLUMNS = ("student", "function", "score", "comment", "automatic")
HEADINGS = {
    "学生": "student",
    "学号": "student",
    "函数": "function",
    "分数": "score",
    "成绩": "score",
    "评语": "comment",
    "comments": "comment",
    "自动分数": "automatic",
    "automatic score": "automatic",
    "automatic_score": "automatic",
}
"""Other headings that are understood."""
WHOLE = ("", "total", "总分")
"""What stands in the column of functions where the total is meant."""
NONE = ("none", "无", "—", "-", "'-")
"""What stands in the column of automatic scores where there was none."""


@dataclass
class Sheet:
    """The table as it is: headings, rows with the line that each begins on, and what parts the cells."""

    headings: list[str] = field(default_factory=lambda: list(COLUMNS))
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    delimiter: str = ","

    def place(self, column: str) -> int | None:
        """Where a column stands, if it does."""
        return next((n for n, heading in enumerate(self.headings) if _column(heading) == column), None)

    def cell(self, row: Sequence[str], column: str) -> str:
        """A cell of a row by the name of its column; empty where there is none."""
        place = self.place(column)
        return unescape_cell(row[place]) if place is not None and place < len(row) else ""

    def put(self, override: Override, same: Callable[[str], bool]) -> None:
        """Put a row for the override in the place of the one on its function; `same` knows the student by a cell.

        What it does not say, a score or a comment, stays as it was.
        """
        old = next((row for _, row in self.rows if self._is(row, same, override.function)), [])
        self.remove(same, override.function)
        self.headings += [column for column in COLUMNS if self.place(column) is None]
        automatic = "none" if override.automatic is None else _number(override.automatic)
        said = {"student": override.student, "function": override.function, "comment": override.comment}
        if override.score is not None:
            said |= {"score": _number(override.score), "automatic": automatic}
        row = [*old, *[""] * (len(self.headings) - len(old))]
        for column, text in said.items():
            place = self.place(column)
            if place is not None and (text or column == "function"):
                row[place] = escape_cell(text)
        self.rows.append((0, row))

    def _is(self, row: Sequence[str], same: Callable[[str], bool], function: str | None) -> bool:
        mine = same(self.cell(row, "student"))
        return mine and function in (None, _function(self.cell(row, "function")))

    def remove(self, same: Callable[[str], bool], function: str | None = None) -> int:
        """Remove the rows of a student, all or those on one function; how many there were."""
        before = len(self.rows)
        self.rows = [(line, row) for line, row in self.rows if not self._is(row, same, function)]
        return before - len(self.rows)


def read_sheet(folder: Path) -> Sheet:
    """The overrides.csv of a results folder, however it is encoded; an empty one when there is none.

    Raises UsageError when it is no such table.
    """
    path = folder / FILE
    if not path.exists():
        return Sheet()
    try:
        text = decode_file(path.read_bytes())
        lines = text.splitlines(keepends=True)
        first_line = lines[0].strip().lower() if lines else ""
        skipped = first_line.startswith("sep=")  # how a spreadsheet program is first_line what parts the cells
        heading = lines[int(skipped)] if len(lines) > skipped else ""
        delimiter = first_line[4:5] if skipped and len(first_line) > 4 else max(",;\t", key=heading.count)
        reader = csv.reader(io.StringIO("".join(lines[int(skipped) :]), newline=""), delimiter=delimiter)
        rows, begins = [], 1 + skipped
        for row in reader:
            rows.append((begins, row))
            begins = reader.line_num + 1 + skipped
    except OSError as error:
        raise UsageError("{file}: cannot be read ({error})", file=path, error=error.strerror) from None
    except (csv.Error, TypeError) as error:
        raise UsageError(
            "{file}: no table that can be read ({error}): save it as CSV", file=path, error=error
        ) from None
    rows = [(line, row) for line, row in rows if any(cell.strip() for cell in row)]
    if not rows:
        return Sheet()
    sheet = Sheet(rows[0][1], rows[1:], delimiter)
    if sheet.place("student") is None:
        found, needed = visible(", ".join(sheet.headings))[:200], ",".join(COLUMNS)
        raise UsageError(
            "{file}:{line}: no column `student` in ({found}). The first line must be: {needed}",
            file=path,
            line=rows[0][0],
            found=found,
            needed=needed,
        )
    return sheet


def write_sheet(folder: Path, sheet: Sheet) -> None:
    """Write the table; with the mark by which spreadsheet programs know UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=sheet.delimiter, lineterminator="\n")
    writer.writerow(sheet.headings)
    writer.writerows(row for _, row in sheet.rows)
    write_atomically(folder / FILE, text.getvalue().encode("utf-8-sig"))


def decided(
    sheet: Sheet, people: Mapping[str, SubmissionMetadata], maxima: Mapping[str, float], tr: Callable[[str], str]
) -> tuple[dict[str, dict[str, Override]], list[str]]:
    """The overrides by student and function, and what is wrong with others, with the line; those are left out.

    `maxima` are the points of all functions of the course, and of TOTAL.
    """
    found: dict[str, dict[str, Override]] = {}
    problems = []
    for line, row in sheet.rows:
        made = _read_row(sheet, line, row, people, maxima, tr)
        if isinstance(made, str):
            problems.append(f"{FILE}:{line}: {made}")
            continue
        earlier = found.setdefault(made.student, {}).get(made.function)
        if earlier:
            words = tr("{file}:{line}: the same student and function as on line {earlier}: this one counts")
            problems.append(words.format(file=FILE, line=line, earlier=earlier.line))
        found[made.student][made.function] = made
    return {student: overrides for student, overrides in found.items() if overrides}, problems


def _read_row(
    sheet: Sheet,
    line: int,
    row: Sequence[str],
    people: Mapping[str, SubmissionMetadata],
    maxima: Mapping[str, float],
    tr: Callable[[str], str],
) -> Override | str:
    """One override, or what is wrong with it."""
    name, function = sheet.cell(row, "student"), _function(sheet.cell(row, "function"))
    student = find_student(name, people) or next((s for s in people if unescape_cell(escape_cell(s)) == name), None)
    if student is None:
        return _unknown(name, nearest_student(name, people), tr("no student of this class is {name}"), tr)
    if function not in maxima:
        close = get_close_matches(function, [known for known in maxima if known], 1, 0.5)
        return _unknown(function, close[0] if close else "", tr("no function is called {name}"), tr)
    score, automatic = _score(sheet.cell(row, "score")), sheet.cell(row, "automatic")
    if isinstance(score, str) or (score is not None and not 0 <= score <= maxima[function]):
        words = tr("the score {score} cannot be: a number from 0 to {maximum} is needed, with two decimals at most")
        return words.format(score=visible(sheet.cell(row, "score"))[:50], maximum=_number(maxima[function]))
    comment = visible(sheet.cell(row, "comment"))
    if score is None and not comment:
        return tr("neither a score nor a comment")
    noted = bool(automatic)
    against = None if automatic.lower() in NONE or not noted else _score(automatic)
    if isinstance(against, str):
        words = tr("the automatic score {score} cannot be: a number is needed, `none`, or nothing")
        return words.format(score=visible(automatic)[:50])
    return Override(student, function, score, comment, against, noted, line)


def _unknown(name: str, nearest: str, words: str, tr: Callable[[str], str]) -> str:
    text = words.format(name=repr(visible(name))[:100])
    return text + (tr(". Did you mean {nearest}?").format(nearest=visible(nearest)) if nearest else "")


def _column(heading: str) -> str:
    name = " ".join(heading.split()).lower()
    return HEADINGS.get(name, name)


def _function(cell: str) -> str:
    return TOTAL if cell.lower() in WHOLE else cell


def _score(cell: str) -> float | str | None:
    """The number in a cell, with a point or a comma; None for an empty cell, the cell itself for anything else."""
    if not cell:
        return None
    try:
        number = float(cell.replace(",", ".") if "." not in cell else cell)
    except ValueError:
        return cell
    return number if isfinite(number) and round(number, 2) == number else cell


def _number(score: float | None) -> str:
    return "" if score is None else f"{score:.2f}"
