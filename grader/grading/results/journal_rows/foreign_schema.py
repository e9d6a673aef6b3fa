"""Refuse a journal whose schema contains SQL of another person, because SQLite would run it.

Theory of operation
    The grader makes plain tables: columns with a type, and a primary key. A journal file may come from another person.
    SQLite runs the SQL in its schema: a trigger when a row is written, a view, an index or a computed column when it is
    used. So `open_database` looks at the schema before anything else is read, and accepts plain tables only.
"""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

from grader.grading.results.journal_rows.row_checksum import register

_NAME = r'(?:"[^"]+"|\w+)'
_COLUMN = rf"{_NAME}(?: (?:TEXT|BLOB|INTEGER|REAL))?(?: NOT NULL)?(?: PRIMARY KEY)?"
_KEY = rf", ?PRIMARY KEY ?\({_NAME}(?:, ?{_NAME})*\)"
PLAIN_TABLE = re.compile(rf"CREATE TABLE {_NAME} ?\({_COLUMN}(?:, ?{_COLUMN})*(?:{_KEY})?\)(?: WITHOUT ROWID)?")
"""A statement that makes a table without constraints, defaults or computed columns."""


class ForeignSchemaError(sqlite3.DatabaseError):
    """The schema of the file contains something that the grader does not make, such as a trigger."""


def open_database(address: Path | str, timeout: float) -> sqlite3.Connection:
    """Open a journal; an `address` of type str is a URI.

    Raises sqlite3.Error, also if the schema contains anything but plain tables.
    """
    db = sqlite3.connect(address, uri=isinstance(address, str), isolation_level=None, timeout=timeout)
    try:
        db.execute("PRAGMA trusted_schema=OFF")
        db.execute("PRAGMA cell_size_check=ON")
        for kind, name, statement in db.execute("SELECT type, name, sql FROM sqlite_master"):
            if not _is_plain(kind, statement):
                raise ForeignSchemaError(f"the grader made no {kind} {str(name)[:50]!a}")
    except UnicodeDecodeError as error:
        db.close()
        raise ForeignSchemaError("the schema is damaged") from error
    except BaseException:
        db.close()
        raise
    register(db)
    return db


def _is_plain(kind: object, statement: object) -> bool:
    """Return whether a part of a schema may be one that the grader makes: a plain table, or the index of its key.

    SQLite itself makes the index of a primary key, without an SQL statement. The grader makes no other index.
    """
    if kind == "index":
        return statement is None
    return kind == "table" and isinstance(statement, str) and PLAIN_TABLE.fullmatch(statement) is not None
