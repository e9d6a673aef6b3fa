"""A CSV file that somebody else will read again: cells are replaced in place, every other byte stays as it was."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from grader.core.errors import UsageError
from grader.submissions.submission import as_text

MAX_SHEET = 64 << 20
"""Bytes of a sheet: a class of a hundred thousand has a few million."""
DELIMITERS = ",;\t"
BOM = "\ufeff"


class Sheet:
    """The cells of a CSV file. `rows` are their values, to be read; `put` and `insert` change them."""

    def __init__(self, path: Path) -> None:
        """Read a file. Raises UsageError."""
        self.name = as_text(path.name)
        text = _text(path)
        self._bom = BOM if text.startswith(BOM) else ""
        text = text.removeprefix(BOM)
        first = re.sub(r'"[^"]*"', "", text.lstrip("\r\n").partition("\n")[0])
        self.delimiter = max(DELIMITERS, key=first.count)
        self._raw, self._ends = _cells(text, self.delimiter, self.name)
        self.rows = [[_value(cell) for cell in row] for row in self._raw]
        if self.rows != [row or [""] for row in csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter)]:
            raise UsageError(
                "{file}: its cells cannot be told apart for certain. Save it as CSV (UTF-8) again", file=self.name
            )

    def cell(self, row: int, column: int) -> str:
        """The value of a cell; nothing where the row is too short."""
        return self.rows[row][column] if column < len(self.rows[row]) else ""

    def put(self, row: int, column: int, value: str) -> None:
        """Replace one cell."""
        raw, values = self._raw[row], self.rows[row]
        while len(raw) <= column:
            raw.append("")
            values.append("")
        quoted = raw[column].startswith('"') or any(c in value for c in f'{self.delimiter}"\r\n')
        raw[column] = '"{}"'.format(value.replace('"', '""')) if quoted else value
        values[column] = value

    def insert(self, column: int) -> None:
        """A new, empty column before that one; rows that end before it stay as they are."""
        for raw, values in zip(self._raw, self.rows, strict=True):
            if len(raw) >= column and raw != [""]:
                raw.insert(column, "")
                values.insert(column, "")

    def data(self) -> bytes:
        """The file."""
        rows = zip(self._raw, self._ends, strict=True)
        return (self._bom + "".join(self.delimiter.join(raw) + end for raw, end in rows)).encode()


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_SHEET:
            raise UsageError(
                "{file}: larger than {limit} MiB. Name the CSV file that the LMS gave you",
                file=path,
                limit=MAX_SHEET >> 20,
            )
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise UsageError(
            "{file}: cannot be read ({error}). Name the CSV file that the LMS gave you", file=path, error=error.strerror
        ) from None
    except UnicodeDecodeError:
        raise UsageError(
            "{file}: no UTF-8 text. Use the file as the LMS gave it, or save it as CSV (UTF-8)", file=path
        ) from None


def _cells(text: str, delimiter: str, name: str) -> tuple[list[list[str]], list[str]]:
    """The cells of every row as they are written, and how each row ends. Raises UsageError."""
    pattern = re.compile(rf'("(?:[^"]|"")*"|[^"{delimiter}\r\n][^{delimiter}\r\n]*|)({delimiter}|\r\n|\r|\n|\Z)')
    rows, ends, row, at = list[list[str]](), list[str](), list[str](), 0
    while at < len(text) or row:
        found = pattern.match(text, at)
        if found is None:
            line = text.count("\n", 0, at) + 1
            raise UsageError(
                "{file}, line {line}: a quotation mark without its partner. Download the file again",
                file=name,
                line=line,
            )
        row.append(found[1])
        at = found.end()
        if found[2] != delimiter:
            rows.append(row)
            ends.append(found[2])
            row = []
            if not found[2]:
                break
    return rows, ends


def _value(cell: str) -> str:
    return cell[1:-1].replace('""', '"') if cell.startswith('"') else cell
