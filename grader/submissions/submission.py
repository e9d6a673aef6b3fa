"""One submission: the files of one student, read as bytes when the grader reaches it. Links are not followed."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeAlias

from grader.core.reasons import Code, Reason, UnreadableError

MAX_FILE_BYTES = 1 << 20
"""Largest source file, in bytes. An exercise has a few kilobytes."""

MAX_NOTEBOOK_BYTES = 8 << 20
"""Largest notebook, in bytes. It holds pictures, encoded as text."""

MAX_SUBMISSION_BYTES = 16 << 20
"""Largest submission, in bytes. Several submissions are in memory at a time."""

MAX_FILES = 200
"""Most files that are read of one submission."""

SOURCE_SUFFIXES = (".py", ".ipynb")
IGNORED_FOLDERS = {"__pycache__", "__MACOSX", "node_modules", "site-packages"}

FileReader: TypeAlias = Callable[[], bytes]
"""Returns the bytes of one file. Raises OSError or UnreadableError."""


@dataclass(frozen=True, slots=True)
class SubmissionMetadata:
    """What the LMS and the roster say about a submission and its student; empty where they say nothing.

    `submitted` is a time with its time zone. `late` is the flag of an LMS that gives no time. `attempt` counts from 1;
    0 marks a missing submission. `group` holds the names of all who submitted together. `ids` are other ids of the
    student (a login, an id of the registry). `filed_as` is the name of the folder or file in the download, under
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


def why_unreadable(error: OSError | ValueError) -> UnreadableError:
    """The reason why a file is not read; what the system says is a fact of it."""
    if isinstance(error, UnreadableError):
        return error
    if isinstance(error, ValueError):
        return UnreadableError(Code.SYSTEM_ERROR, error=str(error))
    return UnreadableError(Code.SYSTEM_ERROR, error=error.strerror or str(error))


def utf8_name(name: str) -> str:
    """Return a file's name with the bytes replaced that are not UTF-8; no file or terminal could take them."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def size_limit(name: str) -> int:
    """Return the largest number of bytes for a file of that name."""
    return MAX_NOTEBOOK_BYTES if name.lower().endswith(".ipynb") else MAX_FILE_BYTES


def read_file(path: Path) -> bytes:
    """Return the bytes of a regular file within the size limit. Raises OSError or UnreadableError."""
    limit = size_limit(path.name)
    data = read_limited(path, limit + 1)
    if len(data) > limit:
        raise UnreadableError(Code.TOO_LARGE, mib=limit >> 20)
    return data


def read_limited(path: Path | str, limit: int) -> bytes:
    """Return the first `limit` bytes of a regular file. Raises OSError or UnreadableError."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if Path(path).is_symlink():
        raise UnreadableError(Code.LINK)
    with os.fdopen(os.open(path, flags), "rb") as file:  # O_NONBLOCK: opening a named pipe must not wait for a writer
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise UnreadableError(Code.NOT_REGULAR)
        return file.read(limit)


def find_source_files(root: Path) -> tuple[str, ...]:
    """Return the source files in a folder, at any depth, in order. Links to folders are not followed."""
    sources, pending = list[str](), [root]
    while pending:  # no recursion: folders may be nested deeper than Python's stack, and os.walk recurses, too
        folder = pending.pop()
        _, folders, files = next(os.walk(folder), ("", [], []))
        inner = sorted((f for f in folders if f not in IGNORED_FOLDERS and not f.startswith(".")), reverse=True)
        pending += [folder / f for f in inner if not (folder / f).is_symlink()]
        sources += [
            (folder.relative_to(root) / f).as_posix()
            for f in sorted(files)
            if f.lower().endswith(SOURCE_SUFFIXES) and not f.startswith("._")
        ]
    return tuple(sources)
