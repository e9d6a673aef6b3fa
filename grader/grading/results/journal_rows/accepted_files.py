"""Files that the instructor chose among several that define a function (`grader accept`), as a table of the journal.

Theory of operation
    A row holds the student, the function, the hash of the submission (`cache_key.content_hash`), the chosen file and
    the files to choose from. A choice applies only to a submission with this hash: if the student submits again, or the
    instructor changes the fix, the instructor must choose again. The choice is part of the cache key of its function,
    so the next run grades the function with the chosen file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from grader.grading.results.journal_rows.row_checksum import CheckedTable, WriteStatements, decode_row

TABLE = (
    "CREATE TABLE IF NOT EXISTS accepted (student TEXT, function TEXT, content BLOB, file TEXT, candidates TEXT,"
    " checksum BLOB,"
    " PRIMARY KEY (student, function, content)) WITHOUT ROWID"
)
ACCEPTED = CheckedTable("accepted", ("student", "function", "content", "file", "candidates"))
CANDIDATES = msgspec.json.Decoder(tuple[str, ...])


@dataclass(frozen=True)
class AcceptedFile:
    """The `file` that counts for a function in a submission with the hash `content`, chosen from `candidates`."""

    student: str
    function: str
    content: bytes
    file: str
    candidates: tuple[str, ...] = ()


class AcceptedFiles:
    """The table `accepted` of a journal."""

    def __init__(self, db: sqlite3.Connection, write: WriteStatements) -> None:
        self._db, self._write = db, write

    def prepare(self) -> None:
        """Create the table, inside the caller's transaction."""
        self._db.execute(TABLE)

    def add(self, choices: Iterable[AcceptedFile]) -> None:
        """Store choices. Each replaces an earlier choice for the same function and submission. Raises JournalError."""
        self._write(
            [
                (
                    ACCEPTED.insert,
                    (c.student, c.function, c.content, c.file, msgspec.json.encode(c.candidates).decode()),
                )
                for c in choices
            ]
        )

    def remove(self, choices: Iterable[AcceptedFile]) -> None:
        """Delete choices. Raises JournalError."""
        statement = "DELETE FROM accepted WHERE student=? AND function=? AND content=?"
        self._write([(statement, (c.student, c.function, c.content)) for c in choices])

    def of_student(self, student: str) -> list[AcceptedFile]:
        """Return all choices for the submissions of a student, including earlier submissions."""
        rows = self._db.execute(
            "SELECT student, function, content, file, candidates FROM accepted"
            f" WHERE student=? AND {ACCEPTED.intact} ORDER BY function",
            (student,),
        )
        return [
            AcceptedFile(who, function, content, file, decode_row(CANDIDATES, text))
            for who, function, content, file, text in rows
        ]

    def choices(self, student: str, content: bytes, files: Iterable[str]) -> dict[str, str]:
        """Return the chosen file of each function for a submission; `files` are the paths of its files.

        A choice of a file that the submission lacks is left out.
        """
        rows = self._db.execute(
            f"SELECT function, file FROM accepted WHERE student=? AND content=? AND {ACCEPTED.intact}"
            " ORDER BY function",
            (student, content),
        ).fetchall()
        known = {*files} if rows else set()
        return {function: file for function, file in rows if file in known}

    def forget(self, students: Sequence[str]) -> None:
        """Delete the choices for the submissions of these students. Raises JournalError."""
        if self._db.execute("SELECT 1 FROM sqlite_master WHERE name='accepted'").fetchone():
            self._write([("DELETE FROM accepted WHERE student=?", (student,)) for student in students])
