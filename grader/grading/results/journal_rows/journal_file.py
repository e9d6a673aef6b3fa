"""The SQLite file of a journal: open it, write in transactions, wait for the disk, remove deleted rows, close it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from grader.core.errors import UsageError
from grader.core.files.regular_files import refuse_special_file
from grader.grading.results.journal_rows.foreign_schema import ForeignSchemaError, open_database
from grader.grading.results.journal_rows.journal_error import JournalError, journal_error
from grader.grading.results.journal_rows.row_checksum import Statement

SCHEMA = 8
RELEASE_0_1 = (1, 2)
"""Journal schemas of release 0.1. The grader does not reuse the verdicts of these journals: they hold sentences, and
have other cache keys."""
SYNC_INTERVAL = 5.0
"""Minimum number of seconds between two commits of verdicts that wait for the disk."""


class JournalFile:
    """An open journal file; `version` is the schema that it has, 0 for a new file.

    Raises UsageError if the file cannot be opened, or if another version of the grader wrote it. With `read_only`
    nothing is written, and only the present schema can be read.
    """

    def __init__(self, path: Path, read_only: bool = False) -> None:
        self._path = path
        for ending in ("", "-wal", "-shm", "-journal"):  # the files that SQLite opens
            refuse_special_file(path.with_name(path.name + ending))
        if read_only:
            self._open_read_only()
            return
        with self.report_unusable_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connect(path)
            self.version = self._read_version()
            self.db.execute("PRAGMA journal_mode=WAL")
            self.db.execute("PRAGMA synchronous=NORMAL")  # `write_durably` waits for the disk where it matters

    @contextmanager
    def report_unusable_file(self) -> Iterator[None]:
        """Turn an error of SQLite or the operating system in the `with` block into a UsageError about the file."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise UsageError(
                "{file}: cannot be used as a journal ({error}). If the disk is full, make room on it, then run the "
                "same command again; else move the file away, or choose another --out",
                file=self._path,
                error=error,
            ) from None

    def _connect(self, address: Path | str) -> None:
        try:
            self.db = open_database(address, timeout=30)
        except ForeignSchemaError as error:
            raise UsageError(
                "{file}: not used, because somebody has added SQL to it that would run when it is read ({error}). "
                "Move the file away, then grade again",
                file=self._path,
                error=error,
            ) from None
        self._last_sync = time.monotonic()

    def _open_read_only(self) -> None:
        try:
            # To read a journal, SQLite makes two files next to it, unless the journal is declared immutable. That is
            # allowed if there is no write-ahead log (-wal), because then no process is writing into the journal.
            is_closed = not self._path.with_name(f"{self._path.name}-wal").exists()
            self._connect(f"{self._path.resolve().as_uri()}?mode=ro{'&immutable=1' if is_closed else ''}")
            self.version = self._read_version()
        except sqlite3.Error as error:
            raise UsageError("{file}: cannot be read ({error})", file=self._path, error=error) from None
        if self.version != SCHEMA:
            raise UsageError(
                "{file}: has no verdicts that this version can use. Grade again into this folder", file=self._path
            )

    def _read_version(self) -> int:
        """Return the schema version. Raises UsageError if it is unknown, before anything is written to the file."""
        (version,) = self.db.execute("PRAGMA user_version").fetchone()
        tables = self.db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if version not in (0, *RELEASE_0_1, SCHEMA) or (version == 0 and tables):
            raise UsageError(
                "{file}: written by another version of the grader (schema {version}; this version uses {known}). "
                "Grade into a new folder with --out, or use that version",
                file=self._path,
                version=version,
                known=SCHEMA,
            )
        return int(version)

    def has_table(self, name: str) -> bool:
        """Return whether the file has a table of this name; early schemas have fewer."""
        return self.db.execute("SELECT 1 FROM sqlite_master WHERE name=?", (name,)).fetchone() is not None

    def write(self, statements: Sequence[Statement]) -> None:
        """Execute SQL statements with their values in one transaction. Raises JournalError."""
        try:
            with self.db:
                self.db.execute("BEGIN IMMEDIATE")
                for statement, values in statements:
                    self.db.execute(statement, values)
        except sqlite3.Error as error:
            raise JournalError(
                "{file}: cannot be written ({error}). All stored verdicts are safe. "
                "Make room on the disk, then run the same command again",
                file=self._path,
                error=error,
            ) from None

    def write_durably(self, statements: Sequence[Statement]) -> None:
        """Execute statements, and wait until their effect and everything written before is on the disk."""
        self.db.execute("PRAGMA synchronous=FULL")
        try:
            self.write(statements)
            self._last_sync = time.monotonic()
        finally:
            self.db.execute("PRAGMA synchronous=NORMAL")

    def write_verdicts(self, statements: Sequence[Statement]) -> None:
        """Execute statements; wait for the disk if the last wait was at least SYNC_INTERVAL seconds ago."""
        is_due = time.monotonic() - self._last_sync >= SYNC_INTERVAL
        (self.write_durably if is_due else self.write)(statements)

    def clean(self) -> None:
        """Remove deleted rows from the free pages of the file and from its log.

        Raises JournalError, also if another process has the file open.
        """
        try:
            self.db.execute("VACUUM")  # deleted rows stay in free pages until VACUUM rewrites the file
            (busy, *_) = self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as error:
            busy, reason = 1, str(error)
        else:
            reason = "in use"
        if busy:
            raise JournalError(
                "{file}: cannot be cleaned ({reason}). Wait until no run uses it, then start the same command again",
                file=self._path,
                reason=reason,
            )

    def close(self, error: BaseException | None = None) -> None:
        """Close the file. Raises JournalError if `error`, which ended the use of the file, is an error of SQLite."""
        self.db.close()
        if isinstance(error, sqlite3.Error):
            raise journal_error(error, self._path) from None
