"""Look up what an earlier run kept beside its records, without touching the journal."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import msgspec

from grader.grading.runs.journal import NOTHING, PICTURES, Beside
from grader.grading.verdicts.record import FunctionRecord


def kept_beside(journal: Path, records: Iterable[FunctionRecord]) -> dict[str, Beside]:
    """The text and the pictures of a student's functions, by function; empty where the journal has none.

    Found by the record itself, since the same student may have been judged several times; what a policy or a person
    has changed afterwards is found by the function, as it was judged last.
    """
    try:
        with closing(sqlite3.connect(f"{journal.resolve().as_uri()}?mode=ro", uri=True, timeout=10)) as db:
            return {record.function: found for record in records if (found := _one(db, record)) != NOTHING}
    except (sqlite3.Error, zlib.error, UnicodeError, msgspec.DecodeError):
        return {}


def _one(db: sqlite3.Connection, record: FunctionRecord) -> Beside:
    rows = db.execute(
        "SELECT record, text, pictures FROM verdicts LEFT JOIN sources ON hash = source"
        " LEFT JOIN runs ON runs.run = verdicts.run WHERE student=? AND function=? ORDER BY runs.rowid DESC",
        (record.student, record.function),
    ).fetchall()
    same = msgspec.json.encode(record)
    row = next((found for found in rows if found[0] == same), rows[0] if rows else None)
    if row is None:
        return NOTHING
    text = zlib.decompress(row[1]).decode() if row[1] else ""
    return Beside(text, PICTURES.decode(row[2]) if row[2] else {})
