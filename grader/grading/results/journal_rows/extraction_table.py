"""The journal's tables of opened archives, so that a later run does not open an archive again.

Theory of operation
    extractions  one row per archive: the stream in which the sandbox describes its content
                 (`extraction.archive_stream`), under a hash of the archive's bytes, the limits of the job and the
                 versions of libarchive and its parts
    slow         one row per archive that exceeded its time limit: the number of tries, and the limit of the last try in
                 seconds. After two tries the archive is not opened again, unless a run has a longer time limit
    archives     which student handed in which archive. An archive that two students handed in has only one row in the
                 other tables
    Each time a stream is read from the journal, it is parsed as strictly as when it came from the sandbox.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from grader.core.hashing import digest
from grader.execution.extraction.archive_jobs import ArchiveJob
from grader.execution.extraction.archive_stream import (
    BadStreamError,
    Extraction,
    max_stream_bytes,
    parse_stream,
)
from grader.grading.results.journal_rows.row_checksum import CheckedTable, Statement, WriteStatements, text_values

FORMAT = 1
"""Version of the streams that the journal stores about archives. If this version changes, all archives are opened
again."""

TABLES = (
    "CREATE TABLE IF NOT EXISTS extractions (key TEXT PRIMARY KEY, stream BLOB, checksum BLOB)",
    "CREATE TABLE IF NOT EXISTS slow (key TEXT PRIMARY KEY, tries INTEGER, seconds REAL, checksum BLOB)",
    "CREATE TABLE IF NOT EXISTS archives (student TEXT, key TEXT, PRIMARY KEY (student, key)) WITHOUT ROWID",
)

EXTRACTIONS = CheckedTable("extractions", ("key", "stream"))
SLOW = CheckedTable("slow", ("key", "tries", "seconds"))

TRIES = 2
"""Number of tries to open an archive within its time limit before the grader gives up: a single one may be chance."""

MORE_TIME = 1.25
"""A slow archive is opened again if its time limit is more than this many times longer than before.

The limit of an archive varies a little from run to run, because it is the time that the student's other archives have
not used."""


class ExtractionTable:
    """The tables `extractions`, `slow` and `archives` of a journal."""

    def __init__(self, db: sqlite3.Connection, write: WriteStatements) -> None:
        self._db, self._write = db, write

    def prepare(self) -> None:
        """Create the tables, inside the caller's transaction."""
        for table in TABLES:
            self._db.execute(table)

    def find(self, student: str, job: ArchiveJob, version: str) -> Extraction | None:
        """Return the content of an archive if it was opened before, for any student; None if it must be opened."""
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
        """Store the stream that describes an archive of a student. Raises JournalError."""
        key = _key(job, version)
        self._write([(EXTRACTIONS.insert, (key, zlib.compress(stream, 1))), _link(student, key)])

    def is_slow(self, student: str, job: ArchiveJob, version: str, seconds: float) -> bool:
        """Return whether two tries to open an archive exceeded the time limit, and `seconds` is not a longer limit."""
        key = _key(job, version)
        found = self._db.execute(f"SELECT tries, seconds FROM slow WHERE key=? AND {SLOW.intact}", (key,)).fetchone()
        if found is None or found[0] < TRIES or seconds > found[1] * MORE_TIME:
            return False
        self._write([_link(student, key)])
        return True

    def add_slow_try(self, student: str, job: ArchiveJob, version: str, seconds: float) -> None:
        """Count a try in which an archive exceeded the time limit of these seconds. Raises JournalError."""
        key = _key(job, version)
        found = self._db.execute(f"SELECT tries FROM slow WHERE key=? AND {SLOW.intact}", (key,)).fetchone()
        self._write([(SLOW.insert, (key, (found[0] if found else 0) + 1, seconds)), _link(student, key)])

    def forget_slow(self) -> None:
        """Forget which archives exceeded their time limit, so that they are opened again. Raises JournalError."""
        self._write([("DELETE FROM slow", ())])

    def students(self) -> set[str]:
        """Return the ids of all students with an archive."""
        if not self._exists():
            return set()
        return text_values(self._db.execute("SELECT DISTINCT student FROM archives"))

    def forget(self, students: Sequence[str]) -> None:
        """Delete the archives of these students, and the streams that no other student shares."""
        if self._exists():
            self._write([("DELETE FROM archives WHERE student=?", (student,)) for student in students])
            unlinked = "WHERE key NOT IN (SELECT key FROM archives)"
            self._write([(f"DELETE FROM {table} {unlinked}", ()) for table in ("extractions", "slow")])

    def _exists(self) -> bool:
        """True if the journal has these tables; a journal of release 0.1 has none until it is upgraded."""
        return self._db.execute("SELECT 1 FROM sqlite_master WHERE name='archives'").fetchone() is not None


def _link(student: str, key: str) -> Statement:
    return "INSERT OR IGNORE INTO archives VALUES (?, ?)", (student, key)


def _key(job: ArchiveJob, version: str) -> str:
    limits = msgspec.json.encode([FORMAT, job.wanted, job.total, job.is_compressed_file], order="sorted")
    return digest(job.data, limits, version)
