"""Spreadsheets: wide.csv has a row for each student, long.csv one for each check. No cell is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from grader.core.atomic_files import write_atomically
from grader.core.visible_text import escape_cell
from grader.exports.export_data import Exported, Order, Results
from grader.exports.result_tables import check_rows

LONG = (
    *("student", "name", "email", "exercise", "function", "outcome", "score", "max_score", "mistakes"),
    *("check", "claim", "passed", "points", "max_points", "message"),
)
BOM = "\ufeff"
"""Without it Excel takes UTF-8 for something else, and a Chinese name for rubbish."""


def export(results: Results, order: Order) -> Exported:
    """Write wide.csv and long.csv into a folder; or into one file that ends in .csv, the wide one."""
    single = order.into.suffix.lower() == ".csv"
    wide = order.into if single else order.folder() / "wide.csv"
    long = order.into.with_name(f"{order.into.stem}-long.csv") if single else order.folder() / "long.csv"
    write_atomically(wide, _csv(_wide(results)))
    write_atomically(long, _csv(_long(results)))
    return Exported([wide, long])


def _wide(results: Results) -> Iterator[list[object]]:
    yield ["student", "name", "email", "score", "max_score", "status", *results.functions]
    for student in results.students:
        scores = {record.function: student.score_of(record) for record in student.records}
        yield [
            *(student.id, student.name, student.email, student.score, student.maximum, student.human or "ok"),
            *(scores.get(function) for function in results.functions),
        ]


def _long(results: Results) -> Iterator[list[object]]:
    yield [*LONG]
    for row in check_rows(results):
        row["mistakes"] = " ".join(row["mistakes"])
        yield [row[name] for name in LONG]


def _csv(rows: Iterable[list[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([[_cell(value) for value in row] for row in rows])
    return (BOM + text.getvalue()).encode()


def _cell(value: object) -> str:
    """Numbers as numbers, nothing where there is none, text escaped."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float():
            return f"{value:.2f}"
        case _:
            return escape_cell(str(value))
