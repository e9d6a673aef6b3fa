"""Choose the file that is graded if several files of a submission define a function (`grader accept`)."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from grader.core.errors import UsageError
from grader.core.visible_text import visible
from grader.grading.results.journal import Journal
from grader.grading.results.journal_rows.accepted_files import AcceptedFile
from grader.grading.results.journal_rows.run_table import Attempt
from grader.grading.results.run_file import JOURNAL_FILE
from grader.grading.verdicts.entry import JournalEntry
from grader.submissions.students.student_lookup import StudentIndex

DEFAULT_RESULTS = Path("results")
"""Results folder of the commands that take --results."""


def candidates_of(entry: JournalEntry) -> tuple[str, ...]:
    """Return the files to choose from for a function; empty if a single file holds an answer."""
    if files := entry.result.files_to_choose:
        return files
    return (entry.file, *entry.result.other_files) if entry.result.other_files else ()


def accept_command(student: str, file: str, out: Path) -> str:
    """Return the command that chooses a file; it names the results folder `out` relative to the current folder."""
    here = Path.cwd()
    folder = out.relative_to(here) if out.is_relative_to(here) else out
    options = [] if folder == DEFAULT_RESULTS else ["--results", str(folder)]
    names = [visible(student), visible(file)]
    separator = ["--"] if any(name.startswith("-") for name in names) else []
    return shlex.join(["grader", "accept", *options, *separator, *names])


def with_accept_command(reason: str, student: str, entry: JournalEntry, out: Path, tr: Callable[[str], str]) -> str:
    """Return the reason for a review; if a file must be chosen, with the command that chooses it."""
    files = entry.result.files_to_choose
    if not files:
        return reason
    text = tr("{reason}. To let a file count, name it: {command}")
    return text.format(reason=reason, command=accept_command(student, files[0], out))


def choose_file(folder: Path, name: str, file: str, remove: bool, tr: Callable[[str], str]) -> Iterator[str]:
    """Choose a file of a student, or with `remove` take the choice back. Yield sentences that say what was done.

    folder: results folder with the journal of the last run.
    name: id, other id, email address or name of the student.
    file: path in the submission. The grader takes this file for each function that this file and another file define.
        With `remove` an empty text takes back all choices for this student.

    Raises UsageError if the student or the file is unknown; the message lists the files to choose from.
    """
    if not (folder / JOURNAL_FILE).is_file():
        raise UsageError("{path}: no journal here. Name the results folder with --results DIR", path=folder)
    with Journal(folder / JOURNAL_FILE, upgrade=False) as journal:
        if not journal.can_choose or not journal.runs.reopen():
            raise UsageError("{path}: no verdicts that this version can use. Grade again into this folder", path=folder)
        attempts = list(journal.runs.attempts())
        student = StudentIndex({attempt.student: attempt.metadata for attempt in attempts}).require(name)
        stored = journal.accepted.of_student(student)
        if remove:
            yield from _remove(journal, student, file, stored, tr)
            return
        choices = list(_choices(journal, [attempt for attempt in attempts if attempt.student == student], stored))
        chosen = [choice for choice in choices if file in choice.candidates]
        if not chosen:
            raise _no_candidate(student, file, choices)
        journal.accepted.add(
            AcceptedFile(choice.student, choice.function, choice.content, file, choice.candidates) for choice in chosen
        )
        functions = ", ".join(dict.fromkeys(choice.function for choice in chosen))
        yield tr("{student}: {file} counts for {functions}").format(student=student, file=file, functions=functions)


def _choices(journal: Journal, attempts: Sequence[Attempt], stored: Sequence[AcceptedFile]) -> Iterator[AcceptedFile]:
    """Yield the choice for each function that several files define: the candidates, and the file that counts now."""
    earlier = {(choice.function, choice.content): choice for choice in stored}
    for attempt in attempts:
        for function, entry in journal.stored_entries(attempt.student, attempt.keys).items():
            found = earlier.get((function, attempt.content))
            files = found.candidates if found else candidates_of(entry)
            if files:
                yield AcceptedFile(attempt.student, function, attempt.content, entry.file, files)


def _no_candidate(student: str, file: str, choices: Sequence[AcceptedFile]) -> UsageError:
    if not choices:
        return UsageError(
            "No choice to make for {student}: no function is defined in several files of the submission",
            student=student,
        )
    return UsageError(
        "{file} is not among the files of {student} that define a function several times. To choose from: {choices}",
        file=visible(file) or "—",
        student=student,
        choices="; ".join(f"{choice.function}: {visible(', '.join(choice.candidates))}" for choice in choices),
    )


def _remove(
    journal: Journal, student: str, file: str, stored: Sequence[AcceptedFile], tr: Callable[[str], str]
) -> Iterator[str]:
    removed = [choice for choice in stored if file in ("", choice.file)]
    if not removed:
        known = ", ".join(dict.fromkeys(choice.file for choice in stored))
        if known:
            raise UsageError(
                "No choice of {file} for {student}. Chosen: {known}", file=file, student=student, known=known
            )
        raise UsageError("No file was chosen for {student}", student=student)
    journal.accepted.remove(removed)
    files = ", ".join(dict.fromkeys(choice.file for choice in removed))
    yield tr("{student}: the choice of {files} is removed").format(student=student, files=files)
