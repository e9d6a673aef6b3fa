"""Grading journal: one row per verdict, written as soon as it is decided. The result files are computed from it.

Theory of operation
    A verdict is found by the student, the function and the cache key (`verdict_cache.cache_key`), a hash of all that it
    depends on. The row of a verdict (`journal_rows.verdict_table`) holds hashes of its texts; the journal stores each
    text once for all verdicts (`journal_rows.text_table`). A time-out or crash that happened in one try only
    (`runs.second_tries`), or a failure of the grader, is found only in the run that stored it: the run can resume with
    it if it is killed, and the next run decides the function again. No row holds a sentence (`verdicts.entry`), so a
    verdict does not depend on a language. `journal_rows.run_table` keeps runs and attempts.

    Every row has a checksum (`journal_rows.row_checksum`). A damaged verdict, or a verdict with a damaged text, is not
    found, so it is decided again. If SQLite itself cannot read the file, the `with` block ends with JournalError.

    If the process is killed, all stored verdicts remain. A loss of power may remove the verdicts of the last seconds
    (`journal_rows.journal_file.SYNC_INTERVAL`); the file stays intact, and these verdicts are decided again. The start
    and the end of a run, and the end of its grading, are on the disk before the grader continues.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from grader.core.byte_cache import ByteCache
from grader.core.errors import DAMAGED
from grader.grading.results.attachment_lookup import decode_attachments
from grader.grading.results.journal_rows.accepted_files import AcceptedFiles
from grader.grading.results.journal_rows.call_table import CallTable
from grader.grading.results.journal_rows.extraction_table import ExtractionTable
from grader.grading.results.journal_rows.journal_error import JournalError
from grader.grading.results.journal_rows.journal_file import RELEASE_0_1, SCHEMA, JournalFile
from grader.grading.results.journal_rows.row_checksum import Statement, text_values
from grader.grading.results.journal_rows.run_table import RunTable
from grader.grading.results.journal_rows.text_table import NewTexts, TextTable
from grader.grading.results.journal_rows.verdict_table import VERDICTS, VERDICTS_TABLE, decode_remark, verdict_values
from grader.grading.results.run_file import finishing_command
from grader.grading.verdicts.entry import Attachments, FunctionEntry, JournalEntry, SecondTry

MAY_BE_CHANCE = ("timed_out", "crashed")
"""Outcomes that may differ when the same submission runs again. Later runs reuse them only if two tries agree."""
NOT_REPRODUCIBLE = (*MAY_BE_CHANCE, "grader_fault")
"""Outcomes that, after a single try, only the same run reuses."""


ENTRY_DECODER = msgspec.json.Decoder(FunctionEntry)
ENTRIES_LIMIT = 16 << 20
"""Maximum memory, in bytes, for the cache of decoded entries; most take a few kilobytes."""

ENTRY_TIMES = 8
"""Approximate memory of a decoded entry, as a multiple of its bytes."""


class Journal:
    """journal.sqlite of one results folder. Raises UsageError if another version of the grader wrote it.

    A journal of release 0.1 is upgraded: its verdicts are deleted, and `upgraded` is true. If `upgrade` is false, such
    a journal stays as it is, and only `students`, `forget` and `can_choose` may be used. With `read_only` nothing is
    written.
    """

    def __init__(self, path: Path, upgrade: bool = True, read_only: bool = False) -> None:
        self._path, self.upgraded = path, False
        self._file = JournalFile(path, read_only)
        self._db, write = self._file.db, self._file.write
        self._texts = TextTable(self._db)
        self._decoded: ByteCache[bytes, FunctionEntry] = ByteCache(ENTRIES_LIMIT)
        self.runs = RunTable(self._db, write, self._file.write_durably)
        self.calls = CallTable(self._db, write)
        self.accepted = AcceptedFiles(self._db, write)
        self.extractions = ExtractionTable(self._db, write)
        version = self._file.version
        if not read_only and (upgrade or version not in RELEASE_0_1):
            with self._file.report_unusable_file():
                self._prepare(version)

    def _prepare(self, version: int) -> None:
        self.upgraded = version in RELEASE_0_1
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            if self.upgraded:
                self._db.execute("DROP TABLE verdicts")
                self._db.execute("DROP TABLE IF EXISTS sources")
            self._db.execute(VERDICTS_TABLE)
            self._texts.prepare()
            self.runs.prepare()
            self.calls.prepare()
            self.accepted.prepare()
            self.extractions.prepare()
            self._db.execute(f"PRAGMA user_version={SCHEMA}")

    def begin(
        self, plan: str, fresh: bool = False, stubs: Mapping[str, str] | None = None, retry_timeouts: bool = False
    ) -> bool:
        """Start a run and return False, or resume the last run (same plan, not finished) and return True.

        fresh: the journal finds only verdicts of this run.
        stubs: the stub of each exercise; source texts that repeat their stub need little space.
        retry_timeouts: the journal finds time-outs and crashes only of this run.
        With `fresh` or `retry_timeouts`, archives that exceeded their time limit are opened again.
        """
        if fresh or retry_timeouts:
            self.extractions.forget_slow()
        self._fresh, self._retry_timeouts = fresh, retry_timeouts
        self._stubs = {exercise: stub.encode() for exercise, stub in (stubs or {}).items()}
        return self.runs.begin(plan)

    def find(self, student: str, keys: Mapping[str, str], mistakes: Mapping[str, str]) -> dict[str, JournalEntry]:
        """Return the stored entries of a student under these keys (function -> key), by function.

        mistakes: hash of the known mistakes of each function (`Library.mistake_hashes`). A wrong answer is left out if
            the function has other known mistakes now.
        Damaged rows are left out, so their functions are graded again.
        """
        usable = ("AND (run=? OR (? AND reproducible))", self.runs.current, not self._fresh)
        found = self._entries(student, keys, *usable)
        if self._retry_timeouts and any(entry.result.outcome in MAY_BE_CHANCE for entry in found.values()):
            own = {function for function, *_ in self._rows("run", student, keys, "AND run=?", self.runs.current)}
            found = {f: e for f, e in found.items() if f in own or e.result.outcome not in MAY_BE_CHANCE}
        return {f: entry for f, entry in found.items() if entry.result.known_mistakes in ("", mistakes[f])}

    def has_entries(self, student: str, keys: Mapping[str, str]) -> bool:
        """True if the journal has a verdict under each of these keys, from any run."""
        return len(self._entries(student, keys)) == len(keys)

    def entries(self, student: str, keys: Mapping[str, str]) -> dict[str, JournalEntry]:
        """Return the entries under all of these keys, by function. Raises JournalError if an entry is missing."""
        found = self._entries(student, keys)
        if len(found) < len(keys):
            raise JournalError(
                "{file}: verdicts on {student} are missing or damaged, because another program or a disk changed the "
                "file. To grade what is missing, run: {command}",
                file=self._path,
                student=student,
                command=finishing_command(self._path.parent),
            )
        return found

    def stored_entries(self, student: str, keys: Mapping[str, str]) -> dict[str, JournalEntry]:
        """Return the entries that the journal has under these keys, by function."""
        return self._entries(student, keys)

    @property
    def can_choose(self) -> bool:
        """False for a journal of release 0.1 that was not upgraded: it has no attempts and no chosen files."""
        return self._file.has_table("accepted")

    def _entries(
        self, student: str, keys: Mapping[str, str], condition: str = "", *values: object
    ) -> dict[str, JournalEntry]:
        """Return the entries under these keys whose texts are undamaged and whose rows fulfill an SQL condition."""
        found = {}
        columns = "entry, file, seconds, remark, source, pictures, displays"
        for function, name, file, seconds, remark, *texts in self._rows(columns, student, keys, condition, *values):
            with suppress(*DAMAGED, TypeError):
                if all(text is None or self._texts.has(text) for text in texts):
                    entry = self._read_entry(name)
                    found[function] = JournalEntry(entry, str(file), float(seconds), remark=decode_remark(remark))
        return found

    def _rows(
        self, columns: str, student: str, keys: Mapping[str, str], condition: str = "", *values: object
    ) -> Iterator[tuple[Any, ...]]:
        """Return the function and the given columns of a student's verdicts, with one query for all functions."""
        wanted = {function: bytes.fromhex(key) for function, key in keys.items()}
        distinct = [*set(wanted.values())]
        found = self._db.execute(
            f"SELECT function, key, {columns} FROM verdicts"
            f" WHERE student=? AND key IN ({','.join('?' * len(distinct))}) {condition} AND {VERDICTS.intact}",
            (student, *distinct, *values),
        )
        return ((function, *values_found) for function, key, *values_found in found if wanted.get(function) == key)

    def _read_entry(self, name: bytes) -> FunctionEntry:
        """Return a decoded entry. While an entry is in the cache, equal entries are the same object.

        `verdicts.render` relies on that.
        """
        if found := self._decoded.get(name):
            return found
        text = self._texts.read(name)
        return self._decoded.put(name, ENTRY_DECODER.decode(text), ENTRY_TIMES * len(text))

    def keep(self, student: str, keys: Mapping[str, str], entries: Iterable[JournalEntry]) -> None:
        """Store the entries of one student, all or none. Raises JournalError."""
        texts, sources = NewTexts(self._texts), dict[str, bytes | None]({"": None})
        rows: list[Statement] = []
        for entry in entries:
            result, source = entry.result, entry.attachments.source
            if source not in sources:  # several functions share a file
                sources[source] = texts.add(source.encode(), self._stubs.get(result.exercise, b""))
            happened_twice = result.outcome in MAY_BE_CHANCE and result.second_try == SecondTry.SAME
            reproducible = happened_twice or result.outcome not in NOT_REPRODUCIBLE
            key = bytes.fromhex(keys[result.function])
            row = verdict_values(student, key, entry, self.runs.current, reproducible, sources[source], texts)
            rows.append((VERDICTS.insert, row))
        self._file.write_verdicts([*texts.statements, *rows])

    def attachments(self, student: str, keys: Mapping[str, str]) -> dict[str, Attachments]:
        """Return the attachments of a student's functions under these keys, by function."""
        found, read = {}, lru_cache(None)(self._texts.read)
        for function, *texts in self._rows("source, pictures, displays", student, keys):
            if any(texts):
                with suppress(*DAMAGED, TypeError):
                    found[function] = decode_attachments(*(read(name) if name else None for name in texts))
        return found

    def students(self) -> list[str]:
        """Return the ids of all students in the journal, sorted."""
        found = text_values(self._db.execute("SELECT DISTINCT student FROM verdicts"))
        return sorted(found | self.runs.students() | self.extractions.students())

    def forget(self, students: Sequence[str], names_student: Callable[[str], bool] | None = None) -> int:
        """Delete all rows about these students, also from the free pages of the file and its log.

        `names_student` returns whether a text names one of these students (default: whether it contains one of their
        ids). Returns the number of deleted verdicts. Raises JournalError, also if another process has the file open.
        """
        before = self._db.total_changes
        self._file.write([("DELETE FROM verdicts WHERE student=?", (student,)) for student in students])
        removed = self._db.total_changes - before
        if self._file.has_table("texts"):
            self._file.write(self._texts.delete_unused())
            self._decoded = ByteCache(ENTRIES_LIMIT)
        elif self._file.has_table("sources"):  # a journal of release 0.1 (schema 2)
            used = "SELECT source FROM verdicts WHERE source IS NOT NULL"
            self._file.write([(f"DELETE FROM sources WHERE hash NOT IN ({used})", ())])
        self.accepted.forget(students)
        self.runs.forget(students, names_student or (lambda text: any(student in text for student in students)))
        self.extractions.forget(students)
        self._file.clean()
        return removed

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None = None, error: BaseException | None = None, *trace: object
    ) -> None:
        """Close the journal. Raises JournalError if an error of SQLite ended the `with` block."""
        self._file.close(error)
