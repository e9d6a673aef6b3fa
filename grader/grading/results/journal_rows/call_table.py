"""The journal's table of calls: the first call of each check, stored once because every answer gets the same call.

Calls are stored under a key of `cache_key.exercise_keys`, because another seed or experiment makes another call. If a
row is damaged (`results.journal_rows.row_checksum`), the next run stores the calls of all its functions again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import suppress

import msgspec

from grader.core.errors import DAMAGED
from grader.execution.guest.call_recording.recorded_call import RecordedCall
from grader.grading.results.journal_rows.row_checksum import CheckedTable, WriteStatements

CALLS_TABLE = (
    'CREATE TABLE IF NOT EXISTS calls (key TEXT, "check" TEXT, call BLOB, checksum BLOB, PRIMARY KEY (key, "check"))'
    " WITHOUT ROWID"
)
CALLS = CheckedTable("calls", ("key", "check", "call"))


class CallTable:
    """The table `calls` of a journal."""

    def __init__(self, db: sqlite3.Connection, write: WriteStatements) -> None:
        self._db, self._write = db, write
        self._stored: set[str] = set()  # functions whose calls are stored, as this run has seen
        self._was_damaged = False

    def prepare(self) -> None:
        """Create the table, inside the caller's transaction."""
        self._db.execute(CALLS_TABLE)

    def keep(self, function: str, key: str, calls: Callable[[], Mapping[str, RecordedCall]]) -> None:
        """Store the calls of a function under its key, unless they are stored. Raises JournalError."""
        if function in self._stored:
            return
        self._stored.add(function)
        stored = 'SELECT 1 FROM calls WHERE key=? AND "check" GLOB ? LIMIT 1'
        if not self._was_damaged and self._db.execute(stored, (key, f"{function}::*")).fetchone():
            return
        self._write([(CALLS.insert, (key, check, msgspec.json.encode(call))) for check, call in calls().items()])

    def remove_damaged(self) -> bool:
        """Delete the damaged rows, and return whether there were any. A damaged row may belong to any function."""
        if self._db.execute(f"SELECT 1 FROM calls WHERE NOT {CALLS.intact} LIMIT 1").fetchone() is None:
            return False
        self._write([(f"DELETE FROM calls WHERE NOT {CALLS.intact}", ())])
        self._was_damaged = True
        return True

    def lookup(self, keys: Mapping[str, str]) -> Callable[[str], RecordedCall | None]:
        """Return a function that finds the call of a check; `keys` holds the key of each function."""
        return self._read(keys).get

    def undamaged(self, keys: Mapping[str, str]) -> dict[str, RecordedCall]:
        """Return the stored calls under these keys, by check id; empty if this run found damaged calls."""
        return {} if self._was_damaged else self._read(keys)

    def _read(self, keys: Mapping[str, str]) -> dict[str, RecordedCall]:
        found: dict[str, RecordedCall] = {}
        for key in set(keys.values()):
            found |= read_calls(self._db, key)
        return found


def read_calls(db: sqlite3.Connection, key: str) -> dict[str, RecordedCall]:
    """Return the undamaged calls that are stored under the key of a function, by check."""
    found = {}
    for check, data in db.execute(f'SELECT "check", call FROM calls WHERE key=? AND {CALLS.intact}', (key,)):
        with suppress(*DAMAGED, TypeError):
            found[check] = msgspec.json.decode(data, type=RecordedCall)
    return found
