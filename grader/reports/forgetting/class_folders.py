"""Remove the files of students from the folder of submissions, and from the folder of an instructor's fixes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from grader.core.errors import UsageError
from grader.reports.forgetting.students_to_forget import ResultsToClean

Translate = Callable[[str], str]


def forget_submissions(submissions_folder: Path, target: ResultsToClean, names: Sequence[str], tr: Translate) -> str:
    """Remove the files and folders of these students from the folder of submissions; return a sentence that lists them.

    The removed files and folders are named by the id of a student, or their names begin with the text that the LMS gave
    to the files of the student. Raises UsageError if the submissions are not in a folder.
    """
    if not submissions_folder.is_dir():
        raise UsageError(
            "Not a folder: {path}. The grader cannot remove submissions from an archive; remove them yourself.",
            path=submissions_folder,
        )
    ids_and_names = {(name, target.people[name].filed_as) for name in names}
    entries_of_students = [
        entry
        for entry in sorted(submissions_folder.iterdir())
        if any(is_filed(entry, *names_of_entry) for names_of_entry in ids_and_names)
        and (entry.name in names or entry.name not in target.people)  # keep another student's
    ]
    for entry in entries_of_students:
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    return tr("{folder}: removed: {entries}").format(
        folder=submissions_folder, entries=", ".join(e.name for e in entries_of_students) or "—"
    )


def forget_fixes(folder: Path, names: Sequence[str], tr: Translate) -> str:
    """Remove the folders of these students, named by their ids, from the folder of fixes; return a sentence on them.

    Raises UsageError if `folder` is no folder.
    """
    if not folder.is_dir():
        raise UsageError("Folder of fixes not found: {path}", path=folder)
    found = [path for path in sorted(folder.iterdir()) if path.name in names and path.is_dir()]
    for path in found:
        if path.is_symlink():
            path.unlink()
        else:
            shutil.rmtree(path)
    return tr("{folder}: removed: {entries}").format(folder=folder, entries=", ".join(p.name for p in found) or "—")


def is_filed(entry: Path, student: str, filed_as: str) -> bool:
    """True if a file or folder in the folder of submissions belongs to this student only.

    `filed_as` is the name that the LMS gave to the student's files, or an empty text. Canvas and Moodle put the id
    between underscores; all file names of a student begin with the same text up to the id.
    """
    before, id_, _ = filed_as.partition(f"_{student}_")
    prefix = before + id_
    if not prefix or not entry.name.startswith(prefix):
        return student == entry.name or (student == entry.stem and not entry.is_dir())
    return not prefix[-1].isalnum() or not entry.name[len(prefix) :][:1].isalnum()
