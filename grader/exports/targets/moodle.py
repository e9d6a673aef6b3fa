"""Moodle: fill in the grading worksheet, and write a zip of feedback files that Moodle distributes to the students."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.core.errors import UsageError
from grader.core.visible_text import visible
from grader.exports.export_data import ClassResults, ExportOptions, ExportSummary, ScoreCell, StudentResult
from grader.exports.feedback_html import render_feedback
from grader.exports.result_text import reason_without_score
from grader.exports.row_matching import SheetRow, match_rows
from grader.exports.spreadsheet import Sheet

IDENTIFIER = re.compile(r"\D*(\d+)")
NUMBER = re.compile(r"\d{1,9}(?:[.,]\d{1,9})?")
"""A grade with at most nine digits before the decimal point: `float` reads hundreds of digits as infinity."""
YEAR = re.compile(r"\d{4}")
NO = {*("no", "nein", "non", "nee", "não", "nie", "nej", "nei", "ne"), *("нет", "ні", "否", "いいえ", "아니오", "لا")}
"""The word "No" in the column "Grade can be changed", in the most used languages of Moodle."""
ZIP_TIME = (2000, 1, 1, 0, 0, 0)
"""Time of the files in the zip. The time is fixed, so that the same results give the same bytes."""


def export(results: ClassResults, options: ExportOptions) -> ExportSummary:
    """Write the worksheet with grades, and feedback.zip next to it.

    Raises UsageError if `options.template` is missing or is not a grading worksheet of Moodle.
    """
    if options.template is None:
        raise UsageError(
            "--to moodle fills in the grading worksheet of your site. In Moodle, open the assignment, then "
            "Submissions, choose Download grading worksheet, and pass that file with --from"
        )
    sheet = Sheet(options.template)
    columns = find_columns(sheet)
    matched = match_rows(results.students, list(_people(sheet, columns)), sheet.name, results.tr)
    report = _fill(sheet, columns, results, matched.rows)
    worksheet = options.output_file("worksheet.csv")
    feedback = worksheet.with_name("feedback.zip" if options.into != worksheet else f"{worksheet.stem}-feedback.zip")
    options.write(worksheet, sheet.to_bytes())
    options.write(feedback, _feedback_zip(sheet, results, matched.rows))
    unwritten = [*matched.unwritten, *report.unwritten]
    return ExportSummary([worksheet, feedback], report.notes, unwritten, report.cells)


@dataclass(frozen=True)
class Columns:
    """Numbers of columns in a worksheet, counted from 0; None for a column that the worksheet does not have."""

    grade: int
    maximum: int
    comments: int | None
    id_number: int | None
    group: int | None


def find_columns(sheet: Sheet) -> Columns:
    """Find the columns by their English headings; in other languages, by the cells below them.

    Raises UsageError if the sheet is not a grading worksheet, or if no column holds the maximum grade.
    """
    names = [name.strip().casefold() for name in sheet.rows[0]] if sheet.rows else []
    body = [row for row in sheet.rows[1:] if any(row)]
    if not body or len(names) < 4 or not all(IDENTIFIER.fullmatch(row[0].strip()) for row in body):
        raise UsageError(
            "{file} is not a Moodle grading worksheet: every row must begin with an identifier such as "
            "Participant 123. In Moodle, open the assignment, then Submissions, and choose Download grading worksheet",
            file=sheet.name,
        )
    by_name = {name: number for number, name in enumerate(names)}
    maximum = by_name.get("maximum grade", _maximum(names, body))
    if maximum is None:
        raise UsageError(
            "{file}: no column holds the same maximum grade in every row (found: {columns}). "
            "Grade the assignment in points. If it is, set Moodle to English and download the worksheet again",
            file=sheet.name,
            columns=", ".join(sheet.rows[0]),
        )
    grade = by_name.get("grade", maximum - 1)
    last = len(names) - 1
    is_date_last = all(_is_date(_cell(row, last).strip()) for row in body)
    comments = by_name.get("feedback comments", None if is_date_last or last <= maximum else last)
    return Columns(grade, maximum, comments, by_name.get("id number"), by_name.get("group"))


def _maximum(names: Sequence[str], body: Sequence[Sequence[str]]) -> int | None:
    """Return the last column with the same number in every row and grades in the column before it; None without one."""
    for number in range(len(names) - 1, 2, -1):
        values = {_cell(row, number).strip() for row in body}
        grades = {_cell(row, number - 1).strip() for row in body} - {"", "-"}
        if len(values) == 1 and all(map(NUMBER.fullmatch, values | grades)):
            return number
    return None


def _is_date(cell: str) -> bool:
    """Return whether a cell of the last column is a date or "-" (no date), and not a feedback comment."""
    return cell == "-" or (not {"<", ">"} & {*cell} and YEAR.search(cell) is not None)


def _cell(row: Sequence[str], number: int) -> str:
    return row[number] if number < len(row) else ""


def _participant(sheet: Sheet, row: int) -> str:
    """Return the number in "Participant 123"; an empty string if there is none."""
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
class _FillReport:
    """Result of filling in the worksheet.

    unwritten: a line for each grade that Moodle would refuse, and that was therefore not written.
    notes: notes for the instructor.
    cells: first the cells of graded students, row by row, then those of rows without a graded submission. A refused
        grade has no cell, only a line in `unwritten`.
    """

    unwritten: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    cells: list[ScoreCell] = field(default_factory=list)


def _fill(sheet: Sheet, columns: Columns, results: ClassResults, rows: Mapping[int, StudentResult]) -> _FillReport:
    """Write grades and feedback comments into the rows of the worksheet; `rows` maps row numbers to students."""
    tr, report, same, scaled = results.tr, _FillReport(), list[str](), set[str]()
    for row, student in sorted(rows.items()):
        before, name = sheet.cell(row, columns.grade).strip(), sheet.cell(row, 1)
        if student.score is None:
            report.cells.append(ScoreCell(student.id, name, before, before, reason_without_score(student, tr)))
            continue
        if why := _refusal(sheet, columns, row, student, tr):
            report.unwritten.append(f"{visible(results.label(student))}: {why}")
            continue
        maximum = sheet.cell(row, columns.maximum).strip()
        grade = _grade(student, maximum)
        if float(maximum.replace(",", ".")) != student.maximum:
            scaled.add(maximum)
        report.cells.append(ScoreCell(student.id, name, before, grade))
        if _is_same(grade, sheet.cell(row, columns.grade)):
            same.append(visible(results.label(student)))
        sheet.set_cell(row, columns.grade, grade)
        if columns.comments is not None:
            sheet.set_cell(row, columns.comments, render_feedback(results, student, "comment.html"))
    for maximum in sorted(scaled):
        words = tr("scaled: {own} points in these results are {maximum} points in {file}")
        report.notes.append(words.format(own=f"{results.maximum:g}", maximum=maximum, file=sheet.name))
    if same:
        words = tr("Moodle already has the same grade, and skips the row of: {who}")
        report.notes.append(words.format(who=", ".join(same)))
    if columns.comments is None:
        words = tr("{file} has no column for comments. To export comments, switch on Feedback comments in Moodle")
        report.notes.append(words.format(file=sheet.name))
    others = [row for row in range(1, len(sheet.rows)) if any(sheet.rows[row]) and row not in rows]
    for row in others:
        before = sheet.cell(row, columns.grade).strip()
        owner = (_participant(sheet, row), sheet.cell(row, 1))
        report.cells.append(ScoreCell(*owner, before, before, tr("no graded submission")))
    if others:
        words = tr("rows of {file} without a graded submission, left unchanged: {count}")
        report.notes.append(words.format(count=len(others), file=sheet.name))
    return report


def _refusal(sheet: Sheet, columns: Columns, row: int, student: StudentResult, tr: Callable[[str], str]) -> str:
    """Return why Moodle would refuse the grade of this row; an empty string if Moodle accepts it."""
    if not NUMBER.fullmatch(sheet.cell(row, columns.maximum).strip()):
        return tr("the worksheet has no maximum grade in this row")
    if any(cell.strip().casefold() in NO for cell in sheet.rows[row][columns.maximum + 1 : columns.maximum + 3]):
        return tr("the grade is locked in Moodle")
    if student.score is not None and student.score > student.maximum:
        return tr("Moodle refuses a grade above the maximum")
    return ""


def _grade(student: StudentResult, maximum: str) -> str:
    """Return the score scaled to the maximum of the worksheet, with the decimal point or comma of the worksheet."""
    score = student.score or 0.0
    limit = float(maximum.replace(",", "."))
    text = f"{score * limit / student.maximum if student.maximum else 0.0:.2f}"
    return text.replace(".", ",") if "," in maximum else text


def _is_same(grade: str, before: str) -> bool:
    before = before.strip()
    return bool(NUMBER.fullmatch(before)) and float(before.replace(",", ".")) == float(grade.replace(",", "."))


def _feedback_zip(sheet: Sheet, results: ClassResults, rows: Mapping[int, StudentResult]) -> bytes:
    """Return a zip with a folder of feedback for each scored student. The folder's name tells Moodle whose it is."""
    folders = dict[str, StudentResult]()
    for row, student in sorted(rows.items()):
        if student.score is None:
            continue
        # Moodle numbers the folder of a team's submission by the team, so the feedback needs that number, too.
        if f"_{student.id}_assignsubmission_" in student.metadata.filed_as:
            folders[_folder(student.name, student.id)] = student
        else:
            folders[_folder(sheet.cell(row, 1), _participant(sheet, row))] = student
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder, student in folders.items():
            info = zipfile.ZipInfo(str(Path(folder) / "feedback.html"), ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, render_feedback(results, student, "feedback.html").encode())
    return buffer.getvalue()


def _folder(name: str, number: str) -> str:
    """Return the name of a folder with feedback. Moodle reads the number between its first two underscores."""
    plain = " ".join(re.sub(r'[_/\\:*?"<>|]', " ", visible(name)).split()).strip(" .")
    return f"{plain or 'Participant'}_{number}_assignsubmission_file_"
