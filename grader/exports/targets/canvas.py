"""Canvas: fill in the gradebook CSV that Canvas exported, or write a new gradebook CSV that Canvas can import."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.core.errors import UsageError
from grader.core.visible_text import escape_cell, visible
from grader.exports.export_data import ClassResults, ExportOptions, ExportSummary, ScoreCell
from grader.exports.result_text import format_points, reason_without_score
from grader.exports.row_matching import SheetRow, match_rows
from grader.exports.spreadsheet import Sheet
from grader.submissions.people import display_name

IDS = ("ID", "SIS User ID", "SIS Login ID", "Integration ID")
READ_ONLY = re.compile(r"(Current|Final) (Score|Points|Grade)")
"""Columns that Canvas computes. Such columns must be the last columns, because Canvas ignores all columns after
them."""
POSSIBLE = "Points Possible"
TITLED = re.compile(r"(?P<title>.*?)(?: \(\d+\))?", re.S)
NUMBER = re.compile(r"-?\d{1,9}(?:[.,]\d{1,9})?")
"""A score with at most nine digits before the decimal point: `float` reads hundreds of digits as infinity."""
EXCUSED = "EX"
DEFAULT_TITLE = "autograded"


def export(results: ClassResults, options: ExportOptions) -> ExportSummary:
    """Write a gradebook CSV: `options.template` with scores filled in, or a new gradebook if there is no template.

    Raises UsageError if `template` is not a Canvas gradebook, or has no unique column for the assignment.
    """
    path = options.output_file("canvas.csv")
    if options.template is None:
        text, unwritten = _new_gradebook(results, options.title or DEFAULT_TITLE)
        options.write(path, text.encode())
        text = results.tr(
            "Written without a Canvas gradebook, so ids and names are not checked. To fill in the gradebook instead: "
            "in Canvas, open Grades, choose Export, and pass that file with --from"
        )
        return ExportSummary([path], [text], unwritten, withheld=results.look_alikes)
    gradebook = _Gradebook(Sheet(options.template), options, results)
    unwritten, notes, cells = gradebook.fill()
    options.write(path, gradebook.sheet.to_bytes())
    return ExportSummary([path], notes, unwritten, cells)


def _new_gradebook(results: ClassResults, title: str) -> tuple[str, list[str]]:
    """Return the text of a gradebook that Canvas can import, and a line for each score that is left out.

    Canvas finds each student by an id or by name. Canvas may confuse ids that look alike, so the scores of students
    with such ids are left out.
    """
    text, unwritten = io.StringIO(), list[str]()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["Student", "ID", "SIS User ID", "SIS Login ID", "Section", escape_cell(title)])
    from_canvas = results.run.get("handed_in", {}).get("layout") == "canvas"
    writer.writerow([f"    {POSSIBLE}", "", "", "", "", format_points(results.maximum)])
    for student in results.students:
        if student.score is None:  # Canvas would read an empty cell as the removal of a score
            continue
        if student.id in results.look_alikes:
            words = results.tr("{who}: another id looks the same, score not written. Pass the gradebook with --from")
            unwritten.append(words.format(who=visible(display_name(student.id, {student.id: student.metadata}))))
            continue
        canvas_id = student.id if from_canvas else ""
        names = [escape_cell(student.name or student.id), canvas_id, *([escape_cell(student.id)] * 2)]
        writer.writerow([*names, "", f"{student.score:.2f}"])
    return text.getvalue(), unwritten


@dataclass
class _Gradebook:
    """A gradebook that Canvas exported.

    header: number of the row with the headings; `names` are the headings.
    possible: number of the row with the maximum points; equal to `header` if there is no such row.
    decimal_comma: True if numbers are written with a comma.
    column: number of the assignment's column.
    """

    sheet: Sheet
    options: ExportOptions
    results: ClassResults

    def __post_init__(self) -> None:
        self.header = next((n for n, row in enumerate(self.sheet.rows) if _is_header(row)), -1)
        if self.header < 0:
            raise UsageError(
                "{file} is not a Canvas gradebook: its first columns must be Student, ID, ..., Section. "
                "In Canvas, open Grades, choose Export, and pass that file with --from",
                file=self.sheet.name,
            )
        self.names = self.sheet.rows[self.header]
        self.possible = next(
            (n for n, row in enumerate(self.sheet.rows) if row and row[0].strip() == POSSIBLE), self.header
        )
        self.decimal_comma = self._writes_commas()
        self.column = self._column()

    def fill(self) -> tuple[list[str], list[str], list[ScoreCell]]:
        """Write all scores into the sheet.

        Return a line for each score that was not written, notes for the instructor, and the cells of all students in
        the sheet, including the cells that were not written.
        """
        tr, sheet = self.results.tr, self.sheet
        maximum, notes = self._maximum()
        matched = match_rows(self.results.students, list(self._people()), sheet.name, tr)
        unchanged = excused = others = 0
        cells = []
        for person in self._people():
            student, why = matched.rows.get(person.number), ""
            before = after = sheet.cell(person.number, self.column).strip()
            if student is None:
                others += 1
                why = tr("no graded submission")
            elif before.upper() == EXCUSED:
                excused += 1
                why = tr("excused in Canvas")
            elif student.score is None:
                unchanged += bool(NUMBER.fullmatch(before))
                why = reason_without_score(student, tr)
            else:
                after = self._number(student.score, maximum)
                sheet.set_cell(person.number, self.column, after)
            owner = student.id if student else next(filter(None, person.ids), "")
            cells.append(ScoreCell(owner, person.name.strip(), before, after, why))
        if self.options.collected is not None:
            notes.append(tr("column: {column}").format(column=self.names[self.column]))
        for count, text in (
            (excused, tr("excused in Canvas (EX), left unchanged: {count}")),
            (unchanged, tr("no score in this run, score in Canvas left unchanged: {count}")),
            (others, tr("rows of {file} without a graded submission, left unchanged: {count}")),
        ):
            if count:
                notes.append(text.format(count=count, file=sheet.name))
        return matched.unwritten, notes, cells

    def _number(self, score: float, maximum: float) -> str:
        course_maximum = self.results.maximum
        text = f"{score * maximum / course_maximum if course_maximum else score:.2f}"
        return text.replace(".", ",") if self.decimal_comma else text

    def _maximum(self) -> tuple[float, list[str]]:
        """Return the maximum points in the assignment's column, and notes for the instructor.

        If the column has no maximum, the maximum of the course is written into it, and returned.
        """
        own, there = self.results.maximum, self.sheet.cell(self.possible, self.column).strip()
        if self.possible == self.header or not NUMBER.fullmatch(there) or not float(there.replace(",", ".")):
            if self.possible != self.header:
                self.sheet.set_cell(
                    self.possible, self.column, format_points(own).replace(".", "," if self.decimal_comma else ".")
                )
            return own, []
        maximum = float(there.replace(",", "."))
        if maximum == own:
            return maximum, []
        text = self.results.tr("scaled: {own} points in these results are {maximum} points in {file}")
        return maximum, [text.format(own=format_points(own), maximum=format_points(maximum), file=self.sheet.name)]

    def _writes_commas(self) -> bool:
        """Return whether the numbers of this gradebook have a decimal comma."""
        cells = [cell for row in self.sheet.rows[self.header + 1 :] for cell in row if NUMBER.fullmatch(cell.strip())]
        return self.sheet.delimiter != "," and any("," in cell for cell in cells)

    def _column(self) -> int:
        """Return the number of the assignment's column; if no column has the title of `--title`, insert one.

        Raises UsageError if several columns may be the assignment's, or if there is none and no title.
        """
        first = next(n for n, name in enumerate(self.names) if name.strip() == "Section") + 1
        last = len(self.names)
        while last > first and READ_ONLY.search(self.names[last - 1]):
            last -= 1
        titles, wanted = self.names[first:last], self.options.title
        found = [first + n for n, name in enumerate(titles) if not wanted or wanted in (name, _title(name))]
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(
                "{file}: several columns may be the assignment. Choose one with --title: {titles}",
                file=self.sheet.name,
                titles="; ".join(titles),
            )
        if not wanted:
            raise UsageError(
                "{file} has no assignment. To add a column for one, pass the assignment's title with --title",
                file=self.sheet.name,
            )
        self.sheet.insert_column(last)
        self.sheet.set_cell(self.header, last, wanted)
        return last

    def _people(self) -> Iterator[SheetRow]:
        """Yield the rows of students, including the row of the test student that Canvas adds."""
        places = {name: self.names.index(name) for name in IDS if name in self.names}
        login = places.get("SIS Login ID")
        first = self.names.index("FirstName") if "FirstName" in self.names else None
        for number in range(self.possible + 1, len(self.sheet.rows)):
            ids = tuple(self.sheet.cell(number, place) for place in places.values())
            name = self.sheet.cell(number, 0)
            if first is not None:
                name += f" {self.sheet.cell(number, first)}"
            if any(ids) or name.strip():
                emails = (self.sheet.cell(number, login),) if login is not None else ()
                yield SheetRow(number, ids, name, emails)


def _is_header(row: Sequence[str]) -> bool:
    """Return whether Canvas recognizes a row as the headings of a gradebook."""
    names = [name.strip() for name in row]
    return bool(names) and names[0] in ("Student", "LastName") and "ID" in names[:3] and "Section" in names


def _title(name: str) -> str:
    """Return the title of an assignment without the number in parentheses that Canvas appends."""
    found = TITLED.fullmatch(name)
    return found["title"] if found else name
