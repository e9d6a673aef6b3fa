"""Canvas: the gradebook CSV that its importer takes, edited in place, or made anew without one."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.core.atomic_files import write_atomically
from grader.core.errors import UsageError
from grader.core.visible_text import escape_cell
from grader.exports.cell_text import points
from grader.exports.export_data import Exported, Order, Results
from grader.exports.row_matching import SheetRow, match
from grader.exports.spreadsheet import Sheet

IDS = ("ID", "SIS User ID", "SIS Login ID", "Integration ID")
READ_ONLY = re.compile(r"(Current|Final) (Score|Points|Grade)")
"""Columns that Canvas works out itself; they stand at the end, and nothing may stand behind them."""
POSSIBLE = "Points Possible"
TITLED = re.compile(r"(?P<title>.*?)(?: \(\d+\))?", re.S)
NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")
EXCUSED = "EX"
DEFAULT_TITLE = "autograded"


def export(results: Results, order: Order) -> Exported:
    """Write the gradebook CSV."""
    path = order.file("canvas.csv")
    if order.template is None:
        write_atomically(path, _made(results, order.title or DEFAULT_TITLE).encode())
        text = results.tr(
            "made without a gradebook of Canvas, so nobody could be looked up. Better: in Canvas, Grades, Export, "
            "and name that file with --from"
        )
        return Exported([path], [text])
    gradebook = _Gradebook(Sheet(order.template), order, results)
    left_out, notes = gradebook.fill()
    write_atomically(path, gradebook.sheet.data())
    return Exported([path], notes, left_out)


def _made(results: Results, title: str) -> str:
    """A gradebook that the importer takes: whoever it finds by one of the ids, or by name."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["Student", "ID", "SIS User ID", "SIS Login ID", "Section", escape_cell(title)])
    from_canvas = results.run.get("handed_in", {}).get("layout") == "canvas"
    writer.writerow([f"    {POSSIBLE}", "", "", "", "", points(results.maximum)])
    for student in results.students:
        canvas_id = student.id if from_canvas else ""
        score = "" if student.score is None else f"{student.score:.2f}"
        names = [escape_cell(student.name or student.id), canvas_id, *([escape_cell(student.id)] * 2)]
        writer.writerow([*names, "", score])
    return text.getvalue()


@dataclass
class _Gradebook:
    """A gradebook that Canvas gave, and where in it our scores belong."""

    sheet: Sheet
    order: Order
    results: Results

    def __post_init__(self) -> None:
        self.header = next((n for n, row in enumerate(self.sheet.rows) if _is_header(row)), -1)
        if self.header < 0:
            raise UsageError(
                "{file}: no gradebook of Canvas: its first columns must be Student, ID, ..., Section. "
                "In Canvas: Grades, Export, and name that file",
                file=self.sheet.name,
            )
        self.names = self.sheet.rows[self.header]
        self.possible = next(
            (n for n, row in enumerate(self.sheet.rows) if row and row[0].strip() == POSSIBLE), self.header
        )
        self.comma = self._writes_commas()
        self.column = self._column()

    def fill(self) -> tuple[list[str], list[str]]:
        """Put in everybody's score; who could not be written, and what else the instructor must know."""
        tr, sheet = self.results.tr, self.sheet
        maximum, notes = self._maximum()
        matched = match(self.results.students, list(self._people()), sheet.name, tr)
        kept = excused = 0
        for row, student in matched.rows.items():
            before = sheet.cell(row, self.column).strip()
            if before.upper() == EXCUSED:
                excused += 1
            elif student.score is None:
                kept += bool(NUMBER.fullmatch(before))
            else:
                sheet.put(row, self.column, self._number(student.score, maximum))
        others = sum(1 for person in self._people() if person.number not in matched.rows)
        for count, text in (
            (excused, tr("{count} are excused in Canvas (EX) and stay so")),
            (kept, tr("{count} have no score from this run and keep the one that stands in Canvas")),
            (others, tr("{count} in {file} handed in nothing that was graded: their cells stay as they were")),
        ):
            if count:
                notes.append(text.format(count=count, file=sheet.name))
        return matched.left_out, notes

    def _number(self, score: float, maximum: float) -> str:
        own = self.results.maximum
        text = f"{score * maximum / own if own else score:.2f}"
        return text.replace(".", ",") if self.comma else text

    def _maximum(self) -> tuple[float, list[str]]:
        """The points possible of the column: those of the sheet, else ours, which are then written."""
        own, there = self.results.maximum, self.sheet.cell(self.possible, self.column).strip()
        if self.possible == self.header or not NUMBER.fullmatch(there) or not float(there.replace(",", ".")):
            if self.possible != self.header:
                self.sheet.put(self.possible, self.column, points(own).replace(".", "," if self.comma else "."))
            return own, []
        maximum = float(there.replace(",", "."))
        if maximum == own:
            return maximum, []
        text = self.results.tr("scaled: {own} points here are {maximum} in {file}")
        return maximum, [text.format(own=points(own), maximum=points(maximum), file=self.sheet.name)]

    def _writes_commas(self) -> bool:
        """Whether the numbers of this gradebook have a decimal comma."""
        cells = [cell for row in self.sheet.rows[self.header + 1 :] for cell in row if NUMBER.fullmatch(cell.strip())]
        return self.sheet.delimiter != "," and any("," in cell for cell in cells)

    def _column(self) -> int:
        """The column of the assignment; a new one where no column has that title. Raises UsageError."""
        first = next(n for n, name in enumerate(self.names) if name.strip() == "Section") + 1
        last = len(self.names)
        while last > first and READ_ONLY.search(self.names[last - 1]):
            last -= 1
        titles, wanted = self.names[first:last], self.order.title
        found = [first + n for n, name in enumerate(titles) if not wanted or wanted in (name, _title(name))]
        if len(found) == 1:
            return found[0]
        shown = "; ".join(titles) or "none"
        if found:
            raise UsageError(
                "{file}: which column is it? Name one with --title. There are: {titles}",
                file=self.sheet.name,
                titles=shown,
            )
        if not wanted:
            raise UsageError("{file}: it has no assignment. Name a new one with --title", file=self.sheet.name)
        self.sheet.insert(last)
        self.sheet.put(self.header, last, wanted)
        return last

    def _people(self) -> Iterator[SheetRow]:
        """The rows of students."""
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
    """Whether the importer would take it for the header."""
    names = [name.strip() for name in row]
    return bool(names) and names[0] in ("Student", "LastName") and "ID" in names[:3] and "Section" in names


def _title(name: str) -> str:
    """The title of an assignment without the number that Canvas adds."""
    found = TITLED.fullmatch(name)
    return found["title"] if found else name
