"""Moodle: the downloaded grading worksheet, edited in place, and a zip of feedback files that Moodle can hand out."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.core.atomic_files import write_atomically
from grader.core.errors import UsageError
from grader.core.visible_text import visible
from grader.exports.export_data import Exported, Order, Results, StudentResult
from grader.exports.feedback_html import feedback
from grader.exports.row_matching import SheetRow, match
from grader.exports.spreadsheet import Sheet

IDENTIFIER = re.compile(r"\D*(\d+)")
NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
DATE = re.compile(r"-|[^<>]*\d{4}[^<>]*")
NO = {*("no", "nein", "non", "nee", "não", "nie", "nej", "nei", "ne"), *("нет", "ні", "否", "いいえ", "아니오", "لا")}
"""What stands under "Grade can be changed" where it cannot, in the languages that Moodle is most used in."""
MOMENT = (2000, 1, 1, 0, 0, 0)
"""The time of the files in the zip: the same results give the same bytes."""


def export(results: Results, order: Order) -> Exported:
    """Write the worksheet, and feedback.zip beside it."""
    if order.template is None:
        raise UsageError(
            "--to moodle edits the grading worksheet of your site. In Moodle: the assignment, Submissions, "
            "Download grading worksheet; then name that file with --from"
        )
    sheet = Sheet(order.template)
    columns = find_columns(sheet)
    matched = match(results.students, list(_people(sheet, columns)), sheet.name, results.tr)
    filled = _fill(sheet, columns, results, matched.rows)
    worksheet = order.file("worksheet.csv")
    beside = worksheet.with_name("feedback.zip" if order.into != worksheet else f"{worksheet.stem}-feedback.zip")
    write_atomically(worksheet, sheet.data())
    write_atomically(beside, _feedback(sheet, results, matched.rows))
    return Exported([worksheet, beside], filled.notes, [*matched.left_out, *filled.left_out])


@dataclass(frozen=True)
class Columns:
    """Where things stand in a worksheet, in whatever language its headings are. `comments` may be missing."""

    grade: int
    maximum: int
    comments: int | None
    id_number: int | None
    group: int | None


def find_columns(sheet: Sheet) -> Columns:
    """Find the columns by their English names, else by what stands in them. Raises UsageError."""
    names = [name.strip().casefold() for name in sheet.rows[0]] if sheet.rows else []
    body = [row for row in sheet.rows[1:] if any(row)]
    if not body or len(names) < 4 or not all(IDENTIFIER.fullmatch(row[0].strip()) for row in body):
        raise UsageError(
            "{file}: no grading worksheet of Moodle: every row must begin with an identifier such as Participant 123. "
            "In Moodle: the assignment, Submissions, Download grading worksheet",
            file=sheet.name,
        )
    by_name = {name: number for number, name in enumerate(names)}
    maximum = by_name.get("maximum grade", _maximum(names, body))
    if maximum is None:
        raise UsageError(
            "{file}: no column holds the same maximum grade in every row (found: {columns}). "
            "The assignment must be graded in points; if it is, download the worksheet with Moodle set to English",
            file=sheet.name,
            columns=", ".join(sheet.rows[0]),
        )
    grade = by_name.get("grade", maximum - 1)
    last = len(names) - 1
    bare = all(DATE.fullmatch(_cell(row, last).strip()) for row in body)
    comments = by_name.get("feedback comments", None if bare or last <= maximum else last)
    return Columns(grade, maximum, comments, by_name.get("id number"), by_name.get("group"))


def _maximum(names: Sequence[str], body: Sequence[Sequence[str]]) -> int | None:
    """The column with the same number in every row, behind one that is made for grades."""
    for number in range(len(names) - 1, 2, -1):
        values = {_cell(row, number).strip() for row in body}
        grades = {_cell(row, number - 1).strip() for row in body} - {"", "-"}
        if len(values) == 1 and all(map(NUMBER.fullmatch, values | grades)):
            return number
    return None


def _cell(row: Sequence[str], number: int) -> str:
    return row[number] if number < len(row) else ""


def _participant(sheet: Sheet, row: int) -> str:
    """The number in "Participant 123"."""
    found = IDENTIFIER.fullmatch(sheet.cell(row, 0).strip())
    return found[1] if found else ""


def _people(sheet: Sheet, columns: Columns) -> Iterator[SheetRow]:
    for row in range(1, len(sheet.rows)):
        if not any(sheet.rows[row]):
            continue
        number = "" if columns.id_number is None else sheet.cell(row, columns.id_number)
        group = "" if columns.group is None else sheet.cell(row, columns.group)
        emails = tuple(cell for cell in sheet.rows[row][2 : columns.grade] if "@" in cell)
        yield SheetRow(row, (_participant(sheet, row), number), sheet.cell(row, 1), emails, group)


@dataclass
class _Filled:
    """What became of the rows: who was left out and why, and what else the instructor must know."""

    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def _fill(sheet: Sheet, columns: Columns, results: Results, rows: Mapping[int, StudentResult]) -> _Filled:
    """Put in grades and comments."""
    tr, filled, same, scaled = results.tr, _Filled(), list[str](), set[str]()
    for row, student in sorted(rows.items()):
        if student.score is None:
            continue
        if why := _refused(sheet, columns, row, student, tr):
            filled.left_out.append(f"{visible(student.name or student.id)}: {why}")
            continue
        maximum = sheet.cell(row, columns.maximum).strip()
        grade = _grade(student, maximum)
        if float(maximum.replace(",", ".")) != student.maximum:
            scaled.add(maximum)
        if _same(grade, sheet.cell(row, columns.grade)):
            same.append(visible(student.name or student.id))
        sheet.put(row, columns.grade, grade)
        if columns.comments is not None:
            sheet.put(row, columns.comments, feedback(results, student, "comment.html"))
    for maximum in sorted(scaled):
        words = tr("scaled: {own} points here are {maximum} in {file}")
        filled.notes.append(words.format(own=f"{results.maximum:g}", maximum=maximum, file=sheet.name))
    if same:
        filled.notes.append(
            tr("this grade stands in Moodle already, it passes over them: {who}").format(who=", ".join(same))
        )
    if columns.comments is None:
        words = tr("{file} has no column for comments: switch on Feedback comments in Moodle to have them")
        filled.notes.append(words.format(file=sheet.name))
    if others := sum(1 for row in range(1, len(sheet.rows)) if any(sheet.rows[row]) and row not in rows):
        words = tr("{count} in {file} handed in nothing that was graded: their cells stay as they were")
        filled.notes.append(words.format(count=others, file=sheet.name))
    return filled


def _refused(sheet: Sheet, columns: Columns, row: int, student: StudentResult, tr: Callable[[str], str]) -> str:
    """Why Moodle would not take a grade in this row, or nothing."""
    if not NUMBER.fullmatch(sheet.cell(row, columns.maximum).strip()):
        return tr("no maximum grade in the worksheet")
    if any(cell.strip().casefold() in NO for cell in sheet.rows[row][columns.maximum + 1 : columns.maximum + 3]):
        return tr("the grade is locked in Moodle")
    if student.score is not None and student.score > student.maximum:
        return tr("more points than the maximum, which Moodle refuses")
    return ""


def _grade(student: StudentResult, maximum: str) -> str:
    """The score on the scale of the worksheet, with its decimal mark."""
    score = student.score or 0.0
    most = float(maximum.replace(",", "."))
    text = f"{score * most / student.maximum if student.maximum else 0.0:.2f}"
    return text.replace(".", ",") if "," in maximum else text


def _same(grade: str, before: str) -> bool:
    before = before.strip()
    return bool(NUMBER.fullmatch(before)) and float(before.replace(",", ".")) == float(grade.replace(",", "."))


def _feedback(sheet: Sheet, results: Results, rows: Mapping[int, StudentResult]) -> bytes:
    """A zip with one folder for each who has a score, named so that Moodle finds the owner."""
    folders = dict[str, StudentResult]()
    for row, student in sorted(rows.items()):
        if student.score is None:
            continue
        if f"_{student.id}_assignsubmission_" in student.about.filed_as:  # also a team, which has a number of its own
            folders[_folder(student.name, student.id)] = student
        else:
            folders[_folder(sheet.cell(row, 1), _participant(sheet, row))] = student
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder, student in folders.items():
            info = zipfile.ZipInfo(str(Path(folder) / "feedback.html"), MOMENT)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, feedback(results, student, "feedback.html").encode())
    return made.getvalue()


def _folder(name: str, number: str) -> str:
    """Moodle splits the name at underscores and reads the number that comes second, so the name has none."""
    plain = " ".join(re.sub(r'[_/\\:*?"<>|]', " ", visible(name)).split()).strip(" .")
    return f"{plain or 'Participant'}_{number}_assignsubmission_file_"
