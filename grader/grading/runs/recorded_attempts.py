"""Attempts of a run with their records, rendered from the journal alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from grader.course.library import Library
from grader.grading.results.journal import Journal
from grader.grading.results.run_table import Attempt
from grader.grading.runs.settlement import RecordWithReason
from grader.grading.verdicts.render import Renderer

RecordedAttempt = tuple[Attempt, list[RecordWithReason]]


def recorded_attempts(
    journal: Journal, library: Library, functions: Sequence[str], language: str
) -> Iterator[RecordedAttempt]:
    """Yield the attempts of the journal's current run, each with the records of these functions.

    Of an interrupted run, attempts that lack a verdict are left out. Raises JournalError if a finished run lacks one.
    """
    complete = journal.runs.is_complete
    renderer = Renderer(library, language, journal.calls.lookup(journal.runs.exercise_keys))
    for attempt in journal.runs.attempts():
        if not complete and not journal.has_entries(attempt.student, attempt.keys):
            continue
        found = journal.entries(attempt.student, attempt.keys)
        entries = [found[function] for function in functions]
        yield (
            attempt,
            [(renderer.record(entry, attempt.student), renderer.review_reason(entry)) for entry in entries],
        )
