"""Read all attempts of all students in a download from a learning management system (LMS).

Theory of operation
    `members.folders` and `members.zips` list the files in a download by their paths. Each module in `layouts` knows the
    names that one LMS writes at the top level, and the student to whom each name belongs. `layouts.detection` chooses
    the layout and gives the reason. `student_files` reads the bytes of a student's files when the grader reaches the
    student. If the download itself cannot be read, the instructor gets a usage error. If a student's file cannot be
    read, that student needs review, and all other students are graded.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from grader.core.errors import UsageError
from grader.submissions.download_warnings import download_warnings
from grader.submissions.file_reading import SOURCE_SUFFIXES
from grader.submissions.layouts.detection import LAYOUTS, choose_layout
from grader.submissions.members import folders, zips
from grader.submissions.members.tree import ARCHIVES, DownloadedAttempt, Translate, Tree
from grader.submissions.results_folders import without_results_folders
from grader.submissions.student_files import open_student_files
from grader.submissions.submission import Submission

__all__ = ["LAYOUTS", "Download", "read_download"]


@dataclass(frozen=True)
class Download:
    """The submissions in a download, sorted by student; the layout and the reason for it; warnings, one line each."""

    submissions: list[Submission]
    layout: str
    layout_reason: str
    warnings: list[str]


def read_download(path: Path, stubs: Collection[str], layout: str, tr: Translate, out: Path | None = None) -> Download:
    """Read a download, which is a folder or a file. Results folders of the grader in it are left out.

    `stubs` are the names of the stub files, `layout` is one of LAYOUTS, `out` is the results folder of this run. Raises
    UsageError if the download cannot be read or contains no student.
    """
    tree, results_folders = without_results_folders(_read_tree(path), out)
    choice = choose_layout(tree, stubs, layout, tr)
    if not choice.attempts:
        raise UsageError(
            "{path}: no students found (layout: {layout}). The path must hold "
            "one folder, one .py file or one zip per student",
            path=path,
            layout=choice.layout,
        )
    attempts = sorted(_with_distinct_names(choice.attempts), key=_order)
    submissions = [_submission(path, attempt) for attempt in attempts]
    warnings = download_warnings(choice, results_folders, tree.skipped, tr)
    return Download(submissions, choice.layout, choice.reason, warnings)


def _read_tree(path: Path) -> Tree:
    if path.is_dir():
        return folders.read_tree(path)
    if path.suffix.lower() == ".zip":
        return zips.read_tree(path)
    if path.is_file() and path.name.lower().endswith(SOURCE_SUFFIXES):
        return folders.file_tree(path)
    if path.is_file() and path.name.lower().endswith(ARCHIVES):
        raise UsageError(
            "{path}: only a folder or a .zip can hold a class. Unpack the archive, then pass the folder", path=path
        )
    raise UsageError(
        "{path}: not a folder or a zip. Pass the folder or the zip that holds one folder or file per student",
        path=path,
    )


def _submission(path: Path, attempt: DownloadedAttempt) -> Submission:
    is_missing = all(member.is_folder for member in attempt.members)
    metadata = replace(attempt.metadata, attempt=0) if is_missing else attempt.metadata
    files = partial(open_student_files, attempt.members)
    return Submission(attempt.student, path, (), list_files=files, metadata=metadata)


def _order(attempt: DownloadedAttempt) -> tuple[str, int]:
    return attempt.student, attempt.metadata.attempt


def _with_distinct_names(attempts: Collection[DownloadedAttempt]) -> list[DownloadedAttempt]:
    """Add a number to a student's name if an earlier attempt has the same name and the same attempt number."""
    taken: set[tuple[str, int]] = set()
    distinct = []
    for attempt in attempts:
        student, number = attempt.student, 1
        while (student, attempt.metadata.attempt) in taken:
            number += 1
            student = f"{attempt.student} ({number})"
        taken.add((student, attempt.metadata.attempt))
        distinct.append(replace(attempt, student=student))
    return distinct
