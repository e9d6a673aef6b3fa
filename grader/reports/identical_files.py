"""Find files that several students submitted with the same bytes, or with the same code.

Theory of operation
    Only the code of files is compared: pygments removes comments, docstrings and blanks, and parses or runs nothing.
    Files with the same code are one group. The stubs, notebooks and other files in the course's folder of exercises are
    left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pygments.lexers.python import PythonLexer
from pygments.token import Comment, String, Whitespace

from grader.core.hashing import digest
from grader.course.discovery import PUBLIC
from grader.course.library import Library
from grader.submissions.excerpts import source_text
from grader.submissions.file_reading import find_source_files

LEXER = PythonLexer()


@dataclass(frozen=True)
class IdenticalFiles:
    """Files of several students with the same code; `is_exact` is true if they have the same bytes."""

    students: tuple[str, ...]
    files: tuple[str, ...]
    is_exact: bool


def code_of(text: str) -> str:
    """Return the code of a text without comments, docstrings and blanks; one token per line."""
    parts = []
    for kind, value in LEXER.get_tokens(text):
        if kind not in Comment and kind not in String.Doc and kind not in Whitespace and value.strip():
            parts.append(value if kind in String else value.strip())
    return "\n".join(parts)


@dataclass
class CodeGroups:
    """Collects files by their code. Call `add` with each file of each student, then `identical`.

    `given` holds the hashes of all code that the course hands out; files with such code are left out.
    """

    given: frozenset[str]
    _codes: dict[str, str] = field(default_factory=dict)
    _files: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)

    def add(self, student: str, path: str, data: bytes, text: str) -> None:
        """Add one file of a student; `text` is its source code."""
        content = digest(data)
        if content not in self._codes:
            self._codes[content] = digest(code) if (code := code_of(text)) else ""
        if (code := self._codes[content]) and code not in self.given:
            self._files.setdefault(code, []).append((student, path, content))

    def identical(self) -> list[IdenticalFiles]:
        """Return the groups of files of several students, the largest group first."""
        return sorted(self._groups(), key=lambda group: (-len(group.students), group.students, group.files))

    def _groups(self) -> Iterator[IdenticalFiles]:
        for files in self._files.values():
            students = sorted({student for student, _, _ in files})
            if len(students) > 1:
                paths = sorted({path for _, path, _ in files})
                yield IdenticalFiles(tuple(students), tuple(paths), len({content for _, _, content in files}) == 1)


def given_code(library: Library) -> frozenset[str]:
    """Return the hashes of the code that a course hands out: its stubs, and all files in its folder of exercises."""
    folder = library.course.root / PUBLIC
    on_disk = ((path, (folder / path).read_bytes()) for path in find_source_files(folder))
    texts: Iterable[str] = [*(files.stub for files in library.exercise_files.values())]
    return frozenset(digest(code_of(text)) for text in (*texts, *(source_text(path, data) for path, data in on_disk)))
