"""overrides.csv: scores and comments set by a person, in a table that any spreadsheet program can edit.

Of the grader's commands only `grader override` and `grader forget` change the file, and each changes only the rows of
the students that it names.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path

from grader.core.errors import UsageError, nearest_names, suggest_names
from grader.core.files.atomic_files import write_atomically
from grader.core.files.regular_files import read_regular
from grader.core.visible_text import escape_cell, unescape_cell, visible
from grader.grading.policy.final_score import TOTAL, Override
from grader.grading.policy.override_students import StudentCells, student_of
from grader.submissions.csv_encodings import decode_file
from grader.submissions.students.look_alikes import ID_HASH
from grader.submissions.students.student_lookup import StudentIndex
from grader.submissions.submission import SubmissionMetadata

FILE = "overrides.csv"
COLUMNS = ("student", "function", "score", "comment", "automatic")
BONUS = "bonus"
"""Optional column: `yes` allows the score of this row to be above the maximum."""
YES = ("yes", "y", "true", "1", "x", "是")
"""Texts in the column `bonus` that mean yes."""
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
    "加分": BONUS,
    "学号哈希": ID_HASH,
}
"""Other column headings that the table may have, and the column that each means."""
TOTAL_NAMES = ("", "total", "总分")
"""Texts in the column of functions that mean the total."""
MAX_SUGGESTIONS = 100
"""Maximum number of wrong rows for which a message suggests a student or function: each search compares all names."""
NO_SCORE = ("none", "无", "—", "-", "'-")
"""Texts in the column `automatic` that mean that there was no score, because the function was ungraded."""


@dataclass
class OverrideTable:
    """Content of overrides.csv: headings, rows with the number of their first line, delimiter between cells."""

    headings: list[str] = field(default_factory=lambda: list(COLUMNS))
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    delimiter: str = ","

    def column_index(self, column: str) -> int | None:
        """Return the index of a column; None if the table lacks it."""
        return next((n for n, heading in enumerate(self.headings) if _column_of(heading) == column), None)

    def cell(self, row: Sequence[str], column: str) -> str:
        """Return the cell of a row in this column; an empty text if the row or the table lacks it."""
        column_index = self.column_index(column)
        return unescape_cell(row[column_index]) if column_index is not None and column_index < len(row) else ""

    def student_cells(self, row: Sequence[str]) -> StudentCells:
        """Return the cells of a row that name its student, unchanged."""
        places = (self.column_index(column) for column in ("student", ID_HASH))
        return StudentCells(*("" if place is None else "".join(row[place : place + 1]) for place in places))

    def put(self, override: Override, is_student: Callable[[StudentCells], bool], id_hash: str = "") -> None:
        """Replace the student's row for the function of `override`, or add such a row.

        `is_student` returns whether cells name the student. If `override` has no score or no comment, the row keeps
        the old score or comment. If `id_hash` is not empty, it is written into the row; a missing column is added.
        """
        old = next((row for _, row in self.rows if self._matches(row, is_student, override.function)), [])
        self.remove(is_student, override.function)
        columns = [*COLUMNS, *[BONUS] * override.bonus, *[ID_HASH] * bool(id_hash)]
        self.headings += [column for column in columns if self.column_index(column) is None]
        automatic = "none" if override.automatic is None else _format_score(override.automatic)
        cells = {"student": override.student, "function": override.function, "comment": override.comment}
        cells |= {ID_HASH: id_hash}
        if override.score is not None:
            bonus = YES[0] if override.bonus else ""
            cells |= {"score": _format_score(override.score), "automatic": automatic, BONUS: bonus}
        row = [*old, *[""] * (len(self.headings) - len(old))]
        for column, text in cells.items():
            column_index = self.column_index(column)
            if column_index is not None and (text or column in ("function", BONUS)):
                row[column_index] = escape_cell(text)
        self.rows.append((0, row))

    def restore(self, override: Override, is_student: Callable[[StudentCells], bool], id_hash: str = "") -> None:
        """Write a student's row so that score, comment, automatic score and bonus are exactly those of `override`."""
        cleared = ("score", "comment", "automatic", BONUS)
        columns = [n for n in map(self.column_index, cleared) if n is not None]
        for _, row in self.rows:
            if self._matches(row, is_student, override.function):
                row[:] = ["" if n in columns else cell for n, cell in enumerate(row)]
        self.put(override, is_student, id_hash)
        automatic = self.column_index("automatic")
        if not override.noted and automatic is not None:
            self.rows[-1][1][automatic] = ""

    def keys(self, index: StudentIndex) -> set[tuple[str, str]]:
        """Return a pair (student, function) for each row, also for rows with a wrong score.

        A row that may mean several students gives one pair for each of them.
        """
        return {
            (student, _function_of(self.cell(row, "function")))
            for _, row in self.rows
            for student in self.student_cells(row).matches(index)
        }

    def _matches(self, row: Sequence[str], is_student: Callable[[StudentCells], bool], function: str | None) -> bool:
        same_function = function in (None, _function_of(self.cell(row, "function")))
        return same_function and is_student(self.student_cells(row))

    def remove(self, is_student: Callable[[StudentCells], bool], function: str | None = None) -> int:
        """Remove all rows of a student, or only the rows for `function`, and return the number of removed rows."""
        before = len(self.rows)
        self.rows = [(line, row) for line, row in self.rows if not self._matches(row, is_student, function)]
        return before - len(self.rows)


def read_override_table(folder: Path) -> OverrideTable:
    """Return the overrides.csv of a results folder in any encoding; an empty table if there is no file.

    Raises UsageError if the file is not a table with a column `student`.
    """
    path = folder / FILE
    if not path.exists():
        return OverrideTable()
    try:
        text = decode_file(read_regular(path))
        lines = text.splitlines(keepends=True)
        first_line = lines[0].strip().lower() if lines else ""
        has_separator_line = first_line.startswith("sep=")  # Excel's way to name the delimiter: `sep=;`
        heading = lines[int(has_separator_line)] if len(lines) > has_separator_line else ""
        delimiter = first_line[4:5] if has_separator_line and len(first_line) > 4 else max(",;\t", key=heading.count)
        reader = csv.reader(io.StringIO("".join(lines[int(has_separator_line) :]), newline=""), delimiter=delimiter)
        rows, first_line_of_row = [], 1 + has_separator_line
        for row in reader:
            rows.append((first_line_of_row, row))
            first_line_of_row = reader.line_num + 1 + has_separator_line
    except OSError as error:
        raise UsageError("{file}: cannot be read ({error})", file=path, error=error.strerror) from None
    except (csv.Error, TypeError) as error:
        raise UsageError(
            "{file}: cannot be read as a table ({error}). Save the table as CSV", file=path, error=error
        ) from None
    rows = [(line, row) for line, row in rows if any(cell.strip() for cell in row)]
    if not rows:
        return OverrideTable()
    table = OverrideTable(rows[0][1], rows[1:], delimiter)
    if table.column_index("student") is None:
        found, needed = visible(", ".join(table.headings))[:200], ",".join(COLUMNS)
        raise UsageError(
            "{file}:{line}: no column `student` in ({found}). The first line must be: {needed}",
            file=path,
            line=rows[0][0],
            found=found,
            needed=needed,
        )
    return table


def write_override_table(folder: Path, table: OverrideTable) -> None:
    """Write the table with a byte order mark, by which spreadsheet programs recognize UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=table.delimiter, lineterminator="\n")
    writer.writerow(table.headings)
    writer.writerows(row for _, row in table.rows)
    write_atomically(folder / FILE, text.getvalue().encode("utf-8-sig"))


def read_overrides(
    table: OverrideTable,
    people: Mapping[str, SubmissionMetadata],
    maxima: Mapping[str, float],
    tr: Callable[[str], str],
) -> tuple[dict[str, dict[str, Override]], list[str]]:
    """Return the overrides by student and function, and a message for each row that is left out.

    A row is left out if it is wrong, or if a later row is for the same student and function. `maxima` are the maximum
    points of all functions of the course, and of TOTAL.
    """
    found: dict[str, dict[str, Override]] = {}
    problems: list[str] = []
    index = StudentIndex(people)
    for line, row in table.rows:
        override = _read_row(table, line, row, index, maxima, tr, suggests=len(problems) < MAX_SUGGESTIONS)
        if isinstance(override, str):
            problems.append(f"{FILE}:{line}: {override}")
            continue
        earlier = found.setdefault(override.student, {}).get(override.function)
        if earlier:
            words = tr("{file}:{line}: same student and function as on line {earlier}; line {line} is used")
            problems.append(words.format(file=FILE, line=line, earlier=earlier.line))
        found[override.student][override.function] = override
    return {student: overrides for student, overrides in found.items() if overrides}, problems


def _read_row(
    table: OverrideTable,
    line: int,
    row: Sequence[str],
    index: StudentIndex,
    maxima: Mapping[str, float],
    tr: Callable[[str], str],
    suggests: bool,
) -> Override | str:
    """Return the override in a row, or a text that says what is wrong with it."""
    function = _function_of(table.cell(row, "function"))
    student, problem = student_of(table.student_cells(row), index, tr, suggests)
    if student is None:
        return problem
    if function not in maxima:
        near = nearest_names(function, filter(None, maxima), 1) if suggests else []
        problem = tr("no function {name}").format(name=repr(visible(function))[:100])
        return suggest_names(problem, [*map(visible, near)], (), tr)
    score, automatic = _parse_score(table.cell(row, "score")), table.cell(row, "automatic")
    bonus = table.cell(row, BONUS).lower() in YES
    highest = math.inf if bonus else maxima[function]
    if isinstance(score, str) or (score is not None and not 0 <= score <= highest):
        words = tr(
            "invalid score {score}: use a number from 0 to {maximum} with at most two decimals; "
            "a higher one needs yes in the column bonus"
        )
        return words.format(score=visible(table.cell(row, "score"))[:50], maximum=_format_score(maxima[function]))
    comment = visible(table.cell(row, "comment"))
    if score is None and not comment:
        return tr("neither a score nor a comment")
    noted = bool(automatic)
    replaced = None if automatic.lower() in NO_SCORE or not noted else _parse_score(automatic)
    if isinstance(replaced, str):
        words = tr("invalid automatic score {score}: use a number or `none`, or leave the cell empty")
        return words.format(score=visible(automatic)[:50])
    return Override(student, function, score, comment, replaced, noted, line, bonus)


def _column_of(heading: str) -> str:
    name = " ".join(heading.split()).lower()
    return HEADINGS.get(name, name)


def _function_of(cell: str) -> str:
    return TOTAL if cell.lower() in TOTAL_NAMES else cell


def _parse_score(cell: str) -> float | str | None:
    """Return the number in a cell, with a decimal point or comma; None for an empty cell; else the cell's text."""
    if not cell:
        return None
    try:
        number = float(cell.replace(",", ".") if "." not in cell else cell)
    except ValueError:
        return cell
    return number if isfinite(number) and round(number, 2) == number else cell


def _format_score(score: float | None) -> str:
    return "" if score is None else f"{score:.2f}"
