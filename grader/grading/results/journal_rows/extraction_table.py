"""The journal's tables of extracted archives, so that a later run does not open an archive again.

Theory of operation
    extractions  one row per archive: the stream that the sandbox wrote about it (`extraction.archive_stream`), under a
                 hash of the archive's bytes, the job's limits and the versions of libarchive and its parts
    archives     which student handed in which archive; an archive of two students has one stream
    A stream is parsed again, as strictly as when it came from the sandbox, each time it is read.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeAlias

import msgspec

from grader.core.hashing import digest
from grader.execution.extraction.archive_jobs import ArchiveJob
from grader.execution.extraction.archive_stream import (
    BadStreamError,
    Extraction,
    max_stream_bytes,
    parse_stream,
)
from grader.grading.results.journal_rows.row_checksum import CheckedTable, text_values

WriteStatements: TypeAlias = Callable[[Sequence[tuple[str, tuple[object, ...]]]], None]
"""Runs statements in one transaction. Raises JournalError."""

FORMAT = 1
"""Version of what the journal keeps of an archive; another number makes it open all archives again."""

TABLES = (
    "CREATE TABLE IF NOT EXISTS extractions (key TEXT PRIMARY KEY, stream BLOB, checksum BLOB)",
    "CREATE TABLE IF NOT EXISTS archives (student TEXT, key TEXT, PRIMARY KEY (student, key)) WITHOUT ROWID",
)

EXTRACTIONS = CheckedTable("extractions", ("key", "stream"))


class ExtractionTable:
    """The tables `extractions` and `archives` of a journal."""

    def __init__(self, db: sqlite3.Connection, write: WriteStatements) -> None:
        self._db, self._write = db, write

    def prepare(self) -> None:
        """Create the tables, inside the caller's transaction."""
        for table in TABLES:
            self._db.execute(table)

    def find(self, student: str, job: ArchiveJob, version: str) -> Extraction | None:
        """Return what is in an archive if it was opened before, by any student; None if it must be opened."""
        key = _key(job, version)
        found = f"SELECT stream FROM extractions WHERE key=? AND {EXTRACTIONS.intact}"
        row = self._db.execute(found, (key,)).fetchone()
        if row is None:
            return None
        with suppress(zlib.error, TypeError, BadStreamError):  # another program has changed the journal
            stream = zlib.decompressobj().decompress(row[0], max_stream_bytes(job) + 1)
            extraction = parse_stream(stream, job)
            self._write([_link(student, key)])
            return extraction
        return None

    def keep(self, student: str, job: ArchiveJob, version: str, stream: bytes) -> None:
        """Store the stream about an archive of a student. Raises JournalError."""
        key = _key(job, version)
        self._write([(EXTRACTIONS.insert, (key, zlib.compress(stream, 1))), _link(student, key)])

    def students(self) -> set[str]:
        """Return the ids of all students with an archive."""
        if not self._exists():
            return set()
        return text_values(self._db.execute("SELECT DISTINCT student FROM archives"))

    def forget(self, students: Sequence[str]) -> None:
        """Delete the archives of these students, and the streams that no other student shares."""
        if self._exists():
            self._write([("DELETE FROM archives WHERE student=?", (student,)) for student in students])
            self._write([("DELETE FROM extractions WHERE key NOT IN (SELECT key FROM archives)", ())])

    def _exists(self) -> bool:
        """True if the journal has these tables; a journal of release 0.1 has none until it is upgraded."""
        return self._db.execute("SELECT 1 FROM sqlite_master WHERE name='archives'").fetchone() is not None


def _link(student: str, key: str) -> tuple[str, tuple[object, ...]]:
    return "INSERT OR IGNORE INTO archives VALUES (?, ?)", (student, key)


def _key(job: ArchiveJob, version: str) -> str:
    limits = msgspec.json.encode([FORMAT, job.wanted, job.total, job.is_compressed_file], order="sorted")
    return digest(job.data, limits, version)
