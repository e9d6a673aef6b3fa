"""One student's set of files, read when its turn comes. Files are read once, as bytes, and never followed elsewhere."""

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

MAX_FILE = 1 << 20
"""Bytes of one file: an exercise is a few kilobytes."""

MAX_NOTEBOOK = 8 << 20
"""Bytes of one notebook: pictures stand in it as text."""

MAX_BYTES = 16 << 20
"""Bytes of one submission in all: several submissions are in flight at a time."""

MAX_FILES = 200
"""Files of one submission that are looked at."""

ENDINGS = (".py", ".ipynb")
NO_SOURCES = {"__pycache__", "__MACOSX", "node_modules", "site-packages"}

Read: TypeAlias = Callable[[], bytes]
"""Gives the bytes of one file. Raises OSError or UnreadableError."""


@dataclass(frozen=True, slots=True)
class About:
    """What the place that a submission came from, or the roster, says of a student; empty where they say nothing.

    `submitted` is a moment with its time zone, `late` the flag of a system that tells no moment. `attempt` counts
    from 1; 0 says that nothing was handed in. `group` are the names of all who handed it in together. `ids` are other
    names under which the student is known (a login, an id of the registry), `filed_as` is what the place calls the
    folder or the file, and may expect feedback under.
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
    """What one student handed in: the paths of the files, relative to `root`.

    `problems` are filled by `read`: why a person must look at the files. Where the files do not lie
    in a folder, `contents` goes through them instead: it gives the path of each, and how to read it.
    """

    student: str
    root: Path
    paths: tuple[str, ...]
    problems: list[Reason] = field(default_factory=list)
    contents: Callable[[], Iterator[tuple[str, Read]]] | None = None
    about: About = About()

    def read(self) -> tuple[tuple[str, bytes], ...]:
        """The files and their bytes; what cannot be read is noted in `problems`."""
        found: list[tuple[str, bytes]] = []
        self.problems, room = [], MAX_BYTES
        for number, (path, read) in enumerate(self.contents() if self.contents else self._in_folder()):
            if number == MAX_FILES:
                self.problems.append(Reason.of(Code.TOO_MANY_FILES, limit=MAX_FILES))
                break
            try:
                data = read()
                room -= len(data)
                if room < 0:
                    self.problems.append(Reason.of(Code.TOO_MUCH, mib=MAX_BYTES >> 20))
                    break
                found.append((as_text(path), data))
            except (OSError, ValueError) as error:
                self.problems.append(why_unreadable(error).about(as_text(path)))
        return tuple(found)

    def _in_folder(self) -> Iterator[tuple[str, Read]]:
        return ((path, partial(read_file, self.root / path)) for path in self.paths)


def why_unreadable(error: OSError | ValueError) -> UnreadableError:
    """The reason why a file is not read; what the system says is a fact of it."""
    if isinstance(error, UnreadableError):
        return error
    if isinstance(error, ValueError):
        return UnreadableError(Code.SYSTEM_ERROR, error=str(error))
    return UnreadableError(Code.SYSTEM_ERROR, error=error.strerror or str(error))


def as_text(name: str) -> str:
    """A file's name with what is not UTF-8 in it replaced: no output could carry it."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def most_of(name: str) -> int:
    """The bytes that a file of that name may have."""
    return MAX_NOTEBOOK if name.lower().endswith(".ipynb") else MAX_FILE


def read_file(path: Path) -> bytes:
    """The bytes of a regular file of moderate size. Raises OSError or UnreadableError."""
    most = most_of(path.name)
    data = read_start(path, most + 1)
    if len(data) > most:
        raise UnreadableError(Code.TOO_LARGE, mib=most >> 20)
    return data


def read_start(path: Path | str, most: int) -> bytes:
    """At most so many bytes of a regular file. Raises OSError or UnreadableError."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if Path(path).is_symlink():
        raise UnreadableError(Code.LINK)
    with os.fdopen(os.open(path, flags), "rb") as file:  # O_NONBLOCK: opening a named pipe must not wait for a writer
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise UnreadableError(Code.NOT_REGULAR)
        return file.read(most)


def sources_below(root: Path) -> tuple[str, ...]:
    """The source files below a folder, at any depth, in order; links to folders are not followed."""
    found, todo = [], [root]
    while todo:  # no recursion, and so os.walk only one level at a time: folders may be nested deeper than Python goes
        here = todo.pop()
        _, folders, files = next(os.walk(here), ("", [], []))
        inside = sorted((f for f in folders if f not in NO_SOURCES and not f.startswith(".")), reverse=True)
        todo += [here / f for f in inside if not (here / f).is_symlink()]
        below = here.relative_to(root)
        found += [
            str((below / f).as_posix()) for f in sorted(files) if f.lower().endswith(ENDINGS) and not f.startswith("._")
        ]
    return tuple(found)
