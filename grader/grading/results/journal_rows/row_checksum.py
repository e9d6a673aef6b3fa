"""Checksums of journal rows: they show when an accident has changed a row.

Theory of operation
    Each checked table has a column `checksum`: a hash of the table's name and of the values of all other columns. The
    SQL function `row_checksum` computes it; `register` adds this function to a connection. Rows are stored with
    `insert` and changed with `update`. A query appends `intact` to its condition, so it does not find a damaged row,
    and a verdict that is not found is decided again. A new table needs one `CheckedTable` and nothing else.

    The checksum finds accidents: a flipped bit, a torn block, an editor that changed a cell. The checksum is not a
    signature: anybody who may write the file can also write the checksum.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, TypeAlias, TypeGuard, TypeVar

import msgspec
from msgspec.json import Decoder

from grader.core.errors import DAMAGED

Value = TypeVar("Value")
Statement: TypeAlias = tuple[str, tuple[object, ...]]
"""An SQL statement and its values."""
WriteStatements: TypeAlias = Callable[[Sequence[Statement]], None]
"""Executes SQL statements in one transaction. Raises JournalError."""

CHECKSUM_BYTES = 8
ENCODER = msgspec.msgpack.Encoder()


class RowDamagedError(sqlite3.DatabaseError):
    """A row that a command needs is damaged: its checksum is wrong, or the grader did not write its content."""


def decode_row(decoder: Decoder[Value], text: Any) -> Value:
    """Decode the text of a row that a command needs. Raises RowDamagedError if it cannot be decoded.

    The checksum does not exclude this case: another person may have written a wrong text with its right checksum.
    """
    try:
        return decoder.decode(text)
    except (*DAMAGED, TypeError):
        raise RowDamagedError("a row holds a text that the grader did not write") from None


def text_values(rows: Iterable[tuple[object, ...]]) -> set[str]:
    """Return the texts in rows of one column. Skip bytes and numbers, which SQLite accepts in a text column, too."""
    return {value for (value,) in rows if isinstance(value, str)}


class CheckedTable:
    """SQL statements for a table with a column `checksum`, which covers all other columns: `columns`."""

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
    A float without a fraction has the checksum of the integer with the same value, because a REAL column returns 0 as
    0.0.
    """
    row = [int(value) if _is_small_integer(value) else value for value in values]
    return blake2b(ENCODER.encode(row), digest_size=CHECKSUM_BYTES).digest()


def _is_small_integer(value: object) -> TypeGuard[float]:
    """True for a float that equals an integer of SQLite. A damaged REAL may be larger than these, such as 1e300."""
    return isinstance(value, float) and value.is_integer() and -(2.0**63) <= value < 2.0**63
