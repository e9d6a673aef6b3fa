"""Find answers in a journal by their fingerprint: verdicts, code, and the calls of the failed checks.

The journal is only read: reports look up the few answers that they show.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import msgspec
from msgspec.structs import replace

from grader.core.errors import DAMAGED
from grader.execution.guest.call_recording.recorded_call import NO_DISPLAY, CheckDisplay, RecordedCall
from grader.grading.results.attachment_lookup import decode_attachments
from grader.grading.results.journal_rows.call_table import read_calls
from grader.grading.results.journal_rows.foreign_schema import open_database
from grader.grading.results.journal_rows.text_table import TextTable
from grader.grading.results.journal_rows.verdict_table import VERDICTS
from grader.grading.verdicts.entry import CheckEntry, FunctionEntry

ENTRY_DECODER = msgspec.json.Decoder(FunctionEntry)
KEYS_DECODER = msgspec.json.Decoder(dict[str, str])
QUERY = (
    "SELECT entry, keys, source, displays FROM verdicts LEFT JOIN runs ON runs.run = verdicts.run"
    f" WHERE student=? AND function=? AND {VERDICTS.intact} ORDER BY runs.rowid DESC"
)


@dataclass(frozen=True)
class Answer:
    """The answer of a student to one function, as stored in the journal.

    entry: the outcomes of all checks.
    source: the text of the graded file.
    displays: name of a failed check -> the call in that check (as recorded with the solution), its exceptions and its
        changed arguments.
    """

    student: str
    entry: FunctionEntry
    source: str
    displays: Mapping[str, CheckDisplay]

    @property
    def first_failed(self) -> CheckEntry:
        """The first check that failed; every answer with a fingerprint has a failed check."""
        return next(check for check in self.entry.checks if not check.passed)


class AnswerLookup:
    """Finds answers in the journal of a results folder, in a `with` block.

    In an unreadable journal, this class finds no answers.
    """

    def __init__(self, journal: Path) -> None:
        self._journal, self._calls = journal, dict[str, dict[str, RecordedCall]]()
        self._db: sqlite3.Connection | None = None

    def __enter__(self) -> AnswerLookup:
        try:
            self._db = open_database(f"{self._journal.resolve().as_uri()}?mode=ro", timeout=10)
        except sqlite3.Error:
            self._db = None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._db:
            self._db.close()

    def find(self, student: str, function: str, fingerprint: str) -> Answer | None:
        """Return the latest answer of a student with this fingerprint, or None."""
        try:
            for entry, keys, source, displays in self._db.execute(QUERY, (student, function)) if self._db else ():
                with suppress(*DAMAGED):  # skip an entry with a damaged text
                    decoded = ENTRY_DECODER.decode(self._text(entry) or b"")
                    if decoded.fingerprint == fingerprint:
                        attachments = decode_attachments(self._text(source), None, self._text(displays))
                        calls = self._calls_of(KEYS_DECODER.decode(keys or "{}").get(function, ""))
                        shown = _with_calls(decoded, attachments.displays, calls)
                        return Answer(student, decoded, attachments.source, shown)
        except (sqlite3.Error, TypeError):
            pass  # another program, or release 0.1, has written the journal
        return None

    def _text(self, name: bytes | None) -> bytes | None:
        return TextTable(self._db).read(name) if self._db and name else None

    def _calls_of(self, key: str) -> dict[str, RecordedCall]:
        if key not in self._calls and self._db:
            self._calls[key] = read_calls(self._db, key)
        return self._calls.get(key, {})


def _with_calls(
    entry: FunctionEntry, displays: Mapping[str, CheckDisplay], calls: Mapping[str, RecordedCall]
) -> dict[str, CheckDisplay]:
    failed = [check.name for check in entry.checks if not check.passed]
    return {
        name: replace(displays.get(name, NO_DISPLAY), call=calls.get(f"{entry.function}::{name}")) for name in failed
    }
