"""Text of submitted files: decode a file, and find the lines of a function. The text is never parsed.

No verdict depends on this module: the child process reports which functions exist.
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
"""Maximum number of lines shown of one function."""
EXCERPTS_LIMIT = 8 << 20
"""Maximum memory, in bytes, for cached texts in which functions were found."""

MAX_LINE = 400
"""Maximum number of characters shown of one line."""
LINE_REFERENCE = re.compile(r"^(?:(?:cell |第 )(\d{1,7})(?:, | 个单元格))?(?:line |第 )(\d{1,7})\b", re.MULTILINE)
"""The place of an error at the start of a line of a message, such as `line 3` or `cell 2, line 3`."""


@dataclass(frozen=True)
class Excerpt:
    """The lines of a function. `first` is the number of the first line, from 1; `cut` is True if lines are left out."""

    first: int
    lines: tuple[str, ...]
    cut: bool = False

    @property
    def last(self) -> int:
        """Number of the last line, from 1."""
        return self.first + len(self.lines) - 1


def source_text(path: str, data: bytes, encoding: str = "") -> str:
    """Decode a file; for a notebook, return its Python code. Bytes that cannot be decoded are replaced.

    encoding: one of `core.source_encoding.ENCODINGS`, as the process that ran the file decoded it; empty: decode by
        the same rule, but without a compiler.
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
    """Split a text at line feeds, as Python counts lines, and shorten long lines to MAX_LINE characters."""
    return [line if len(line) <= MAX_LINE else f"{line[:MAX_LINE]}…" for line in text.split("\n")]


@cached_in_bytes(EXCERPTS_LIMIT, text_size)  # because a page shows a function twice: alone, and in its file
def find_function(text: str, function: str) -> Excerpt | None:
    """Return the lines of a function's last definition, or None: from its decorators to the end of its indented block.

    If there are several definitions, return the last one among the least indented definitions. The text may be
    invalid Python.
    """
    name = re.escape(function)
    start = re.compile(rf"([ \t]{{0,80}})(?:(?:async[ \t]+)?def[ \t]+{name}\b|{name}[ \t]*(?::[^=\n]{{1,200}})?=(?!=))")
    found = list(_bindings(start, text, function))
    if not found:
        return None
    match = min(reversed(found), key=lambda one: len(one[1]))
    lines, number, indent = text.split("\n"), text.count("\n", 0, match.start()), match[1]
    end = _end(lines, number, len(indent))
    while number and lines[number - 1].startswith(f"{indent}@"):
        number -= 1
    shown = display_lines("\n".join(lines[number : min(end, number + MAX_LINES)]))
    return Excerpt(number + 1, tuple(shown), cut=end - number > MAX_LINES)


def _bindings(start: re.Pattern[str], text: str, function: str) -> Iterator[re.Match[str]]:
    """Yield each line that binds the function. Only lines with its name are searched, so the time is linear."""
    place = text.find(function)
    while place >= 0:
        if match := start.match(text, text.rfind("\n", 0, place) + 1):
            yield match
        end = text.find("\n", place)
        place = text.find(function, end) if end >= 0 else -1


def _end(lines: list[str], number: int, indent: int) -> int:
    """Return the index after the last line of a block, multi-line strings and closing brackets included."""
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
    """Return the triple quotes that are still open after a line, or an empty string."""
    if '""' not in line and "''" not in line:  # true for nearly every line, and faster than the search below
        return quoted
    for mark in re.findall(r'"""|\'\'\'', line):
        quoted = "" if mark == quoted else quoted or mark
    return quoted


def find_error_line(message: str, text: str) -> int | None:
    """Return the number (from 1) of the line in `text` that an error message names, or None.

    In a notebook, the message counts lines in a cell; the cell is found by its heading in `text`.
    """
    found = LINE_REFERENCE.search(message)
    if found is None:
        return None
    cell, line = found.groups()
    if cell is None:
        return int(line)
    above = f"\n{text}\n".partition(f"\n{cell_heading(int(cell))}\n")
    return above[0].count("\n") + 1 + int(line) if above[1] else None
