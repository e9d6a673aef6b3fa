"""`Submission`: the files of one student, which are read as bytes when the grader reaches the student."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeAlias

from grader.core.reasons import Code, Reason
from grader.submissions.file_reading import (
    FileReader,
    OpenArchive,
    OpenStudentArchive,
    read_file,
    refuse_to_open,
    utf8_name,
    why_unreadable,
)
from grader.submissions.size_limits import MAX_FILES, MAX_SUBMISSION_BYTES

Files: TypeAlias = tuple[tuple[str, bytes], ...]
"""Path and bytes of each file of a submission."""


@dataclass(frozen=True, slots=True)
class AppliedFix:
    """The changes that a fix of the instructor made in a submission (`grader grade --fixes DIR`).

    digest: hash of the files of the fix.
    original: hash of the submission without the fix, in this run.
    replaced, added, left_out: paths of the files that the fix replaces, adds, or leaves out. A file of the fix that
        equals the student's file is in none of these lists.
    unknown: paths in DELETE that the submission does not have.
    unreadable: paths of files of the fix that could not be read.
    first_original: hash of the submission without the fix when this fix was first used.
    alone: True if the student submitted nothing, so that the fix is the whole submission.
    """

    digest: str
    original: str
    replaced: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    first_original: str = ""
    alone: bool = False

    @property
    def changes_files(self) -> bool:
        """Whether the fix changes the files of the submission."""
        return bool(self.replaced or self.added or self.left_out)


@dataclass(frozen=True, slots=True)
class SubmissionMetadata:
    """Facts from the LMS and the roster about a submission and its student; unknown facts are empty.

    group: names of all students who submitted together.
    submitted: time of submission, with its time zone.
    late: True if the LMS marks the submission as late without giving a time.
    attempt: number of the attempt, from 1; 0 for a missing submission.
    ids: other ids of the student, such as a login or a number of the registry.
    filed_as: name of the folder or file in the download; the LMS may expect feedback under this name.
    """

    name: str = ""
    email: str = ""
    group: tuple[str, ...] = ()
    submitted: datetime | None = None
    late: bool = False
    attempt: int = 1
    ids: tuple[str, ...] = ()
    filed_as: str = ""


@dataclass(slots=True)
class Submission:
    """One attempt of one student.

    paths: paths of the files, relative to the folder `root`.
    problems: reasons why the submission needs review; `read` sets them.
    list_files: replaces `paths` for files that are not in a folder. `list_files` is called with a function that opens
        archives, and yields the path of each file with a function that reads the file.
    applied_fix: changes that a fix of the instructor made; `read` sets them.
    """

    student: str
    root: Path
    paths: tuple[str, ...]
    problems: list[Reason] = field(default_factory=list)
    list_files: Callable[[OpenArchive], Iterator[tuple[str, FileReader]]] | None = None
    metadata: SubmissionMetadata = SubmissionMetadata()
    applied_fix: AppliedFix | None = None

    def read(self, open_archive: OpenStudentArchive = refuse_to_open) -> Files:
        """Return (path, bytes) of each file; set `problems` to the reasons why other files cannot be read.

        `open_archive` opens archives that are neither zips nor plain tars. By default such archives cannot be read.
        """
        files, self.problems = read_listed(self.listing(open_archive))
        return files

    def listing(self, open_archive: OpenStudentArchive = refuse_to_open) -> Iterator[tuple[str, FileReader]]:
        """Yield the path of each file that the student submitted, with a function that reads the file."""
        if self.list_files is None:
            return self._folder_files()
        return self.list_files(partial(open_archive, self.student))

    def _folder_files(self) -> Iterator[tuple[str, FileReader]]:
        return ((path, partial(read_file, self.root / path)) for path in self.paths)


def read_listed(listing: Iterable[tuple[str, FileReader]]) -> tuple[Files, list[Reason]]:
    """Return (path, bytes) of each file within the limits of a submission, and the reasons why others are not read."""
    files: list[tuple[str, bytes]] = []
    problems: list[Reason] = []
    room = MAX_SUBMISSION_BYTES
    for number, (path, read) in enumerate(listing):
        if number == MAX_FILES:
            problems.append(Reason.of(Code.TOO_MANY_FILES, limit=MAX_FILES))
            break
        try:
            data = read()
            room -= len(data)
            if room < 0:
                problems.append(Reason.of(Code.TOO_MUCH, mib=MAX_SUBMISSION_BYTES >> 20))
                break
            files.append((utf8_name(path), data))
        except (OSError, ValueError) as error:
            problems.append(why_unreadable(error).about(utf8_name(path)))
    return tuple(files), problems
