"""Runs and their attempts in the journal: what was asked, and in which order which attempts were graded.

Theory of operation
    runs      one row per run: its plan, the functions it grades with their keys before the submission is known
              (`cache_key.exercise_keys`), the number of attempts once all are graded, and whether its files are written
    attempts  one row per attempt of the run, in the order of the class: what the policy needs to know of it, and the
              hash of its content, which together with the keys of the run finds its verdicts (`cache_key.keys_of`)
    So the journal alone suffices for final results. Only the latest complete run keeps its attempts.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from grader.grading.results.cache_key import keys_of
from grader.submissions.submission import SubmissionMetadata

Write: TypeAlias = Callable[[Sequence[tuple[str, tuple[object, ...]]]], None]
"""Runs statements in one transaction. Raises JournalError."""
ABOUT, KEYS = msgspec.json.Decoder(SubmissionMetadata), msgspec.json.Decoder(dict[str, str])


@dataclass(frozen=True)
class Attempt:
    """One attempt of a run: whose it is, what is known of it, and the cache key of each function."""

    student: str
    metadata: SubmissionMetadata
    keys: dict[str, str]


class RunTable:
    """The tables `runs` and `attempts` of a journal. `current` is the id of the run that was begun."""

    def __init__(self, db: sqlite3.Connection, write: Write) -> None:
        self._db, self._write, self.current = db, write, ""

    def prepare(self) -> None:
        """Create the tables, or bring those of an earlier schema up to date; inside a transaction of the caller."""
        self._db.execute("CREATE TABLE IF NOT EXISTS runs (run TEXT PRIMARY KEY, plan TEXT, finished INTEGER)")
        columns = {row[1] for row in self._db.execute("PRAGMA table_info(runs)")}
        if "command" in columns:  # release 0.1 kept the command line; its runs are not resumed
            self._db.execute("ALTER TABLE runs RENAME COLUMN command TO plan")
            self._db.execute("UPDATE runs SET finished=1")
        if "keys" not in columns:
            self._db.execute("ALTER TABLE runs ADD COLUMN keys TEXT")
            self._db.execute("ALTER TABLE runs ADD COLUMN graded INTEGER")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS attempts (run TEXT, number INTEGER, student TEXT, about TEXT, content BLOB,"
            " PRIMARY KEY (run, number)) WITHOUT ROWID"
        )

    def begin(self, plan: str) -> bool:
        """Start a run, or resume the last one when it had the same plan and did not finish: then True."""
        last = self._db.execute("SELECT run, plan, finished FROM runs ORDER BY rowid DESC LIMIT 1").fetchone()
        if last and last[1] == plan and not last[2]:
            self.current = last[0]
            return True
        self.current = secrets.token_hex(8)
        self._write([("INSERT INTO runs (run, plan, finished) VALUES (?, ?, 0)", (self.current, plan))])
        return False

    @property
    def secret(self) -> bytes:
        """The id of the first run: random, and unknown to those who have only a page of the folder."""
        row = self._db.execute("SELECT run FROM runs ORDER BY rowid LIMIT 1").fetchone()
        return str(row[0]).encode() if row else b""

    def start_attempts(self, keys: dict[str, str]) -> None:
        """Start the list of attempts of the run anew; `keys` is made by `cache_key.exercise_keys`."""
        self._write(
            [
                ("DELETE FROM attempts WHERE run=?", (self.current,)),
                (
                    "UPDATE runs SET keys=?, graded=NULL WHERE run=?",
                    (msgspec.json.encode(keys).decode(), self.current),
                ),
            ]
        )

    def add_attempts(self, start: int, attempts: Iterable[tuple[str, SubmissionMetadata, bytes]]) -> None:
        """Add attempts (student, what is known, hash of the content), numbered from `start`. Raises JournalError."""
        statement = "INSERT INTO attempts VALUES (?, ?, ?, ?, ?)"
        self._write(
            [
                (statement, (self.current, start + n, student, msgspec.json.encode(about).decode(), content))
                for n, (student, about, content) in enumerate(attempts)
            ]
        )

    def complete_attempts(self) -> None:
        """Note that every attempt of the run is graded; those of earlier runs are no longer needed."""
        count = "UPDATE runs SET graded=(SELECT count(*) FROM attempts WHERE run=?1) WHERE run=?1"
        self._write([(count, (self.current,)), ("DELETE FROM attempts WHERE run<>?", (self.current,))])

    @property
    def is_complete(self) -> bool:
        """Whether every attempt of the run is graded."""
        row = self._db.execute("SELECT graded FROM runs WHERE run=?", (self.current,)).fetchone()
        return bool(row) and row[0] is not None

    @property
    def exercise_keys(self) -> dict[str, str]:
        """The key of each function of this run before the submission is known (`cache_key.exercise_keys`)."""
        (text,) = self._db.execute("SELECT keys FROM runs WHERE run=?", (self.current,)).fetchone()
        return KEYS.decode(text)

    def attempts(self) -> Iterator[Attempt]:
        """The attempts of the run in the order of the class."""
        keys = self.exercise_keys
        columns = "SELECT student, about, content FROM attempts WHERE run=? ORDER BY number"
        for student, about, content in self._db.execute(columns, (self.current,)):
            yield Attempt(student, ABOUT.decode(about), keys_of(keys, content))

    def students(self) -> set[str]:
        """Every student with an attempt."""
        if not self._has_attempts():
            return set()
        return {student for (student,) in self._db.execute("SELECT DISTINCT student FROM attempts")}

    def _has_attempts(self) -> bool:
        """Whether the journal has the table; that of release 0.1, left as it is, has not."""
        found = self._db.execute("SELECT 1 FROM sqlite_master WHERE name='attempts'").fetchone()
        return found is not None

    def finish(self) -> None:
        """Note that the run's files are written: the same plan again is a new run."""
        self._write([("UPDATE runs SET finished=1 WHERE run=?", (self.current,))])

    def forget(self, students: Sequence[str], names_them: Callable[[str], bool]) -> None:
        """Remove attempts of students and what names them: members of other people's groups, and plans."""
        statements: list[tuple[str, tuple[object, ...]]] = []
        if self._has_attempts():
            statements += [("DELETE FROM attempts WHERE student=?", (student,)) for student in students]
            statements += self._without_in_groups(names_them)
            column = "plan"
        else:
            column = "command"
        plans = self._db.execute(f"SELECT run, {column} FROM runs").fetchall()
        statements += [(f"UPDATE runs SET {column}='' WHERE run=?", (run,)) for run, plan in plans if names_them(plan)]
        self._write(statements)

    def _without_in_groups(self, names_them: Callable[[str], bool]) -> Iterator[tuple[str, tuple[object, ...]]]:
        for run, number, text in self._db.execute("SELECT run, number, about FROM attempts").fetchall():
            about = ABOUT.decode(text)
            if any(map(names_them, about.group)):
                left = msgspec.to_builtins(about) | {"group": [name for name in about.group if not names_them(name)]}
                new = msgspec.json.encode(left).decode()
                yield "UPDATE attempts SET about=? WHERE run=? AND number=?", (new, run, number)
