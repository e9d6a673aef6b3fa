"""Runs and their attempts in the journal: the plan of each run, and which attempts it graded in which order.

Theory of operation
    runs      one row per run: its plan, a key for each function that it grades (`cache_key.exercise_keys`), the number
              of attempts (stored when all are graded), and whether its files are written
    attempts  one row per attempt of the run, in the order of the class: the metadata that the policy needs, the fix
              and the file choices of the instructor, and the hash of its content. This hash, the choices and the keys
              of the run give the cache keys of the attempt (`cache_key.submission_keys`)
    So the journal alone is enough to compute final results. Only the latest complete run keeps its attempts.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec

from grader.grading.results.cache_key import submission_keys
from grader.submissions.submission import AppliedFix, SubmissionMetadata

WriteStatements: TypeAlias = Callable[[Sequence[tuple[str, tuple[object, ...]]]], None]
"""Executes SQL statements with their values in one transaction. Raises JournalError."""
METADATA, KEY_TABLE = msgspec.json.Decoder(SubmissionMetadata), msgspec.json.Decoder(dict[str, str])
FIX = msgspec.json.Decoder(AppliedFix | None)


@dataclass(frozen=True)
class Attempt:
    """One attempt of a run: its student, its metadata, and the cache key of each function.

    `fix` is what a fix of the instructor changed in it. `accepted` holds the file that the instructor chose for a
    function, by function. `content` is the hash of its files (`cache_key.content_hash`).
    """

    student: str
    metadata: SubmissionMetadata
    keys: dict[str, str]
    fix: AppliedFix | None = None
    accepted: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""


@dataclass(frozen=True)
class ListedAttempt:
    """An attempt as a run enters it into the journal; `content` is the hash of its files (`cache_key.content_hash`)."""

    student: str
    metadata: SubmissionMetadata
    content: bytes
    fix: AppliedFix | None = None
    accepted: Mapping[str, str] = field(default_factory=dict)


class RunTable:
    """The tables `runs` and `attempts` of a journal. `current` is the id of the run that `begin` started or resumed."""

    def __init__(self, db: sqlite3.Connection, write: WriteStatements) -> None:
        self._db, self._write, self.current = db, write, ""

    def prepare(self) -> None:
        """Create the tables, or upgrade those of an earlier schema, inside the caller's transaction."""
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
            " fix TEXT, accepted TEXT, PRIMARY KEY (run, number)) WITHOUT ROWID"
        )

    def begin(self, plan: str) -> bool:
        """Start a run and return False, or resume the last run and return True.

        The last run is resumed if it has the same plan and did not finish.
        """
        last = self._db.execute("SELECT run, plan, finished FROM runs ORDER BY rowid DESC LIMIT 1").fetchone()
        if last and last[1] == plan and not last[2]:
            self.current = last[0]
            return True
        self.current = secrets.token_hex(8)
        self._write([("INSERT INTO runs (run, plan, finished) VALUES (?, ?, 0)", (self.current, plan))])
        return False

    def reopen(self) -> bool:
        """Make the last run the current one; return False if there is none, or if it has no attempts."""
        row = self._db.execute("SELECT run FROM runs ORDER BY rowid DESC LIMIT 1").fetchone()
        self.current = row[0] if row and self._has_attempts() else ""
        listed = "SELECT 1 FROM attempts WHERE run=? LIMIT 1"
        return bool(self.current) and self._db.execute(listed, (self.current,)).fetchone() is not None

    @property
    def secret(self) -> bytes:
        """The random id of the first run. `reports.pages.page_hash` uses it as the key of its hashes.

        No page shows it, so students who read pages do not know it.
        """
        row = self._db.execute("SELECT run FROM runs ORDER BY rowid LIMIT 1").fetchone()
        return str(row[0]).encode() if row else b""

    def start_attempts(self, keys: dict[str, str]) -> None:
        """Empty the run's list of attempts and store its `keys`, which come from `cache_key.exercise_keys`."""
        self._write(
            [
                ("DELETE FROM attempts WHERE run=?", (self.current,)),
                (
                    "UPDATE runs SET keys=?, graded=NULL WHERE run=?",
                    (msgspec.json.encode(keys).decode(), self.current),
                ),
            ]
        )

    def add_attempts(self, start: int, attempts: Iterable[ListedAttempt]) -> None:
        """Add attempts, numbered from `start`. Raises JournalError."""
        columns = "run, number, student, about, content, fix, accepted"
        statement = f"INSERT INTO attempts ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)"
        self._write(
            [
                (statement, (self.current, start + n, one.student, _json(one.metadata), one.content, *_choices(one)))
                for n, one in enumerate(attempts)
            ]
        )

    def earlier_fixes(self) -> dict[str, AppliedFix]:
        """Return the fixes that the latest complete run before this one applied, by student."""
        rows = self._db.execute("SELECT student, fix FROM attempts WHERE run<>? AND fix<>'null'", (self.current,))
        found = {student: FIX.decode(fix) for student, fix in rows}
        return {student: fix for student, fix in found.items() if fix}

    def complete_attempts(self) -> None:
        """Store that every attempt of the run is graded, and delete the attempts of earlier runs."""
        count = "UPDATE runs SET graded=(SELECT count(*) FROM attempts WHERE run=?1) WHERE run=?1"
        self._write([(count, (self.current,)), ("DELETE FROM attempts WHERE run<>?", (self.current,))])

    @property
    def is_complete(self) -> bool:
        """True if every attempt of the run is graded."""
        row = self._db.execute("SELECT graded FROM runs WHERE run=?", (self.current,)).fetchone()
        return bool(row) and row[0] is not None

    @property
    def exercise_keys(self) -> dict[str, str]:
        """The keys that `start_attempts` stored: function -> a hash that leaves out the submission."""
        (text,) = self._db.execute("SELECT keys FROM runs WHERE run=?", (self.current,)).fetchone()
        return KEY_TABLE.decode(text)

    def attempts(self) -> Iterator[Attempt]:
        """Yield the attempts of the run in the order of the class."""
        keys = self.exercise_keys
        columns = "SELECT student, about, content, fix, accepted FROM attempts WHERE run=? ORDER BY number"
        for student, metadata, content, fix, text in self._db.execute(columns, (self.current,)):
            accepted = KEY_TABLE.decode(text)
            attempt_keys = submission_keys(keys, content, accepted)
            yield Attempt(student, METADATA.decode(metadata), attempt_keys, FIX.decode(fix), accepted, content)

    def students(self) -> set[str]:
        """Return the ids of all students with an attempt in any run."""
        if not self._has_attempts():
            return set()
        return {student for (student,) in self._db.execute("SELECT DISTINCT student FROM attempts")}

    def _has_attempts(self) -> bool:
        """True if the journal has the table `attempts`; a journal of release 0.1 has none until it is upgraded."""
        found = self._db.execute("SELECT 1 FROM sqlite_master WHERE name='attempts'").fetchone()
        return found is not None

    def finish(self) -> None:
        """Note that the files of the run are written, so that the same plan starts a new run."""
        self._write([("UPDATE runs SET finished=1 WHERE run=?", (self.current,))])

    def forget(self, students: Sequence[str], names_student: Callable[[str], bool]) -> None:
        """Delete the attempts of these students. Remove them from groups, and empty the plans that name them."""
        statements: list[tuple[str, tuple[object, ...]]] = []
        if self._has_attempts():
            statements += [("DELETE FROM attempts WHERE student=?", (student,)) for student in students]
            statements += self._remove_from_groups(names_student)
            column = "plan"
        else:
            column = "command"
        plans = self._db.execute(f"SELECT run, {column} FROM runs").fetchall()
        statements += [
            (f"UPDATE runs SET {column}='' WHERE run=?", (run,)) for run, plan in plans if names_student(plan)
        ]
        self._write(statements)

    def _remove_from_groups(self, names_student: Callable[[str], bool]) -> Iterator[tuple[str, tuple[object, ...]]]:
        for run, number, text in self._db.execute("SELECT run, number, about FROM attempts").fetchall():
            metadata = METADATA.decode(text)
            if any(map(names_student, metadata.group)):
                remaining = msgspec.to_builtins(metadata) | {
                    "group": [name for name in metadata.group if not names_student(name)]
                }
                new = msgspec.json.encode(remaining).decode()
                yield "UPDATE attempts SET about=? WHERE run=? AND number=?", (new, run, number)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _choices(attempt: ListedAttempt) -> tuple[str, str]:
    """Return the columns `fix` and `accepted` of an attempt."""
    return _json(attempt.fix), _json(attempt.accepted)
