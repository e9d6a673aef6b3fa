"""The journal: every verdict, kept as it is made. The other files of a run are views of it.

A verdict is found again by the student, the function and the key: a hash of all it depends on. Some verdicts need not
come out the same a second time (a time-out, a crash, a fault of ours): those are kept for the run that made
them, so that it can go on after a kill, and made anew by the next run.
"""

from __future__ import annotations

import secrets
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from grader.core.digests import digest
from grader.core.errors import GraderError, UsageError
from grader.grading.policy.final_score import Final
from grader.grading.verdicts.pictures import Picture
from grader.grading.verdicts.record import FunctionRecord

SCHEMA = 2
UPGRADABLE = (1,)
"""Earlier schemas that are brought up to date in place; of their verdicts nothing is known beside the records."""
UNSTEADY = ("timed_out", "crashed", "grader_fault")
"""Outcomes that may come out otherwise on another day."""


class JournalError(GraderError):
    """The journal cannot be written: the disk is full, or the folder is not ours."""


class Beside(msgspec.Struct, frozen=True):
    """What is kept beside a record, for people to look at: results.jsonl holds none of it.

    `source` is the text of the file that was judged (a notebook's as the Python in it), `pictures` are plain
    data, by the name of the check that they explain.
    """

    source: str = ""
    pictures: dict[str, Picture] = {}


NOTHING = Beside()
RECORD, PICTURES = msgspec.json.Decoder(FunctionRecord), msgspec.json.Decoder(dict[str, Picture])


@dataclass(frozen=True)
class Judged:
    """The records of one student, in the order of the course, and why a human must look, if one must.

    `reasons` are those of single functions. `final` is there when a policy or a person had a say in the score.
    `keys` find again what the journal keeps beside the records. `known` says that nothing had to be run for it.
    """

    student: str
    records: tuple[FunctionRecord, ...]
    human: str = ""
    reasons: Mapping[str, str] = field(default_factory=dict)
    final: Final | None = None
    keys: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    known: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Entry:
    """What the journal knows about one function of one student."""

    record: FunctionRecord
    human: str
    beside: Beside = NOTHING


class Journal:
    """journal.sqlite of one results folder. Raises UsageError when another version wrote it."""

    def __init__(self, path: Path) -> None:
        self._path, self.run = path, ""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, timeout=30)
            self._check_version()
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")  # whole after a kill at any moment, and fast
            self._prepare()
        except (sqlite3.Error, OSError) as error:
            raise UsageError(
                "{file}: no journal that can be used ({error}): move it away, or choose another --out",
                file=path,
                error=error,
            ) from None

    def _check_version(self) -> None:
        """Before anything is written: a journal of another version is left as it is."""
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        tables = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if version not in (0, *UPGRADABLE, SCHEMA) or (version == 0 and tables):
            raise UsageError(
                "{file}: written by another version of the grader (schema {version}, this is {known}): "
                "grade into a new folder with --out, or use that version",
                file=self._path,
                version=version,
                known=SCHEMA,
            )

    def _prepare(self) -> None:
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS verdicts (student TEXT, function TEXT, key TEXT, record BLOB, human TEXT,"
                " run TEXT, steady INTEGER, PRIMARY KEY (student, function, key)) WITHOUT ROWID"
            )
            columns = {row[1] for row in self._db.execute("PRAGMA table_info(verdicts)")}
            for column in {"source", "pictures"} - columns:
                self._db.execute(f"ALTER TABLE verdicts ADD COLUMN {column} BLOB")
            self._db.execute("CREATE TABLE IF NOT EXISTS sources (hash TEXT PRIMARY KEY, text BLOB)")
            self._db.execute("CREATE TABLE IF NOT EXISTS runs (run TEXT PRIMARY KEY, command TEXT, finished INTEGER)")
            self._db.execute(f"PRAGMA user_version={SCHEMA}")

    def begin(self, command: str, fresh: bool = False) -> bool:
        """Start a run, or go on with the last one when it was the same command and did not finish: then True.

        With `fresh` nothing is found again that this run did not make itself.
        """
        self._steady = not fresh
        last = self._db.execute("SELECT run, command, finished FROM runs ORDER BY rowid DESC LIMIT 1").fetchone()
        if last and last[1] == command and not last[2]:
            self.run = last[0]
            return True
        self.run = secrets.token_hex(8)
        self._write([("INSERT INTO runs VALUES (?, ?, 0)", (self.run, command))])
        return False

    @property
    def secret(self) -> bytes:
        """What nobody knows who sees no more of the folder than a page: drawn by the first run, and kept."""
        first = self._db.execute("SELECT run FROM runs ORDER BY rowid LIMIT 1").fetchone()
        return str(first[0]).encode() if first else b""

    def find(self, student: str, keys: Mapping[str, str]) -> dict[str, Entry]:
        """What is known of a student's functions under these keys (function -> key).

        What cannot be read, since somebody else has written into the journal, is not known: it is judged again.
        """
        ours = ("AND (run=? OR (? AND steady))", self.run, self._steady)
        return self._entries(self._rows("record, human", student, keys, *ours))

    def again(self, student: str, keys: Mapping[str, str]) -> dict[str, Entry]:
        """What was found or kept under these keys before. Raises JournalError when it is no longer there."""
        found = self._entries(self._rows("record, human", student, keys))
        if len(found) < len(keys):
            raise JournalError(
                "{file}: verdicts on {student} are no longer in it: another program has changed it. "
                "Start the same command again",
                file=self._path,
                student=student,
            )
        return found

    @staticmethod
    def _entries(rows: Iterable[tuple[Any, ...]]) -> dict[str, Entry]:
        found = {}
        for function, record, human in rows:
            with suppress(msgspec.DecodeError, TypeError, UnicodeError):
                found[function] = Entry(RECORD.decode(record), str(human))
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

    def keep(self, student: str, keys: dict[str, str], entries: Iterable[Entry]) -> None:
        """Keep verdicts, all or none. Raises JournalError."""
        statement = (
            "INSERT OR REPLACE INTO verdicts (student, function, key, record, human, run, steady, source, pictures)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        )
        rows: list[tuple[str, tuple[object, ...]]] = []
        packed: dict[str, tuple[str, bytes]] = {}
        for entry in entries:
            record, text, pictures = entry.record, entry.beside.source, entry.beside.pictures
            if text and text not in packed:
                # Many functions stand in one file, and many students hand in the same stub: each text is kept once.
                packed[text] = (digest(text), zlib.compress(text.encode("utf-8"), 1))
                rows.append(("INSERT OR IGNORE INTO sources VALUES (?, ?)", packed[text]))
            place = (student, record.function, keys[record.function])
            verdict = (msgspec.json.encode(record), entry.human, self.run, record.outcome not in UNSTEADY)
            shown = (packed[text][0] if text else None, msgspec.json.encode(pictures) if pictures else None)
            rows.append((statement, (*place, *verdict, *shown)))
        self._write(rows)

    def keys_of(self, student: str) -> dict[str, str]:
        """The keys of a student's functions that were judged once; which of several counts is not known here."""
        found = self._db.execute(
            "SELECT function, max(key) FROM verdicts WHERE student=? GROUP BY function HAVING count(*) = 1", (student,)
        )
        return dict(found.fetchall())

    def beside(self, student: str, keys: Mapping[str, str]) -> dict[str, Beside]:
        """What is kept beside the records of a student, under the keys that they were found or kept with."""
        found, texts = {}, dict[str, str]()
        for function, name, pictures in self._rows("source, pictures", student, keys):
            with suppress(msgspec.DecodeError, TypeError, UnicodeError, zlib.error):
                if name and name not in texts:
                    texts[name] = self._text(name)
                if name or pictures:
                    found[function] = Beside(texts.get(name or "", ""), PICTURES.decode(pictures) if pictures else {})
        return found

    def _text(self, name: str) -> str:
        row = self._db.execute("SELECT text FROM sources WHERE hash=?", (name,)).fetchone()
        return zlib.decompress(row[0]).decode("utf-8") if row else ""

    def finish(self) -> None:
        """The run is complete: the same command again is a new run."""
        self._write([("UPDATE runs SET finished=1 WHERE run=?", (self.run,))])

    def students(self) -> list[str]:
        """Everybody of whom it holds a verdict."""
        return [student for (student,) in self._db.execute("SELECT DISTINCT student FROM verdicts ORDER BY student")]

    def forget(self, students: Sequence[str]) -> int:
        """Remove all that is known of these students, also from the free pages of the file and its log.

        How many verdicts there were. Raises JournalError, also when another process has the journal open.
        """
        before = self._db.total_changes
        self._write([("DELETE FROM verdicts WHERE student=?", (student,)) for student in students])
        removed = self._db.total_changes - before
        kept = "SELECT source FROM verdicts WHERE source IS NOT NULL"
        self._write([(f"DELETE FROM sources WHERE hash NOT IN ({kept})", ())])
        # A command may name a student: one submission can be graded alone.
        self._write([("UPDATE runs SET command='' WHERE instr(command, ?)", (student,)) for student in students])
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
