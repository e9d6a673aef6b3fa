"""Grading journal: one row per verdict, written as it is made. The other files of a run are views of it.

A verdict is found again by the student, the function and the key: a hash of all it depends on. Some verdicts need not
come out the same a second time (a time-out, a crash, a fault of ours): those are kept for the run that made
them, so that it can go on after a kill, and made anew by the next run. No row holds a sentence
(`grader.grading.verdicts.entry`).
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from grader.core.errors import GraderError, UsageError
from grader.core.hashing import digest
from grader.execution.guest.recorded_call import CheckDisplay
from grader.grading.results.call_table import CallTable
from grader.grading.results.run_table import RunTable
from grader.grading.verdicts.entry import NOTHING, Attachments, FunctionEntry, JournalEntry
from grader.grading.verdicts.pictures import Picture
from grader.grading.verdicts.record import FunctionRecord

SCHEMA = 4
RELEASE_0_1 = (1, 2)
"""The schemas of release 0.1. Its verdicts hold sentences, and no later grader finds their keys."""
VERDICTS = (
    "CREATE TABLE IF NOT EXISTS verdicts (student TEXT, function TEXT, key TEXT, entry BLOB, file TEXT, seconds REAL,"
    " run TEXT, reproducible INTEGER, source TEXT, pictures BLOB, displays BLOB, PRIMARY KEY (student, function, key))"
    " WITHOUT ROWID"
)
SOURCES = "CREATE TABLE IF NOT EXISTS sources (hash TEXT PRIMARY KEY, text BLOB)"
NOT_REPRODUCIBLE = ("timed_out", "crashed", "grader_fault")
"""Outcomes that may come out otherwise on another day."""


class JournalError(GraderError):
    """The journal cannot be written: the disk is full, or the folder is not ours."""


class _Checked(msgspec.Struct):
    name: str
    passed: bool


class _Line(msgspec.Struct):
    """Of a verdict, whether of this version or of release 0.1, by what a record is known."""

    checks: list[_Checked]
    source: str = ""
    seconds: float = 0.0


ENTRY, PICTURES = msgspec.json.Decoder(FunctionEntry), msgspec.json.Decoder(dict[str, Picture])
DISPLAYS = msgspec.json.Decoder(dict[str, CheckDisplay])
LINE = msgspec.json.Decoder(_Line)
REMEMBERED = 2048
"""Entries that are decoded once: a few kilobytes each."""


class Journal:
    """journal.sqlite of one results folder. Raises UsageError when another version wrote it.

    One of release 0.1 is upgraded: its verdicts go, and `upgraded` says so. With `upgrade` false it is left as it is,
    and only `students` and `forget` may be used.
    """

    def __init__(self, path: Path, upgrade: bool = True) -> None:
        self._path, self.upgraded = path, False
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, timeout=30)
            self.runs = RunTable(self._db, self._write)
            self.calls = CallTable(self._db, self._write)
            version = self._version()
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")  # whole after a kill at any moment, and fast
            if upgrade or version not in RELEASE_0_1:
                self._prepare(version)
        except (sqlite3.Error, OSError) as error:
            raise UsageError(
                "{file}: no journal that can be used ({error}): move it away, or choose another --out",
                file=path,
                error=error,
            ) from None

    def _version(self) -> int:
        """The schema, looked at before anything is written: a journal of another version is left as it is."""
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        tables = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if version not in (0, *RELEASE_0_1, SCHEMA) or (version == 0 and tables):
            raise UsageError(
                "{file}: written by another version of the grader (schema {version}, this is {known}): "
                "grade into a new folder with --out, or use that version",
                file=self._path,
                version=version,
                known=SCHEMA,
            )
        return int(version)

    def _prepare(self, version: int) -> None:
        self.upgraded = version in RELEASE_0_1
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            if self.upgraded:
                self._db.execute("DROP TABLE verdicts")
                self._db.execute("DROP TABLE IF EXISTS sources")
            for table in (VERDICTS, SOURCES):
                self._db.execute(table)
            self.runs.prepare()
            self.calls.prepare()
            self._db.execute(f"PRAGMA user_version={SCHEMA}")

    def begin(self, plan: str, fresh: bool = False) -> bool:
        """Start a run, or resume the last one when it had the same plan and did not finish: then True.

        With `fresh` the journal finds only verdicts of this run.
        """
        self._fresh = fresh
        return self.runs.begin(plan)

    def find(self, student: str, keys: Mapping[str, str]) -> dict[str, JournalEntry]:
        """What is known of a student's functions under these keys (function -> key).

        What cannot be read, since somebody else has written into the journal, is not known: it is judged again.
        """
        ours = ("AND (run=? OR (? AND reproducible))", self.runs.current, not self._fresh)
        return self._readable(self._rows("entry, file, seconds", student, keys, *ours))

    def entries(self, student: str, keys: Mapping[str, str]) -> dict[str, JournalEntry]:
        """What was found or kept under these keys in this run. Raises JournalError when it is no longer there."""
        found = self._readable(self._rows("entry, file, seconds", student, keys))
        if len(found) < len(keys):
            raise JournalError(
                "{file}: verdicts on {student} are no longer in it: another program has changed it. "
                "Start the same command again",
                file=self._path,
                student=student,
            )
        return found

    @staticmethod
    def _readable(rows: Iterable[tuple[Any, ...]]) -> dict[str, JournalEntry]:
        found = {}
        for function, entry, file, seconds in rows:
            with suppress(msgspec.DecodeError, ValueError, TypeError):
                found[function] = JournalEntry(_decoded(entry), str(file), float(seconds))
        return found

    def _rows(
        self, columns: str, student: str, keys: Mapping[str, str], more: str = "", *values: object
    ) -> Iterator[tuple[Any, ...]]:
        """The function and some columns of a student's verdicts: one query, however many functions there are."""
        wanted = list(dict.fromkeys(keys.values()))
        marks = ",".join("?" * len(wanted))
        found = self._db.execute(
            f"SELECT function, key, {columns} FROM verdicts WHERE student=? AND key IN ({marks}) {more}",
            (student, *wanted, *values),
        )
        return ((function, *rest) for function, key, *rest in found if keys.get(function) == key)

    def keep(self, student: str, keys: Mapping[str, str], entries: Iterable[JournalEntry]) -> None:
        """Keep verdicts, all or none. Raises JournalError."""
        statement = (
            "INSERT OR REPLACE INTO verdicts"
            " (student, function, key, entry, file, seconds, run, reproducible, source, pictures, displays)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        )
        rows: list[tuple[str, tuple[object, ...]]] = []
        packed: dict[str, tuple[str, bytes]] = {}
        for entry in entries:
            result, text, pictures = entry.result, entry.attachments.source, entry.attachments.pictures
            if text and text not in packed:
                # Functions share a file, and students submit the same stub: the journal stores each text once.
                packed[text] = (digest(text), zlib.compress(text.encode("utf-8"), 1))
                rows.append(("INSERT OR IGNORE INTO sources VALUES (?, ?)", packed[text]))
            place = (student, result.function, keys[result.function])
            verdict = (msgspec.json.encode(result), entry.file, entry.seconds)
            made = (self.runs.current, result.outcome not in NOT_REPRODUCIBLE)
            displays = entry.attachments.displays
            shown = (
                packed[text][0] if text else None,
                msgspec.json.encode(pictures) if pictures else None,
                msgspec.json.encode(displays) if displays else None,
            )
            rows.append((statement, (*place, *verdict, *made, *shown)))
        self._write(rows)

    def attachments(self, student: str, keys: Mapping[str, str]) -> dict[str, Attachments]:
        """The attachments of a student's functions, under the keys that they were found or kept with."""
        found, texts = {}, dict[str, str]()
        for function, name, pictures, displays in self._rows("source, pictures, displays", student, keys):
            with suppress(msgspec.DecodeError, TypeError, UnicodeError, zlib.error):
                if name and name not in texts:
                    texts[name] = self._text(name)
                if name or pictures or displays:
                    found[function] = _decoded_attachments(texts.get(name or "", ""), pictures, displays)
        return found

    def _text(self, name: str) -> str:
        row = self._db.execute("SELECT text FROM sources WHERE hash=?", (name,)).fetchone()
        return zlib.decompress(row[0]).decode("utf-8") if row else ""

    def students(self) -> list[str]:
        """Every student it holds something about, in order."""
        found = {student for (student,) in self._db.execute("SELECT DISTINCT student FROM verdicts")}
        return sorted(found | self.runs.students())

    def forget(self, students: Sequence[str], names_them: Callable[[str], bool] | None = None) -> int:
        """Remove all that is known of these students, also from the free pages of the file and its log.

        `names_them` says whether a text names one of them (default: it contains an id). Returns the number of verdicts
        removed. Raises JournalError, also when another process has the journal open.
        """
        before = self._db.total_changes
        self._write([("DELETE FROM verdicts WHERE student=?", (student,)) for student in students])
        removed = self._db.total_changes - before
        if self._db.execute("SELECT 1 FROM sqlite_master WHERE name='sources'").fetchone():  # not in schema 1
            used = "SELECT source FROM verdicts WHERE source IS NOT NULL"
            self._write([(f"DELETE FROM sources WHERE hash NOT IN ({used})", ())])
        self.runs.forget(students, names_them or (lambda text: any(student in text for student in students)))
        try:
            self._db.execute("VACUUM")  # deleted rows stay in free pages, until the file is written anew without them
            (busy, *_) = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as error:
            busy, reason = 1, str(error)
        else:
            reason = "in use"
        if busy:
            raise JournalError(
                "{file}: cannot be cleaned ({reason}): wait until no grading runs here, and start it again",
                file=self._path,
                reason=reason,
            )
        return removed

    def _write(self, statements: Sequence[tuple[str, tuple[object, ...]]]) -> None:
        try:
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                for statement, values in statements:
                    self._db.execute(statement, values)
        except sqlite3.Error as error:
            raise JournalError(
                "{file}: cannot be written ({error}). Nothing that was kept is lost: "
                "make room, and start the same command again",
                file=self._path,
                error=error,
            ) from None

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *why: object) -> None:
        self._db.close()


@lru_cache(maxsize=REMEMBERED)
def _decoded(entry: bytes) -> FunctionEntry:
    """Many students' functions came out alike: that is decoded once, and is then the same object."""
    return ENTRY.decode(entry)


def load_attachments(journal: Path, records: Iterable[FunctionRecord]) -> dict[str, Attachments]:
    """The attachments of a student's functions by function, as far as a journal of any version has them.

    The journal is not changed. A record is found by its file, its seconds and what passed, since the same student may
    have been judged several times; one that fits none is taken for what was judged last.
    """
    try:
        with closing(sqlite3.connect(f"{journal.resolve().as_uri()}?mode=ro", uri=True, timeout=10)) as db:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            old = version in RELEASE_0_1
            columns = "NULL, record, '', 0" if old else "displays, entry, file, seconds"
            found = ((record.function, _attachments(db, record, columns)) for record in records)
            return {function: attachments for function, attachments in found if attachments != NOTHING}
    except (sqlite3.Error, zlib.error, ValueError, TypeError):
        return {}


def _attachments(db: sqlite3.Connection, record: FunctionRecord, columns: str) -> Attachments:
    rows = db.execute(
        f"SELECT text, pictures, {columns} FROM verdicts LEFT JOIN sources ON hash = source"
        " LEFT JOIN runs ON runs.run = verdicts.run WHERE student=? AND function=? ORDER BY runs.rowid DESC",
        (record.student, record.function),
    ).fetchall()
    wanted = record.source, record.seconds, [(check.name, check.passed) for check in record.checks]
    row = next((row for row in rows if _facts(*row[3:]) == wanted), rows[0] if rows else None)
    if row is None:
        return NOTHING
    text = zlib.decompress(row[0]).decode() if row[0] else ""
    return _decoded_attachments(text, row[1], row[2])


def _decoded_attachments(source: str, pictures: bytes | None, displays: bytes | None) -> Attachments:
    return Attachments(
        source, PICTURES.decode(pictures) if pictures else {}, DISPLAYS.decode(displays) if displays else {}
    )


def _facts(entry: bytes, file: str, seconds: float) -> tuple[str, float, list[tuple[str, bool]]]:
    """Return the file, seconds and results of checks that identify an entry; in release 0.1 they are in the entry."""
    made = LINE.decode(entry)
    checks = [(check.name, check.passed) for check in made.checks]
    return file or made.source, seconds or made.seconds, checks
