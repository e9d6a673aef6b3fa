"""Read what a system of courses lets an instructor download, as a folder or as a zip: every attempt of every student.

Theory of operation
    `disk` and `zips` list the members of a download, names only. Each layout is a module that says which names at the
    top are its own and whose they are; it does not care where they lie. `detect` chooses the layout, and says why.
    What is read is bytes, when a student's turn comes (`contents`).
    The download itself is the instructor's: when it cannot be read at all, that is a usage error. What is odd about
    one file is a problem of the student whose it is: a human looks, and the rest is graded.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from grader.core.errors import UsageError
from grader.submissions.download_remarks import notes
from grader.submissions.layouts.detection import LAYOUTS, choose
from grader.submissions.members import folders, zips
from grader.submissions.members.tree import ARCHIVES, Handed, Translate, Tree
from grader.submissions.student_files import contents
from grader.submissions.submission import ENDINGS, Submission

__all__ = ["LAYOUTS", "Reading", "read_download"]


@dataclass(frozen=True)
class Reading:
    """What was handed in: every attempt, by student; the layout, why it is that one, and what is worth a line."""

    submissions: list[Submission]
    layout: str
    why: str
    notes: list[str]


def read_download(path: Path, stubs: Collection[str], layout: str, tr: Translate) -> Reading:
    """Read a download. `stubs` are the names of the stub files, `layout` is one of LAYOUTS. Raises UsageError."""
    tree = _tree(path)
    choice = choose(tree, stubs, layout, tr)
    if not choice.handed:
        raise UsageError(
            "{path}: no students in it (layout: {layout}). It should hold "
            "one folder, one .py file or one zip per student",
            path=path,
            layout=choice.layout,
        )
    submissions = [_submission(path, handed) for handed in sorted(_apart(choice.handed), key=_order)]
    return Reading(submissions, choice.layout, choice.why, notes(choice, stubs, tr))


def _tree(path: Path) -> Tree:
    if path.is_dir():
        return folders.read_tree(path)
    if path.suffix.lower() == ".zip":
        return zips.read_tree(path)
    if path.is_file() and path.name.lower().endswith(ENDINGS):
        return folders.file_tree(path)
    if path.is_file() and path.name.lower().endswith(ARCHIVES):
        raise UsageError("{path}: a class is read from a folder or a .zip. Unpack it, and name the folder", path=path)
    raise UsageError(
        "{path}: no such folder. Name the folder or the zip that holds one folder or file per student", path=path
    )


def _submission(path: Path, handed: Handed) -> Submission:
    empty = all(member.is_folder for member in handed.members)
    about = replace(handed.about, attempt=0) if empty else handed.about
    return Submission(handed.student, path, (), contents=partial(contents, handed.members), about=about)


def _order(handed: Handed) -> tuple[str, int]:
    return handed.student, handed.about.attempt


def _apart(found: Collection[Handed]) -> list[Handed]:
    """Everybody under a name of her own: what is not another attempt gets a number."""
    taken: set[tuple[str, int]] = set()
    made = []
    for handed in found:
        student, number = handed.student, 1
        while (student, handed.about.attempt) in taken:
            number += 1
            student = f"{handed.student} ({number})"
        taken.add((student, handed.about.attempt))
        made.append(replace(handed, student=student))
    return made
