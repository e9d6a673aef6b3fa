"""Show parts of submitted files: decode a file, and find the lines of a function without parsing the file.

This module only serves display. The child process decides which file defines a function.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from grader.core.byte_cache import cached_in_bytes, text_size
from grader.core.source_encoding import decode_as, readable_text
from grader.execution.guest.student_code.notebook_code import cell_heading, is_json, notebook_source

CLOSING = (")", "]", "}")
MAX_LINES = 400
"""Maximum number of lines that are shown of a function."""
EXCERPTS_LIMIT = 8 << 20
"""Approximate maximum memory, in bytes, for the cache of `find_function`."""

MAX_LINE = 400
"""Maximum number of characters that are shown of a line."""
LINE_REFERENCE = re.compile(r"^(?:(?:cell |第 )(\d{1,7})(?:, | 个单元格))?(?:line |第 )(\d{1,7})\b", re.MULTILINE)
"""The position of an error at the start of a line of a message, such as `line 3` or `cell 2, line 3`."""


@dataclass(frozen=True)
class Excerpt:
    """The lines of a function. `first` is the number of the first line, from 1; `cut` is True if the end is missing."""

    first: int
    lines: tuple[str, ...]
    cut: bool = False

    @property
    def last(self) -> int:
        """Number of the last line, from 1."""
        return self.first + len(self.lines) - 1


def source_text(path: str, data: bytes, encoding: str = "") -> str:
    """Return the text of a file; for a notebook, its Python code. Bytes that cannot be decoded are replaced.

    encoding: encoding with which the child process decoded the file, one of `core.source_encoding.ENCODINGS`. If
        `encoding` is empty, the grader finds the encoding by the same rule, except that no compiler tests a guess.
    """
    notebook = path.lower().endswith(".ipynb")
    text = (
        decode_as(data, encoding) if encoding else readable_text(data, is_json if notebook else None, notebook=notebook)
    )
    if notebook:
        try:
            text = notebook_source(text)
        except ValueError:
            return ""
    return text.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n")


def display_lines(text: str) -> list[str]:
    """Return the lines of a text, with the same numbers as in Python's messages, each cut to MAX_LINE characters."""
    return [line if len(line) <= MAX_LINE else f"{line[:MAX_LINE]}…" for line in text.split("\n")]


@cached_in_bytes(EXCERPTS_LIMIT, text_size)  # a page shows a function twice: alone, and in its file
def find_function(text: str, function: str) -> Excerpt | None:
    """Return the lines of a function, from its decorators to the end of its indented block; None if it is not found.

    If there are several definitions, return the last of the least indented definitions. The text may be invalid Python.
    """
    name = re.escape(function)
    start = re.compile(rf"([ \t]{{0,80}})(?:(?:async[ \t]+)?def[ \t]+{name}\b|{name}[ \t]*(?::[^=\n]{{1,200}})?=(?!=))")
    found = list(_bindings(start, text, function))
    if not found:
        return None
    match = min(reversed(found), key=lambda binding: len(binding[1]))
    lines, number, indent = text.split("\n"), text.count("\n", 0, match.start()), match[1]
    end = _end(lines, number, len(indent))
    while number and lines[number - 1].startswith(f"{indent}@"):
        number -= 1
    shown = display_lines("\n".join(lines[number : min(end, number + MAX_LINES)]))
    return Excerpt(number + 1, tuple(shown), cut=end - number > MAX_LINES)


def _bindings(start: re.Pattern[str], text: str, function: str) -> Iterator[re.Match[str]]:
    """Yield a match for each line that binds the function's name. To save time, it tests only lines with the name."""
    place = text.find(function)
    while place >= 0:
        if match := start.match(text, text.rfind("\n", 0, place) + 1):
            yield match
        end = text.find("\n", place)
        place = text.find(function, end) if end >= 0 else -1


def _end(lines: list[str], number: int, indent: int) -> int:
    """Return the index after the last line of the block that starts at index `number`.

    Lines of multi-line strings and lines that begin with a closing bracket belong to the block.
    """
    quoted, last = "", number
    for place, line in enumerate(lines[number:], number):
        blank = not line.strip()
        inside = len(line) - len(line.lstrip()) > indent or line.lstrip()[:1] in CLOSING
        if place > number and not quoted and not blank and not inside:
            break
        quoted = _quotes(line, quoted)
        last = last if blank else place
    return last + 1


def _quotes(line: str, quoted: str) -> str:
    """Return the triple quotes that are open after a line, or an empty string. `quoted` were open before the line."""
    if '""' not in line and "''" not in line:  # fast: this holds for nearly every line
        return quoted
    for mark in re.findall(r'"""|\'\'\'', line):
        quoted = "" if mark == quoted else quoted or mark
    return quoted


def find_error_line(message: str, text: str) -> int | None:
    """Return the number (from 1) of the line in `text` that an error message names, or None.

    For a notebook, the message names a cell and a line in the cell. `text` has a heading above each cell.
    """
    found = LINE_REFERENCE.search(message)
    if found is None:
        return None
    cell, line = found.groups()
    if cell is None:
        return int(line)
    above = f"\n{text}\n".partition(f"\n{cell_heading(int(cell))}\n")
    return above[0].count("\n") + 1 + int(line) if above[1] else None
