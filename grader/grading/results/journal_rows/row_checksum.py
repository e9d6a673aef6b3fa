"""Checksums of journal rows: a row that an accident has changed is found when it is read.

Theory of operation
    Each checked table has a column `checksum`. SQL computes it, by the function `row_checksum` that `register` adds to
    a connection: a hash of the table's name and of the values of all other columns. A query appends `intact` to its
    condition, so it does not find a damaged row, and a verdict that is not found is decided again. Rows are stored with
    `insert` and changed with `update`. A new table needs one `CheckedTable` and nothing else.

    The checksum finds accidents: a flipped bit, a torn block, an editor that changed a cell. It is not a signature:
    anybody who may write the file can also write the checksum.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, TypeVar

import msgspec
from msgspec.json import Decoder

from grader.core.errors import DAMAGED

Value = TypeVar("Value")

CHECKSUM_BYTES = 8
ENCODER = msgspec.msgpack.Encoder()


class RowDamagedError(sqlite3.DatabaseError):
    """A row that a command cannot do without has a wrong checksum."""


def decode_row(decoder: Decoder[Value], text: Any) -> Value:
    """Decode the text of a row that a command cannot do without. Raises RowDamagedError.

    A wrong text may have a right checksum, if another person has written it.
    """
    try:
        return decoder.decode(text)
    except (*DAMAGED, TypeError):
        raise RowDamagedError("a row holds a text that the grader did not write") from None


def text_values(rows: Iterable[tuple[object, ...]]) -> set[str]:
    """Return the texts in rows of one column; SQLite lets another person store bytes or numbers in it, too."""
    return {value for (value,) in rows if isinstance(value, str)}


class CheckedTable:
    """SQL for a table whose column `checksum` covers these columns. `columns` are all other columns of the table."""

    def __init__(self, table: str, columns: Sequence[str]) -> None:
        self._table = table
        self._columns = {column: f'"{table}"."{column}"' for column in columns}
        self.intact = f'"{table}".checksum IS {self._checksum(self._columns)}'
        """A condition that is true for an undamaged row."""
        values = {column: f"?{number}" for number, column in enumerate(columns, 1)}
        names = ", ".join(f'"{column}"' for column in columns)
        self.insert = (
            f'INSERT OR REPLACE INTO "{table}" ({names}, checksum)'
            f" VALUES ({', '.join(values.values())}, {self._checksum(values)})"
        )
        """A statement that stores a row, with the values of all columns in order."""
        self.fill = f'UPDATE "{table}" SET checksum = {self._checksum(self._columns)}'
        """A statement that computes all checksums, for a table of an earlier schema."""

    def update(self, changes: Mapping[str, str], condition: str) -> str:
        """Return a statement that changes columns of the rows with this condition.

        changes: column -> SQL expression; it occurs twice in the statement, so its parameters must have numbers (`?1`).
        A damaged row stays damaged.
        """
        assignments = "".join(f'"{column}" = {expression}, ' for column, expression in changes.items())
        changed = self._checksum({**self._columns, **changes})
        return f'UPDATE "{self._table}" SET {assignments}checksum = CASE WHEN {self.intact} THEN {changed} END ' + (
            f"WHERE {condition}"
        )

    def _checksum(self, values: Mapping[str, str]) -> str:
        return f"row_checksum('{self._table}', {', '.join(values[column] for column in self._columns)})"


def register(connection: sqlite3.Connection) -> None:
    """Add the SQL function `row_checksum` to a connection."""
    connection.create_function("row_checksum", -1, row_checksum, deterministic=True)


def row_checksum(*values: str | bytes | float | None) -> bytes:
    """Return the checksum of the values of a row, 8 bytes.

    MessagePack writes the type and the length of each value, so that no two different rows have the same bytes to hash.
    A whole number counts as the same integer or float, because a REAL column returns 0 as 0.0.
    """
    row = [int(value) if isinstance(value, float) and value.is_integer() else value for value in values]
    return blake2b(ENCODER.encode(row), digest_size=CHECKSUM_BYTES).digest()
