"""Change the rows and the schema of a journal, with correct checksums, as a hostile person with the file can do."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from random import Random

from grader.grading.results.journal_rows.row_checksum import register, row_checksum
from grader.grading.results.run_file import JOURNAL_FILE
from tests.fuzz.mutation import changed_value, mutated
from tests.fuzz.targets.scratch import empty_folder

LONG = "9" * 5000
VALUES = ("", "\0", "text", b"", b"\xff\xfe", b"[]", b"{}", b"null", 0, -1, 2**63 - 1, 1.5, float("inf"), None, LONG)
WORDS = (b"null", b"[]", b"{}", b'"x"', b"\\u0000")
ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c"
SCHEMA_CHANGES = (
    "CREATE TRIGGER a AFTER {event} ON {table} BEGIN INSERT INTO canary VALUES (1); END",
    "CREATE TRIGGER b BEFORE {event} ON {table} BEGIN SELECT raise(ABORT, 'no'); END",
    "ALTER TABLE {table} RENAME TO real; CREATE VIEW {table} AS SELECT * FROM real;"
    " CREATE TRIGGER v INSTEAD OF INSERT ON {table} BEGIN INSERT INTO canary VALUES (1); END",
    f"DROP TABLE {{table}}; CREATE VIEW {{table}} AS {ENDLESS}",
    "DROP TABLE {table}; CREATE VIRTUAL TABLE {table} USING fts5({columns})",
    "ALTER TABLE {table} DROP COLUMN {column}",
    "ALTER TABLE {table} ADD COLUMN extra AS (hex({column}))",
    "ALTER TABLE {table} ADD COLUMN more DEFAULT 1",
    "DROP TABLE {table}",
    "CREATE UNIQUE INDEX i ON {table} ({column})",
    "CREATE INDEX e ON {table} (abs(1))",
    *(f"PRAGMA user_version={version}" for version in (-1, 0, 1, 2, 6, 7, 8, 99)),
    "INSERT INTO runs (run, plan, finished, keys) VALUES ('other', 'plan', 0, '{{}}')",
)
"""SQL that a hostile person could add. If a trigger ran, it would write into the table `canary`."""


def changed_journal(random: Random, data: bytes, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """Return a journal with changed cells, or with a changed schema. Most changed rows have correct checksums."""
    path = empty_folder("made") / JOURNAL_FILE
    path.write_bytes(data)
    errors = (sqlite3.Error, OverflowError, UnicodeError, IndexError)  # IndexError: all tables were dropped
    with suppress(*errors), closing(sqlite3.connect(path)) as db:
        register(db)
        db.execute("CREATE TABLE IF NOT EXISTS canary (x)")
        for _ in range(random.choice((1, 1, 2, 4))):
            with suppress(*errors):
                random.choice((change_cell, change_cell, change_cell, change_schema))(random, db)
        db.execute("DELETE FROM canary")  # the changes above may have run the new triggers
        db.commit()
        db.execute("PRAGMA journal_mode=DELETE")
    return path.read_bytes()


def _tables(db: sqlite3.Connection) -> list[str]:
    found = db.execute("SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite%' ORDER BY name")
    return [name for (name,) in found if name != "canary"]


def _columns(db: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in db.execute(f'PRAGMA table_info("{table}")')]


def change_schema(random: Random, db: sqlite3.Connection) -> None:
    """Add a trigger, a view, a computed column or an index, or remove a table or a column."""
    table = random.choice(_tables(db))
    columns = _columns(db, table)
    facts = {"table": f'"{table}"', "event": random.choice(("INSERT", "UPDATE", "DELETE"))}
    facts |= {"column": f'"{random.choice(columns)}"', "columns": ", ".join(f'"{column}"' for column in columns)}
    db.executescript(random.choice(SCHEMA_CHANGES).format_map(facts))


def change_cell(random: Random, db: sqlite3.Connection) -> None:
    """Change one cell of a row, or add a changed copy of the row."""
    table = random.choice(_tables(db))
    columns = _columns(db, table)
    listed = ", ".join(f'"{column}"' for column in columns)  # without computed columns, which table_info leaves out
    rows = db.execute(f'SELECT {listed} FROM "{table}" ORDER BY 1, 2').fetchall()
    if not rows:
        return
    row = dict(zip(columns, random.choice(rows), strict=True))
    column = random.choice(columns)
    new = row | {column: _other_value(random, row[column])}
    if "checksum" in new and random.random() < 0.9:
        new["checksum"] = row_checksum(table, *(value for name, value in new.items() if name != "checksum"))
    condition = " AND ".join(f'"{name}" IS ?' for name in columns)
    if random.random() < 0.8:
        db.execute(f'DELETE FROM "{table}" WHERE {condition}', [*row.values()])
    db.execute(f'INSERT OR REPLACE INTO "{table}" ({listed}) VALUES ({", ".join("?" * len(columns))})', [*new.values()])


def _other_value(random: Random, value: object) -> object:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    if isinstance(text, str) and random.random() < 0.7:
        with suppress(ValueError, UnicodeError):
            changed = json.dumps(changed_value(random, json.loads(text), WORDS))
            return changed.encode() if isinstance(value, bytes) else changed
    if isinstance(value, bytes) and random.random() < 0.5:
        return mutated(random, value, [value], WORDS)
    return random.choice(VALUES)
