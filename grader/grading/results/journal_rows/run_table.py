"""Runs and their attempts in the journal: the plan of each run, and which attempts it graded in which order.

Theory of operation
    runs      one row per run: its plan, a key for each function that it grades (`cache_key.exercise_keys`), the number
              of attempts (stored when all are graded), and whether its files are written
    attempts  one row per attempt of the run, in the order of the class: the metadata that the policy needs, the fix
              and the file choices of the instructor, and the hash of its content. The cache keys of the attempt are
              computed from this hash, the choices and the keys of the run (`cache_key.submission_keys`)
    So the journal alone is enough to compute final results. When all attempts of a run are graded, the attempts of
    earlier runs are deleted.
    A method that reads a damaged row (`journal_rows.row_checksum`) raises RowDamagedError. Only `begin` does not: if
    the row of the last run is damaged, it starts a new run. As a new run stores all attempts again, `grade` works even
    if rows of these tables are damaged.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from grader.grading.results.journal_rows.row_checksum import (
    CheckedTable,
    RowDamagedError,
    Statement,
    WriteStatements,
    decode_row,
    text_values,
)
from grader.grading.results.verdict_cache.cache_key import submission_keys
from grader.submissions.people import can_be_late
from grader.submissions.submission import AppliedFix, SubmissionMetadata

RUNS = CheckedTable("runs", ("run", "plan", "finished", "keys", "graded"))
ATTEMPTS = CheckedTable("attempts", ("run", "number", "student", "about", "content", "fix", "accepted"))
METADATA, KEY_TABLE = msgspec.json.Decoder(SubmissionMetadata), msgspec.json.Decoder(dict[str, str])
FIX = msgspec.json.Decoder(AppliedFix | None)


@dataclass(frozen=True)
class Attempt:
    """One attempt of a run: its student, its metadata, and the cache key of each function.

    `fix` says what a fix of the instructor changed in its files. `accepted` maps a function to the file that the
    instructor chose for it. `content` is the hash of the files (`cache_key.content_hash`).
    """

    student: str
    metadata: SubmissionMetadata
    keys: dict[str, str]
    fix: AppliedFix | None = None
    accepted: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""


@dataclass(frozen=True)
class ListedAttempt:
    """An attempt in the form in which a run stores it. `content` is the hash of its files (see `content_hash`)."""

    student: str
    metadata: SubmissionMetadata
    content: bytes
    fix: AppliedFix | None = None
    accepted: Mapping[str, str] = field(default_factory=dict)


class RunTable:
    """The tables `runs` and `attempts` of a journal. `current` is the id of the run that `begin` started or resumed.

    `last_finished` is true if the last run had finished before `begin` or `reopen`, so that its result files were
    complete. `write` executes statements; `write_durably` also waits until their effect and everything that was written
    before is on the disk.
    """

    def __init__(self, db: sqlite3.Connection, write: WriteStatements, write_durably: WriteStatements) -> None:
        self._db, self._write, self._write_durably = db, write, write_durably
        self.current, self.last_finished = "", False

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
            self._db.execute("ALTER TABLE runs ADD COLUMN checksum BLOB")
            self._db.execute(RUNS.fill)
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS attempts (run TEXT, number INTEGER, student TEXT, about TEXT, content BLOB,"
            " fix TEXT, accepted TEXT, checksum BLOB, PRIMARY KEY (run, number)) WITHOUT ROWID"
        )

    def begin(self, plan: str) -> bool:
        """Start a run and return False, or resume the last run and return True.

        The last run is resumed if it has the same plan and did not finish.
        """
        last = self._last_run()
        is_intact = bool(last and last[3])
        self.last_finished = bool(last and is_intact and last[2])
        if last and is_intact and last[1] == plan and not last[2]:
            self.current = last[0]
            return True
        self.current = secrets.token_hex(8)
        self._write_durably([(RUNS.insert, (self.current, plan, 0, None, None))])
        return False

    def _last_run(self) -> tuple[str, str, int, bool] | None:
        """Return the id and the plan of the last run, whether it finished, and whether its row is intact."""
        found = f"SELECT run, plan, finished, {RUNS.intact} FROM runs ORDER BY rowid DESC LIMIT 1"
        row: tuple[str, str, int, bool] | None = self._db.execute(found).fetchone()
        return row

    def reopen(self) -> bool:
        """Make the last run the current one; return False if there is none, or if it has no attempts."""
        row = self._last_run() if self._has_attempts() else None
        self.current = row[0] if row else ""
        self.last_finished = bool(row and row[2] and row[3])
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
        store_keys = RUNS.update({"keys": "?2", "graded": "NULL"}, "run=?1")
        self._write(
            [
                ("DELETE FROM attempts WHERE run=?", (self.current,)),
                (store_keys, (self.current, msgspec.json.encode(keys).decode())),
            ]
        )

    def add_attempts(self, start: int, attempts: Iterable[ListedAttempt]) -> None:
        """Store attempts of the current run, numbered from `start`. Raises JournalError."""
        self._write(
            [
                (
                    ATTEMPTS.insert,
                    (self.current, start + n, a.student, _json(a.metadata), a.content, *_choices(a)),
                )
                for n, a in enumerate(attempts)
            ]
        )

    def earlier_fixes(self) -> dict[str, AppliedFix]:
        """Return by student the fix that an earlier run applied; the latest one if several runs applied fixes."""
        rows = self._db.execute(
            f"SELECT student, fix FROM attempts WHERE run<>? AND fix<>'null' AND {ATTEMPTS.intact}"
            " ORDER BY (SELECT rowid FROM runs WHERE runs.run = attempts.run), number",
            (self.current,),
        )
        found = {student: decode_row(FIX, fix) for student, fix in rows}
        return {student: fix for student, fix in found.items() if fix}

    def complete_attempts(self) -> None:
        """Note that every attempt of the run is graded, and delete the attempts of earlier runs."""
        count = RUNS.update({"graded": "(SELECT count(*) FROM attempts WHERE attempts.run=?1)"}, "run=?1")
        others = "DELETE FROM attempts WHERE run<>?"
        self._write_durably([(statement, (self.current,)) for statement in (count, others)])

    @property
    def is_complete(self) -> bool:
        """True if every attempt of the run is graded."""
        return self._current_row()[1] is not None

    def _current_row(self) -> tuple[str, int | None]:
        """Return the keys of the run as JSON, and its number of attempts. Raises RowDamagedError."""
        found = f"SELECT keys, graded FROM runs WHERE run=? AND {RUNS.intact}"
        row: tuple[str, int | None] | None = self._db.execute(found, (self.current,)).fetchone()
        if row is None or not isinstance(row[1], int | None):
            raise RowDamagedError("the row of the last run is damaged")
        return row

    @property
    def exercise_keys(self) -> dict[str, str]:
        """Function -> hash of all that its verdict depends on, except the submission (`cache_key.exercise_keys`)."""
        return decode_row(KEY_TABLE, self._current_row()[0])

    def fixed_students(self) -> set[str]:
        """Return the students of the current run whose files a fix changed."""
        return {attempt.student for attempt in self.attempts() if attempt.fix and attempt.fix.changes_files}

    def attempts(self) -> Iterator[Attempt]:
        """Yield the attempts of the run in the order of the class. Raises RowDamagedError, also if a row is missing."""
        text, expected = self._current_row()
        keys, number = decode_row(KEY_TABLE, text), 0
        columns = f"SELECT student, about, content, fix, accepted, {ATTEMPTS.intact} FROM attempts WHERE run=?"
        for student, about, content, fix, choices, is_intact in self._db.execute(
            f"{columns} ORDER BY number", (self.current,)
        ):
            if not is_intact:
                raise RowDamagedError("the row of a submission is damaged")
            if not isinstance(student, str) or not isinstance(content, bytes):
                raise RowDamagedError("a row holds a value that the grader did not write")
            number += 1
            accepted = decode_row(KEY_TABLE, choices)
            attempt_keys = submission_keys(keys, content, accepted)
            yield Attempt(student, _metadata(about), attempt_keys, decode_row(FIX, fix), accepted, content)
        if expected is not None and number < expected:
            raise RowDamagedError("the row of a submission is missing")

    def students(self) -> set[str]:
        """Return the ids of all students with an attempt in any run."""
        if not self._has_attempts():
            return set()
        return text_values(self._db.execute("SELECT DISTINCT student FROM attempts"))

    def _has_attempts(self) -> bool:
        """True if the journal has the table `attempts`; a journal of release 0.1 has none until it is upgraded."""
        found = self._db.execute("SELECT 1 FROM sqlite_master WHERE name='attempts'").fetchone()
        return found is not None

    def start_writing(self) -> None:
        """Note that the result files of the run are not complete, until `finish` is called."""
        self._set_finished(False)

    def finish(self) -> None:
        """Note that the result files of the run are on the disk, so that the same plan starts a new run."""
        self._set_finished(True)

    def _set_finished(self, finished: bool) -> None:
        change = RUNS.update({"finished": "?1"}, "run=?2 AND finished<>?1")
        self._write_durably([(change, (finished, self.current))])

    def forget(self, students: Sequence[str], names_student: Callable[[str], bool]) -> None:
        """Delete the attempts of these students; remove them from groups, and empty the plans that name them."""
        statements: list[Statement] = []
        if self._has_attempts():
            own = "SELECT count(*) FROM attempts WHERE attempts.run=runs.run AND student=?1"
            fewer = RUNS.update({"graded": f"(graded - ({own}))"}, "graded IS NOT NULL")
            for student in students:
                statements += [(fewer, (student,)), ("DELETE FROM attempts WHERE student=?", (student,))]
            statements += self._remove_from_groups(names_student)
            empty_plan = RUNS.update({"plan": "''"}, "run=?")
            column = "plan"
        else:
            column, empty_plan = "command", "UPDATE runs SET command='' WHERE run=?"
        plans = self._db.execute(f"SELECT run, {column} FROM runs").fetchall()
        statements += [(empty_plan, (run,)) for run, plan in plans if names_student(str(plan))]
        self._write(statements)

    def _remove_from_groups(self, names_student: Callable[[str], bool]) -> Iterator[Statement]:
        """Yield statements that remove students from groups, and delete damaged rows, which may name any student."""
        yield f"DELETE FROM attempts WHERE NOT {ATTEMPTS.intact}", ()
        change = ATTEMPTS.update({"about": "?1"}, "run=?2 AND number=?3")
        found = f"SELECT run, number, about FROM attempts WHERE {ATTEMPTS.intact}"
        for run, number, text in self._db.execute(found).fetchall():
            metadata = _metadata(text)
            if any(map(names_student, metadata.group)):
                remaining = msgspec.to_builtins(metadata) | {
                    "group": [name for name in metadata.group if not names_student(name)]
                }
                yield change, (msgspec.json.encode(remaining).decode(), run, number)


def _metadata(text: object) -> SubmissionMetadata:
    """Decode the metadata of an attempt.

    Raises RowDamagedError, also if the time of the submission cannot be compared with a deadline (`can_be_late`).
    """
    metadata = decode_row(METADATA, text)
    if metadata.submitted and not can_be_late(metadata.submitted):
        raise RowDamagedError("a row holds a time that the grader did not write")
    return metadata


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _choices(attempt: ListedAttempt) -> tuple[str, str]:
    """Return the columns `fix` and `accepted` of an attempt."""
    return _json(attempt.fix), _json(attempt.accepted)
