"""Attempts of a run with their records, rendered from the journal alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from grader.core.language import translator
from grader.course.library import Library
from grader.grading.results.journal import Journal
from grader.grading.results.journal_rows.run_table import Attempt
from grader.grading.runs.file_choices import with_accept_command
from grader.grading.runs.second_tries import without_second_try
from grader.grading.runs.settlement import RecordWithReason
from grader.grading.verdicts.entry import JournalEntry
from grader.grading.verdicts.render import Renderer

RecordedAttempt = tuple[Attempt, list[RecordWithReason]]


def recorded_attempts(
    journal: Journal, library: Library, functions: Sequence[str], language: str, out: Path
) -> Iterator[RecordedAttempt]:
    """Yield the attempts of the journal's current run, each with the records of these functions.

    `out` is the results folder, which the reasons for review name in a command. Of an interrupted run, attempts that
    lack a verdict are left out, and functions that lack their second try are ungraded. Raises JournalError if a
    finished run lacks a verdict.
    """
    complete = journal.runs.is_complete
    tr = translator(language)
    renderer = Renderer(library, language, journal.calls.lookup(journal.runs.exercise_keys))

    def reason(student: str, entry: JournalEntry) -> str:
        return with_accept_command(renderer.review_reason(entry), student, entry, out, tr)

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
