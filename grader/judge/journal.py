"""The journal: every verdict, kept as it is made. The other files of a run are views of it.

A verdict is found again by the student, the function and the key: a hash of all it depends on. Some verdicts need not
come out the same a second time (a time-out, a crash, a fault of ours): those are kept for the run that made
them, so that it can go on after a kill, and made anew by the next run.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from grader.core.digests import digest
from grader.core.errors import GraderError, UsageError
from grader.judge.picture import Picture
from grader.judge.record import FunctionRecord
from grader.judge.run_table import RunTable

SCHEMA = 3
UPGRADABLE = (1, 2)
"""Earlier schemas that are brought up to date in place; verdicts of schema 1 have no attachments."""
NOT_REPRODUCIBLE = ("timed_out", "crashed", "grader_fault")
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
class JournalEntry:
    """What the journal keeps of one function of one student: record, reason for a review, attachments."""

    record: FunctionRecord
    human: str
    beside: Beside = NOTHING


class Journal:
    """journal.sqlite of one results folder. Raises UsageError when another version wrote it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, timeout=30)
            self.runs = RunTable(self._db, self._write)
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
            self.runs.prepare()
            self._db.execute(f"PRAGMA user_version={SCHEMA}")

    def begin(self, plan: str, fresh: bool = False) -> bool:
        """Start a run, or resume the last one when it had the same plan and did not finish: then True.

        With `fresh` the journal finds only verdicts of this run.
        """
        self._reuse_earlier = not fresh
        return self.runs.begin(plan)

    def find(self, student: str, keys: Mapping[str, str]) -> dict[str, JournalEntry]:
        """What is known of a student's functions under these keys (function -> key).

        What cannot be read, since somebody else has written into the journal, is not known: it is judged again.
        """
        ours = ("AND (run=? OR (? AND steady))", self.runs.current, self._reuse_earlier)
        return self._decoded(self._rows("record, human", student, keys, *ours))

    def entries(self, student: str, keys: Mapping[str, str]) -> dict[str, JournalEntry]:
        """What was found or kept under these keys in this run. Raises JournalError when it is no longer there."""
        found = self._decoded(self._rows("record, human", student, keys))
        if len(found) < len(keys):
            raise JournalError(
                "{file}: verdicts on {student} are no longer in it: another program has changed it. "
                "Start the same command again",
                file=self._path,
                student=student,
            )
        return found

    @staticmethod
    def _decoded(rows: Iterable[tuple[Any, ...]]) -> dict[str, JournalEntry]:
        found = {}
        for function, record, human in rows:
            with suppress(msgspec.DecodeError, TypeError, UnicodeError):
                found[function] = JournalEntry(RECORD.decode(record), str(human))
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

    def keep(self, student: str, keys: dict[str, str], entries: Iterable[JournalEntry]) -> None:
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
            verdict = (
                msgspec.json.encode(record),
                entry.human,
                self.runs.current,
                record.outcome not in NOT_REPRODUCIBLE,
            )
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

    def students(self) -> list[str]:
        """Every student it holds something about, in order."""
        return [
            s for (s,) in self._db.execute("SELECT student FROM verdicts UNION SELECT student FROM attempts ORDER BY 1")
        ]

    def forget(self, students: Sequence[str], names_them: Callable[[str], bool] | None = None) -> int:
        """Remove all that is known of these students, also from the free pages of the file and its log.

        `names_them` says whether a text names one of them (default: it contains an id). Returns the number of verdicts
        removed. Raises JournalError, also when another process has the journal open.
        """
        before = self._db.total_changes
        self._write([("DELETE FROM verdicts WHERE student=?", (student,)) for student in students])
        removed = self._db.total_changes - before
        kept = "SELECT source FROM verdicts WHERE source IS NOT NULL"
        self._write([(f"DELETE FROM sources WHERE hash NOT IN ({kept})", ())])
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
