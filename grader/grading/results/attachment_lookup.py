"""Find the attachments of a record in a journal of any version, without changing the journal."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import msgspec

from grader.execution.guest.recorded_call import CheckDisplay
from grader.grading.results.journal_rows.journal_file import RELEASE_0_1
from grader.grading.results.journal_rows.row_checksum import register
from grader.grading.results.journal_rows.verdict_table import INTACT_VERDICT
from grader.grading.verdicts.entry import NO_ATTACHMENTS, Attachments
from grader.grading.verdicts.pictures import Picture
from grader.grading.verdicts.record import FunctionRecord


class _CheckResult(msgspec.Struct):
    name: str
    passed: bool


class _EntryFacts(msgspec.Struct):
    """The facts that identify a record, in an entry of this version or of release 0.1."""

    checks: list[_CheckResult]
    source: str = ""
    seconds: float = 0.0


PICTURES_DECODER = msgspec.json.Decoder(dict[str, Picture])
DISPLAYS_DECODER = msgspec.json.Decoder(dict[str, CheckDisplay])
FACTS_DECODER = msgspec.json.Decoder(_EntryFacts)


def load_attachments(journal: Path, records: Iterable[FunctionRecord]) -> dict[str, Attachments]:
    """Return the attachments of a student's functions by function, from a journal of any version.

    The journal is not changed. A student may have been graded several times, so a record is identified by its file, its
    seconds and the results of its checks. A record that matches no row gets the attachments of the latest one.
    """
    try:
        with closing(sqlite3.connect(f"{journal.resolve().as_uri()}?mode=ro", uri=True, timeout=10)) as db:
            register(db)
            (version,) = db.execute("PRAGMA user_version").fetchone()
            old = version in RELEASE_0_1
            columns = "NULL, record, '', 0, TRUE" if old else f"displays, entry, file, seconds, {INTACT_VERDICT}"
            found = ((record.function, _find_attachments(db, record, columns)) for record in records)
            return {function: attachments for function, attachments in found if attachments != NO_ATTACHMENTS}
    except (sqlite3.Error, zlib.error, ValueError, TypeError):
        return {}


def _find_attachments(db: sqlite3.Connection, record: FunctionRecord, columns: str) -> Attachments:
    rows = db.execute(
        f"SELECT text, pictures, {columns} FROM verdicts LEFT JOIN sources ON hash = source"
        " LEFT JOIN runs ON runs.run = verdicts.run WHERE student=? AND function=? ORDER BY runs.rowid DESC",
        (record.student, record.function),
    ).fetchall()
    rows = [row[:-1] for row in rows if row[-1]]  # a damaged row has no attachments
    wanted = record.source, record.seconds, [(check.name, check.passed) for check in record.checks]
    row = next((row for row in rows if _identify_entry(*row[3:]) == wanted), rows[0] if rows else None)
    if row is None:
        return NO_ATTACHMENTS
    text = zlib.decompress(row[0]).decode() if row[0] else ""
    return decode_attachments(text, row[1], row[2])


def decode_attachments(source: str, pictures: bytes | None, displays: bytes | None) -> Attachments:
    """Decode the attachments from three columns of a verdict's row. Raises msgspec.DecodeError."""
    return Attachments(
        source,
        PICTURES_DECODER.decode(pictures) if pictures else {},
        DISPLAYS_DECODER.decode(displays) if displays else {},
    )


def _identify_entry(entry: bytes, file: str, seconds: float) -> tuple[str, float, list[tuple[str, bool]]]:
    """Return the file, seconds and results of checks, which identify an entry; release 0.1 kept all in the entry."""
    facts = FACTS_DECODER.decode(entry)
    checks = [(check.name, check.passed) for check in facts.checks]
    return file or facts.source, seconds or facts.seconds, checks
