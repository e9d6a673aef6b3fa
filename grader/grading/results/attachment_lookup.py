"""Find the attachments of a record in a journal of any version, without changing the journal."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from grader.core.errors import DAMAGED
from grader.execution.guest.call_recording.recorded_call import CheckDisplay
from grader.grading.results.journal_rows.foreign_schema import open_database
from grader.grading.results.journal_rows.journal_file import RELEASE_0_1
from grader.grading.results.journal_rows.text_table import MAX_TEXT_BYTES, TextDamagedError, TextTable
from grader.grading.results.journal_rows.verdict_table import VERDICTS
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

    The journal is not changed. A student may have been graded several times. So the row of a record is found by its
    file, its seconds and the results of its checks. If no row matches the record, the record gets the attachments of
    the student's latest row for this function.
    """
    try:
        with closing(open_database(f"{journal.resolve().as_uri()}?mode=ro", timeout=10)) as db:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            rows = _rows_of_release_0_1 if version in RELEASE_0_1 else _rows
            found = ((record.function, _choose(record, rows(db, record))) for record in records)
            return {function: attachments for function, attachments in found if attachments != NO_ATTACHMENTS}
    except (sqlite3.Error, zlib.error, *DAMAGED, TypeError):
        return {}


class _Row(NamedTuple):
    """The row of a verdict, with its texts in place of their hashes."""

    source: bytes | None
    pictures: bytes | None
    displays: bytes | None
    entry: bytes
    file: str
    seconds: float


def _rows(db: sqlite3.Connection, record: FunctionRecord) -> list[_Row]:
    """Return the undamaged rows of a function of a student, the latest first."""
    texts = TextTable(db)
    found = db.execute(
        "SELECT file, seconds, source, pictures, displays, entry FROM verdicts"
        " LEFT JOIN runs ON runs.run = verdicts.run"
        f" WHERE student=? AND function=? AND {VERDICTS.intact} ORDER BY runs.rowid DESC",
        (record.student, record.function),
    ).fetchall()
    rows = []
    for file, seconds, *names in found:
        with suppress(TextDamagedError):
            source, pictures, displays, entry = (texts.read(name) if name else None for name in names)
            rows.append(_Row(source, pictures, displays, entry or b"", file, seconds))
    return rows


def _rows_of_release_0_1(db: sqlite3.Connection, record: FunctionRecord) -> list[_Row]:
    found = db.execute(
        "SELECT text, pictures, NULL, record, '', 0 FROM verdicts LEFT JOIN sources ON hash = source"
        " LEFT JOIN runs ON runs.run = verdicts.run WHERE student=? AND function=? ORDER BY runs.rowid DESC",
        (record.student, record.function),
    ).fetchall()
    return [_Row(_decompress(text) if text else None, *others) for text, *others in found]


def _decompress(text: bytes) -> bytes:
    """Return the first MAX_TEXT_BYTES bytes of a text. Raises zlib.error or TypeError."""
    return zlib.decompressobj().decompress(text, MAX_TEXT_BYTES)


def _choose(record: FunctionRecord, rows: Sequence[_Row]) -> Attachments:
    """Return the attachments of the row that matches a record; of the first row if no row matches."""
    wanted = record.source, record.seconds, [(check.name, check.passed) for check in record.checks]
    row = next((row for row in rows if _identify_entry(row.entry, row.file, row.seconds) == wanted), None)
    row = row or (rows[0] if rows else None)
    return decode_attachments(row.source, row.pictures, row.displays) if row else NO_ATTACHMENTS


def decode_attachments(source: bytes | None, pictures: bytes | None, displays: bytes | None) -> Attachments:
    """Decode the attachments of a verdict. Raises msgspec.DecodeError or UnicodeError."""
    return Attachments(
        source.decode("utf-8") if source else "",
        PICTURES_DECODER.decode(pictures) if pictures else {},
        DISPLAYS_DECODER.decode(displays) if displays else {},
    )


def _identify_entry(entry: bytes, file: str, seconds: float) -> tuple[str, float, list[tuple[str, bool]]]:
    """Return file, seconds and results of checks, which identify an entry.

    Release 0.1 stored the file and the seconds in the entry itself.
    """
    facts = FACTS_DECODER.decode(entry)
    checks = [(check.name, check.passed) for check in facts.checks]
    return file or facts.source, seconds or facts.seconds, checks
