"""A submission's text, for people to look at: decoded, never parsed, and where in it a function stands.

Nothing here decides anything: whether a function was found, and how it did, the child has said.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from grader.execution.guest.student_code.notebook_code import cell_heading, notebook_source

CODINGS = ("utf-8", "ascii", "iso8859-1", "cp1252", "gbk", "gb2312", "gb18030", "big5")
"""Encodings that a file may name; any other is no text that we would decode."""
CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
CLOSING = (")", "]", "}")
MAX_LINES = 400
"""Lines of one function that are shown."""
MAX_LINE = 400
"""Characters of one line that are shown."""
PLACE = re.compile(r"^(?:(?:cell |第 )(\d{1,7})(?:, | 个单元格))?(?:line |第 )(\d{1,7})\b", re.MULTILINE)
"""How a message names the line of an error."""


@dataclass(frozen=True)
class Excerpt:
    """The lines of a function, the first of them with its number (from 1)."""

    first: int
    lines: tuple[str, ...]
    cut: bool = False

    @property
    def last(self) -> int:
        """The number of the last line."""
        return self.first + len(self.lines) - 1


def readable(path: str, data: bytes) -> str:
    """The text of a file, a notebook's as the Python in it; what cannot be decoded is replaced."""
    if path.lower().endswith(".ipynb"):
        try:
            data = notebook_source(data)
        except ValueError:
            return ""
    text = data.decode(_coding(data), "replace")
    return text.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n")


def _coding(data: bytes) -> str:
    if data.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    for line in data.split(b"\n", 2)[:2]:
        if found := CODING.match(line[:200]):
            try:
                name = codecs.lookup(found[1].decode("ascii", "replace")).name
            except (LookupError, ValueError):
                break
            return name if name in CODINGS else "utf-8"
    return "utf-8"


def lines_of(text: str) -> list[str]:
    """The lines, each no longer than can be shown. Only line feeds end one: so does Python's own count."""
    return [line if len(line) <= MAX_LINE else f"{line[:MAX_LINE]}…" for line in text.split("\n")]


@lru_cache(maxsize=64)  # a page shows a function twice: alone, and in its file
def find_function(text: str, function: str) -> Excerpt | None:
    """Where a function is bound last, found by its look: from its decorators to the next line indented no more."""
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
    kept = lines_of("\n".join(lines[number : min(end, number + MAX_LINES)]))
    return Excerpt(number + 1, tuple(kept), cut=end - number > MAX_LINES)


def _bindings(start: re.Pattern[str], text: str, function: str) -> Iterator[re.Match[str]]:
    """Where a line binds the function; only lines that hold its name are looked at, each of them once."""
    place = text.find(function)
    while place >= 0:
        if match := start.match(text, text.rfind("\n", 0, place) + 1):
            yield match
        end = text.find("\n", place)
        place = text.find(function, end) if end >= 0 else -1


def _end(lines: list[str], number: int, indent: int) -> int:
    """The line behind the last one of a block: texts over several lines and closing brackets belong to it."""
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
    """Which triple quotes are open behind a line."""
    if '""' not in line and "''" not in line:  # nearly every line, and looking is cheaper than searching
        return quoted
    for mark in re.findall(r'"""|\'\'\'', line):
        quoted = "" if mark == quoted else quoted or mark
    return quoted


def place_in(message: str, text: str) -> int | None:
    """The line of a text that a message names, if it names one; of a notebook's text by the number of the cell."""
    found = PLACE.search(message)
    if found is None:
        return None
    cell, line = found.groups()
    if cell is None:
        return int(line)
    above = f"\n{text}\n".partition(f"\n{cell_heading(int(cell))}\n")
    return above[0].count("\n") + 1 + int(line) if above[1] else None
