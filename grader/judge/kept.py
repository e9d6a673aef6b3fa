"""Look up what an earlier run kept beside its records, without touching the journal."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import msgspec

from grader.judge.journal import NOTHING, PICTURES, Beside
from grader.judge.record import FunctionRecord


def kept_beside(journal: Path, records: Iterable[FunctionRecord]) -> dict[str, Beside]:
    """The text and the pictures of a student's functions, by function; empty where the journal has none.

    Found by the record itself: the same student may have been judged several times.
    """
    try:
        with closing(sqlite3.connect(f"{journal.resolve().as_uri()}?mode=ro", uri=True, timeout=10)) as db:
            return {record.function: found for record in records if (found := _one(db, record)) != NOTHING}
    except (sqlite3.Error, zlib.error, UnicodeError, msgspec.DecodeError):
        return {}


def _one(db: sqlite3.Connection, record: FunctionRecord) -> Beside:
    row = db.execute(
        "SELECT text, pictures FROM verdicts LEFT JOIN sources ON hash = source"
        " WHERE student=? AND function=? AND record=? LIMIT 1",
        (record.student, record.function, msgspec.json.encode(record)),
    ).fetchone()
    if row is None:
        return NOTHING
    text = zlib.decompress(row[0]).decode() if row[0] else ""
    return Beside(text, PICTURES.decode(row[1]) if row[1] else {})
