"""Edit a CSV file of an LMS, so that the LMS can import it again: replace cells, and keep every other byte."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from grader.core.errors import UsageError
from grader.submissions.file_reading import utf8_name

MAX_SHEET = 64 << 20
"""Maximum size of a sheet, in bytes. A sheet with a hundred thousand students has a few million bytes."""
DELIMITERS = ",;\t"
BOM = "\ufeff"


class Sheet:
    """The cells of a CSV file: `rows` holds their values, `set_cell` and `insert_column` change them."""

    def __init__(self, path: Path) -> None:
        """Read a file. Raises UsageError if the file is not valid CSV in UTF-8."""
        self.name = utf8_name(path.name)
        text = _text(path)
        self._bom = BOM if text.startswith(BOM) else ""
        text = text.removeprefix(BOM)
        first = re.sub(r'"[^"]*"', "", text.lstrip("\r\n").partition("\n")[0])
        self.delimiter = max(DELIMITERS, key=first.count)
        self._raw, self._line_ends = _cells(text, self.delimiter, self.name)
        self.rows = [[_value(cell) for cell in row] for row in self._raw]
        if self.rows != _rows_of_csv(text, self.delimiter):
            raise UsageError(
                "{file}: the cells cannot be separated reliably. Save the file as CSV (UTF-8) again", file=self.name
            )

    def cell(self, row: int, column: int) -> str:
        """Return the value of a cell; an empty string if the row is too short."""
        return self.rows[row][column] if column < len(self.rows[row]) else ""

    def set_cell(self, row: int, column: int, value: str) -> None:
        """Replace the value of one cell. If the row is too short, empty cells are added first."""
        raw, values = self._raw[row], self.rows[row]
        while len(raw) <= column:
            raw.append("")
            values.append("")
        quoted = raw[column].startswith('"') or any(c in value for c in f'{self.delimiter}"\r\n')
        raw[column] = '"{}"'.format(value.replace('"', '""')) if quoted else value
        values[column] = value

    def insert_column(self, column: int) -> None:
        """Insert an empty column before the given column. Rows that do not reach to this column stay unchanged."""
        for raw, values in zip(self._raw, self.rows, strict=True):
            if len(raw) >= column and raw != [""]:
                raw.insert(column, "")
                values.insert(column, "")

    def to_bytes(self) -> bytes:
        """Return the content of the file, with all changes."""
        rows = zip(self._raw, self._line_ends, strict=True)
        return (self._bom + "".join(self.delimiter.join(raw) + end for raw, end in rows)).encode()


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_SHEET:
            raise UsageError(
                "{file} is larger than {limit} MiB. Pass the CSV file that the LMS exported",
                file=path,
                limit=MAX_SHEET >> 20,
            )
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise UsageError(
            "{file} cannot be read ({error}). Pass the CSV file that the LMS exported", file=path, error=error.strerror
        ) from None
    except UnicodeDecodeError:
        raise UsageError(
            "{file} is not UTF-8 text. Pass the file as the LMS exported it, or save it as CSV (UTF-8)", file=path
        ) from None


def _rows_of_csv(text: str, delimiter: str) -> list[list[str]] | None:
    """Return the rows as `csv.reader` reads them; None if it raises an error, for example for a very long cell."""
    try:
        return [row or [""] for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)]
    except csv.Error:
        return None


def _cells(text: str, delimiter: str, name: str) -> tuple[list[list[str]], list[str]]:
    """Return the cells of every row with their quotation marks, and the line break of each row.

    Raises UsageError if a quotation mark is not closed.
    """
    pattern = re.compile(rf'("(?:[^"]|"")*"|[^"{delimiter}\r\n][^{delimiter}\r\n]*|)({delimiter}|\r\n|\r|\n|\Z)')
    rows, ends, row, at = list[list[str]](), list[str](), list[str](), 0
    while at < len(text) or row:
        found = pattern.match(text, at)
        if found is None:
            line = text.count("\n", 0, at) + 1
            raise UsageError(
                "{file}, line {line}: a quotation mark is not closed. Download the file again",
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
