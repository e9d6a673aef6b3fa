"""Read a roster: a Canvas gradebook, a Moodle grading worksheet, a Gradescope or GitHub roster, or a plain list.

Columns are found by their headings, in English and Chinese. Moodle translates the headings of its worksheet into many
languages, so the columns of a worksheet are found by their cells. The first column contains identifiers: the same word
in each row, followed by a number. The second column contains names. A cell with an @ is an address.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from pathlib import Path

from grader.core.errors import UsageError
from grader.core.visible_text import normalize
from grader.submissions.csv_encodings import decode_file
from grader.submissions.roster_matching import RosterStudent
from grader.submissions.timestamps import parse_timestamp

MAX_ROSTER = 64 << 20
"""Maximum size of a roster, in bytes."""

IDS = (
    *("identifier", "roster identifier", "id", "student id", "studentid", "sid", "学号", "学生学号", "student number"),
    *("sis user id", "student", "学生", "编号", "标识符", "id number", "matrikelnummer", "user id", "userid"),
    *("sis login id", "integration id", "login", "login id", "username", "user name", "用户名", "账号"),
    *("github username", "github", "github login", "github id", "submission id"),
)
"""Headings of columns with ids. The first one that the roster has is the student's `id`; the others are `ids`."""

COLUMNS = {
    "name": ("name", "full name", "fullname", "student name", "display name", "姓名", "全名", "学生姓名", "名字姓氏"),
    "first": ("first name", "firstname", "given name", "名", "名字"),
    "last": ("last name", "lastname", "surname", "family name", "姓", "姓氏"),
    "email": ("email", "e mail", "email address", "mail", "邮箱", "电子邮件", "电子邮件地址", "电子邮箱", "邮箱地址"),
    "group": ("group", "groups", "team", "group name", "小组", "组", "分组", "团队"),
    "role": ("role", "角色"),
    "submitted": ("last modified (submission)", "submission time", "submitted", "submitted at", "提交时间",
                  "最后修改(提交)", "最后修改（提交）", "上次修改时间(提交)"),
}  # fmt: skip
STUDENTS = ("", "student", "students", "learner", "学生")
"""Roles of people who are graded. People in other roles, such as teachers, are left out."""

WORKSHEET = 6
"""Minimum number of columns in a Moodle grading worksheet."""

IDENTIFIER = re.compile(r"(?P<word>[^\W\d](?:[^\d@]*[^\d@\s])?)\s+(?P<id>\d+)")
"""A cell in the first column of a Moodle worksheet: `Participant 12`.

The part for the word does not match a blank at its end: two neighboring parts that both match blanks would take
quadratic time.
"""

ADDRESS = re.compile(r"[^\s@]+@[^\s@.]+\.[^\s@]+")


def read_roster(path: Path, zone: tzinfo | None = None) -> list[RosterStudent]:
    """Return the students of a roster, in its order. Raises UsageError if it cannot be read or contains no students.

    `zone` is the time zone of times that have none; None for the time zone of this computer.
    """
    rows = _rows(path)
    columns = _columns(rows[0], rows[1:])
    if not {"id", "email", "name", "last"} & columns.keys():
        found = ", ".join(cell for cell in rows[0] if cell)[:200]
        raise UsageError(
            "{file}: no column with ids, names or e-mail addresses (found: {found}). "
            "Add a first line such as student,name,email",
            file=path,
            found=found or "-",
        )
    people = [student for row in rows[1:] if (student := _student(row, columns, zone))]
    if not people:
        raise UsageError(
            "{file} holds no students, only the headings {headings}", file=path, headings=", ".join(rows[0])[:200]
        )
    return people


def _rows(path: Path) -> list[list[str]]:
    """Return the rows of the file, headings first. Raises UsageError."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_ROSTER + 1)
    except OSError as error:
        raise UsageError(
            "{file} cannot be read ({error}). Pass the CSV file of the roster", file=path, error=error.strerror or error
        ) from None
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UsageError(
            "{file} is a spreadsheet workbook. Save the workbook as CSV, then pass the CSV file", file=path
        )
    if len(data) > MAX_ROSTER:
        raise UsageError(
            "{file} is larger than {limit} MiB, too large for a roster. Pass the CSV file of the roster",
            file=path,
            limit=MAX_ROSTER >> 20,
        )
    text = decode_file(data)
    try:
        mark, text = _split_separator(text)
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=mark) if any(map(str.strip, row))]
    except csv.Error as error:
        raise UsageError(
            "{file} is not valid CSV ({error}). Save the table as CSV in UTF-8, then pass that file",
            file=path,
            error=error,
        ) from None
    if not rows:
        raise UsageError("{file} is an empty roster. Pass a CSV file with one student per row", file=path)
    return rows


def _split_separator(text: str) -> tuple[str, str]:
    """Return the separator of the cells, and the text of the table.

    A first line `sep=;`, as Excel writes it, declares the separator. Without such a line, the separator is the
    character that splits the first line into most cells.
    """
    first, *rest = text.splitlines(keepends=True) or [""]
    named = re.fullmatch(r"sep=([^\r\n])\s*", first, re.IGNORECASE)
    if named:
        return named[1], "".join(rest)
    return max(",;\t，", key=lambda mark: len(next(csv.reader([first], delimiter=mark), []))), text


def _columns(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, list[int]]:
    """Return the numbers of the columns for "id", "name" and so on: one column for each, but several for "id"."""
    at: dict[str, int] = {}
    for number, heading in enumerate(map(_heading, headings)):
        at.setdefault(heading, number)
    found = {role: [at[word]] for role, words in COLUMNS.items() for word in reversed(words) if word in at}
    if "student" in at and at.keys() & {"id", "sis user id", "sis login id"}:
        found.setdefault("name", [at.pop("student")])  # in a gradebook of Canvas, the column `Student` contains names
    ids = [at[word] for word in IDS if word in at]
    if len(headings) >= WORKSHEET and _is_identifier(rows):
        found["participant"] = [0]
        ids = [0, *(number for number in ids if number != 0)]
        found.setdefault("name", [1])
    if ids:
        found["id"] = ids
    if "email" not in found:
        addresses = [n for n in range(len(headings)) if n not in ids and _are_addresses(rows, n)]
        found |= {"email": addresses[:1]} if addresses else {}
    return found


def _heading(cell: str) -> str:
    cell = normalize("NFKC", cell).casefold()
    return " ".join(re.sub(r"[_\-\"'*:]+", " ", cell).split())


def _cells(rows: Sequence[Sequence[str]], number: int) -> list[str]:
    return [row[number].strip() for row in rows if number < len(row) and row[number].strip()]


def _is_identifier(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether all cells of the first column consist of the same word and different numbers."""
    found = [match for cell in _cells(rows, 0) if (match := IDENTIFIER.fullmatch(cell))]
    return len({m["word"] for m in found}) == 1 and len({m["id"] for m in found}) == len(rows)


def _are_addresses(rows: Sequence[Sequence[str]], number: int) -> bool:
    cells = _cells(rows, number)
    return bool(cells) and all(ADDRESS.fullmatch(cell) for cell in cells)


def _student(row: Sequence[str], columns: dict[str, list[int]], zone: tzinfo | None) -> RosterStudent | None:
    """Return the student of a row; None for an empty row, maximum points, a teacher, or Canvas's test student."""

    def cells(role: str) -> Iterator[str]:
        return (row[n] if n < len(row) else "" for n in columns.get(role, ()))

    def cell(role: str) -> str:
        return " ".join(next(cells(role), "").split())

    if cell("role").casefold() not in STUDENTS:
        return None
    first_id, *other_ids = [_id(known) for known in cells("id")] or [""]
    participant = IDENTIFIER.fullmatch(first_id)
    if participant and "participant" in columns:
        first_id = participant["id"]
    raw_name = next(cells("name"), "")
    is_total = bool(columns.get("id")) and not first_id and raw_name.startswith("  ")  # the row `    Points Possible`
    if is_total or raw_name.strip() == "Student, Test":
        return None
    name = natural_name(cell("name")) or _joined(cell("first"), cell("last"))
    ids = (first_id, *other_ids)
    best_id = next((text for text in (*ids, cell("email"), name) if text), "")
    if not best_id:
        return None
    submitted = parse_timestamp(cell("submitted"), zone, local=zone is None)
    return RosterStudent(best_id, name, cell("email"), cell("group"), tuple(other_ids), submitted)


def _id(cell: str) -> str:
    """Return an id without the changes that spreadsheet programs make: 007 for `="007"`, 12 for `12.0`."""
    cell = re.sub(r'^=?"(.*)"$|^\'', r"\1", cell.strip())
    return re.sub(r"^(\d+)\.0$", r"\1", cell)


def natural_name(name: str) -> str:
    """Return a name in spoken order: Jane Doe for `Doe, Jane`, 王小明 for `王, 小明`."""
    last, comma, first = name.partition(",")
    return _joined(first.strip(), last.strip()) if comma else name


def _joined(first: str, last: str) -> str:
    """Return first and last name in the order of the language: the last name comes first in Chinese."""
    if first and last and not any(unicodedata.east_asian_width(c) not in "WF" for c in first + last):
        return last + first
    return f"{first} {last}".strip()
