"""One submission: the files of one student, read as bytes when the grader reaches it. Links are not followed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from grader.core.reasons import Code, Reason
from grader.submissions.file_reading import FileReader, read_file, utf8_name, why_unreadable
from grader.submissions.size_limits import MAX_FILES, MAX_SUBMISSION_BYTES


@dataclass(frozen=True, slots=True)
class SubmissionMetadata:
    """Facts from the LMS and the roster about a submission and its student; unknown facts are empty.

    `submitted` is a time with its time zone. `late` is the flag of an LMS that gives no time. `attempt` counts from 1;
    0 marks a missing submission. `group` holds the names of all students who submitted together. `ids` are other ids of
    the student (a login, an id of the registry). `filed_as` is the name of the folder or file in the download, under
    which the LMS may expect feedback.
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
    """One attempt of one student: the paths of the files, relative to `root`.

    `read` fills `problems`: the reasons why the submission needs review. If the files are not in a folder,
    `list_files` replaces `paths`: it yields the path of each file and a function that reads it.
    """

    student: str
    root: Path
    paths: tuple[str, ...]
    problems: list[Reason] = field(default_factory=list)
    list_files: Callable[[], Iterator[tuple[str, FileReader]]] | None = None
    metadata: SubmissionMetadata = SubmissionMetadata()

    def read(self) -> tuple[tuple[str, bytes], ...]:
        """Return (path, bytes) of each file; add each file that cannot be read to `problems`."""
        files: list[tuple[str, bytes]] = []
        self.problems, room = [], MAX_SUBMISSION_BYTES
        for number, (path, read) in enumerate(self.list_files() if self.list_files else self._folder_files()):
            if number == MAX_FILES:
                self.problems.append(Reason.of(Code.TOO_MANY_FILES, limit=MAX_FILES))
                break
            try:
                data = read()
                room -= len(data)
                if room < 0:
                    self.problems.append(Reason.of(Code.TOO_MUCH, mib=MAX_SUBMISSION_BYTES >> 20))
                    break
                files.append((utf8_name(path), data))
            except (OSError, ValueError) as error:
                self.problems.append(why_unreadable(error).about(utf8_name(path)))
        return tuple(files)

    def _folder_files(self) -> Iterator[tuple[str, FileReader]]:
        return ((path, partial(read_file, self.root / path)) for path in self.paths)
