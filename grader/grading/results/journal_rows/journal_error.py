"""Errors of a journal that cannot be read or written: what happened, and what to do."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from grader.core.errors import GraderError
from grader.grading.results.journal_rows.row_checksum import RowDamagedError
from grader.grading.results.run_file import finishing_command


class JournalError(GraderError):
    """The journal cannot be read or written: the disk is full, permissions are missing, a part of it is damaged."""


def journal_error(error: sqlite3.Error, file: Path) -> JournalError:
    """Return the JournalError for an error of SQLite, or for a row with a wrong checksum."""
    if isinstance(error, sqlite3.OperationalError):
        return JournalError(
            "{file}: cannot be read ({error}). All stored verdicts are safe. "
            "Repair the cause, then run the same command again",
            file=file,
            error=error,
        )
    if isinstance(error, RowDamagedError):
        return JournalError(
            "{file}: damaged ({error}). To repair it and keep the verdicts that are intact, run: {command}",
            file=file,
            error=error,
            command=finishing_command(file.parent),
        )
    return JournalError(
        "{file}: damaged ({error}). Restore the file from a backup, or move it away and grade again",
        file=file,
        error=error,
    )
