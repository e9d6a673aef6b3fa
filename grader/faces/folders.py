"""Read submissions from plain folders: one folder or one file per student, or the stub files of one student."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from grader.core.errors import UsageError
from grader.core.submission import ENDINGS, NO_SOURCES, Submission, as_text, sources_below


def read_folder(folder: Path, stubs: Collection[str]) -> list[Submission]:
    """The submissions in a folder, by student. `stubs` are the names of the stub files. Raises UsageError.

    Stub files directly in the folder are one submission; otherwise every folder and every source file is a student.
    """
    if folder.is_file() and folder.suffix.lower() in ENDINGS:
        return [Submission(folder.stem, folder.parent, (folder.name,))]
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder. Name the folder that holds one folder or file per student")
    entries = sorted(
        entry for entry in folder.iterdir() if not entry.name.startswith(".") and entry.name not in NO_SOURCES
    )
    if any(entry.name in stubs for entry in entries):
        return [Submission(folder.resolve().name, folder, sources_below(folder))]
    found = [_student(entry) for entry in entries if entry.is_dir() or entry.suffix.lower() in ENDINGS]
    if not found:
        raise UsageError(f"{folder}: no students in it. It should hold one folder or one .py file per student")
    names = [submission.student for submission in found]
    for submission in found:
        if names.count(submission.student) > 1 and submission.root == folder:
            submission.student = submission.paths[0]  # a file beside a folder of the same name: two students
    return found


def _student(entry: Path) -> Submission:
    if entry.is_dir() and not entry.is_symlink():
        return Submission(as_text(entry.name), entry, sources_below(entry))
    name = entry.stem if entry.suffix.lower() in ENDINGS else entry.name
    return Submission(as_text(name), entry.parent, (entry.name,))
