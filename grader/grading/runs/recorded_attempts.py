"""Attempts of a run with their records, rendered from the journal alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from grader.core.language import translator
from grader.course.library import Library
from grader.grading.results.journal import Journal
from grader.grading.results.journal_rows.run_table import Attempt
from grader.grading.results.run_file import JOURNAL_FILE
from grader.grading.runs.accepting_files import with_accept_command
from grader.grading.runs.final_results import RecordWithReason
from grader.grading.runs.second_tries import without_second_try
from grader.grading.verdicts.entry import JournalEntry
from grader.grading.verdicts.record import FunctionRecord
from grader.grading.verdicts.render import Renderer

RecordedAttempt = tuple[Attempt, list[RecordWithReason]]


def recorded_attempts(
    journal: Journal, library: Library, functions: Sequence[str], language: str, out: Path
) -> Iterator[RecordedAttempt]:
    """Yield the attempts of the journal's current run, each with the records of these functions.

    `out` is the results folder: some reasons for review contain a command that names it. If the run is interrupted,
    attempts that lack a verdict are left out, and functions that lack their second try are ungraded. Raises
    JournalError if a verdict of a finished run is missing.
    """
    complete = journal.runs.is_complete
    tr = translator(language)
    renderer = Renderer(library, language, journal.calls.lookup(journal.runs.exercise_keys))

    def reason(student: str, entry: JournalEntry) -> str:
        why = renderer.review_reason(entry)
        return with_accept_command(why, student, entry, out, tr) if why else ""

    for attempt in journal.runs.attempts():
        if not complete and not journal.has_entries(attempt.student, attempt.keys):
            continue
        found = journal.entries(attempt.student, attempt.keys)
        found = found if complete else without_second_try(found)
        entries = [found[function] for function in functions]
        yield (
            attempt,
            [(renderer.record(entry, attempt.student), reason(attempt.student, entry)) for entry in entries],
        )


def records_in_language(
    folder: Path, library: Library, records: Sequence[FunctionRecord], number: int | None, language: str
) -> list[FunctionRecord]:
    """Return the records of one student with their texts in another language, rendered from the journal of the folder.

    `number` is the number of the graded attempt; None: unknown. Scores are unchanged. A record also keeps its texts if
    the journal does not have its verdicts any more. Raises JournalError, RowDamagedError and UsageError.
    """
    student, found = records[0].student, dict[str, FunctionRecord]()
    with Journal(folder / JOURNAL_FILE, upgrade=False) as journal:
        if journal.runs.reopen():
            renderer = Renderer(library, language, journal.calls.lookup(journal.runs.exercise_keys))
            for attempt in journal.runs.attempts():
                fits = attempt.student == student and number in (None, attempt.metadata.attempt)
                if fits and journal.has_entries(student, attempt.keys):
                    entries = journal.entries(student, attempt.keys)
                    found = {function: renderer.record(entry, student) for function, entry in entries.items()}
    return [_with_texts_of(record, found.get(record.function, record)) for record in records]


def _with_texts_of(record: FunctionRecord, other: FunctionRecord) -> FunctionRecord:
    """Return a record with the texts of another record if both have the same verdicts, else unchanged."""
    verdicts = [(r.outcome, [(check.name, check.passed) for check in r.checks]) for r in (record, other)]
    if verdicts[0] != verdicts[1]:
        return record
    checks = [
        msgspec.structs.replace(check, claim=new.claim, message=new.message, call=new.call, relation=new.relation)
        for check, new in zip(record.checks, other.checks, strict=True)
    ]
    return msgspec.structs.replace(record, checks=checks, remark=other.remark)
