"""CSV for spreadsheets: wide.csv has one row per student, long.csv has one row per check. No cell is read as a formula.

If a spreadsheet program would change the id of a student, or if ids look alike, a last column holds a hash of each id.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from grader.core.visible_text import escape_cell, unescape_cell
from grader.exports.export_data import ClassResults, ExportOptions, ExportSummary
from grader.exports.result_tables import check_rows
from grader.submissions.students.look_alikes import ID_HASH, id_hash

LONG = (
    *("student", "name", "email", "exercise", "function", "outcome", "score", "max_score", "mistakes"),
    *("check", "claim", "passed", "points", "max_points", "message"),
)
BOM = "\ufeff"
"""Byte order mark. Without it Excel does not read the file as UTF-8, and garbles Chinese names."""


def export(results: ClassResults, options: ExportOptions) -> ExportSummary:
    """Write wide.csv and long.csv into the folder `into`; if `into` is x.csv, write x.csv and x-long.csv."""
    single = options.into.suffix.lower() == ".csv"
    wide = options.into if single else options.output_folder() / "wide.csv"
    long = options.into.with_name(f"{options.into.stem}-long.csv") if single else options.output_folder() / "long.csv"
    options.write(wide, _csv(_wide(results)))
    options.write(long, _csv(_long(results)))
    return ExportSummary([wide, long])


def read_scores(path: Path, data: bytes) -> dict[str, str]:
    """Return the total of each student, by id, in a wide.csv that `export` wrote; empty for a long.csv."""
    rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    if "status" not in (rows.fieldnames or ()):
        return {}
    return {unescape_cell(row["student"]): row["score"] or "" for row in rows}


def _wide(results: ClassResults) -> Iterator[list[object]]:
    hash_columns = [ID_HASH] * bool(results.ids_with_hash)
    yield ["student", "name", "email", "score", "max_score", "status", *results.functions, *hash_columns]
    for student in results.students:
        scores = {record.function: student.function_score(record) for record in student.records}
        yield [
            *(student.id, student.name, student.email, student.score, student.maximum, student.final.status),
            *(scores.get(function) for function in results.functions),
            *(id_hash(student.id) for _ in hash_columns),
        ]


def _long(results: ClassResults) -> Iterator[list[object]]:
    columns = [*LONG, *[ID_HASH] * bool(results.ids_with_hash)]
    yield [*columns]
    for row in check_rows(results):
        row |= {"mistakes": " ".join(row["mistakes"]), ID_HASH: id_hash(row["student"])}
        yield [row[name] for name in columns]


def _csv(rows: Iterable[list[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([[_cell(value) for value in row] for row in rows])
    return (BOM + text.getvalue()).encode()


def _cell(value: object) -> str:
    """Return the text of a cell: two decimals for floats, empty for None. No program reads the text as a formula."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float():
            return f"{value:.2f}"
        case _:
            return escape_cell(str(value))
