"""The Python code of a notebook: its code cells in order, without magics and shell lines.

Metadata, outputs, cell ids and cells of other kinds are ignored.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Iterator
from typing import Any

HARMLESS_MAGICS = ("%%time", "%%timeit", "%%capture", "%%prun")
"""Cell magics whose cell holds Python code. A cell with another cell magic, such as %%bash or %%html, is left out."""

MAGIC = re.compile(r"[%!?]|[\w.,][\w., ]*=\s*[%!](?!=)|[\w.]+\?{1,2}\s*$")
"""A magic or shell line without its indentation: `%matplotlib inline`, `!pip install x`, `files = !ls`, `torch.relu?`.

The pattern is applied after the indentation. If the pattern matched the indentation as well, two of its parts could
match the same blanks, and a long line of blanks would take quadratic time.
"""

MAX_MAGICS = 50
"""Maximum number of magic lines of a cell that are found one by one: for each, the parser reads the whole cell again.

If a cell has more, every line that looks like a magic is replaced.
"""


def is_json(text: str) -> bool:
    """Return whether a text is JSON, as a notebook must be."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def notebook_source(notebook: str) -> str:
    """Return the code cells as one text for people, each cell below a comment with its number. Raises ValueError.

    A regular expression recognizes the magics, so no Python parser reads the student's code.
    """
    texts = ("\n".join(map(_without_magic, _lines(cell))) for cell in _code_cells(notebook))
    cells = (f"{cell_heading(number)}\n{text}" for number, text in enumerate(texts, 1))
    return "\n\n".join(cells)


def cell_heading(number: int) -> str:
    """Return the comment line above a cell in `notebook_source`."""
    return f"# cell {number}"


def notebook_cells(notebook: str) -> list[str]:
    """Return the Python code of each code cell, without magics. Raises ValueError.

    Python's parser reads the cells, so call this only in the process that runs the student's code.
    """
    return [_python(_lines(cell)) for cell in _code_cells(notebook)]


def _code_cells(text: str) -> Iterator[str]:
    """Yield the unchanged code cells of a notebook (nbformat 3 or 4). Raises ValueError for other data."""
    try:
        notebook = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("nbformat"), int):
        raise ValueError("it has no field nbformat")
    return _sources(notebook)


def _sources(notebook: dict[str, Any]) -> Iterator[str]:
    sheets = notebook.get("worksheets") if notebook["nbformat"] < 4 else [notebook]
    for sheet in sheets if isinstance(sheets, list) else []:
        cells = sheet.get("cells") if isinstance(sheet, dict) else None
        for cell in cells if isinstance(cells, list) else []:
            if isinstance(cell, dict) and cell.get("cell_type") == "code":
                source = cell.get("source", cell.get("input", ""))
                yield "".join(map(str, source)) if isinstance(source, list) else str(source)


def _lines(cell: str) -> list[str]:
    """Return the lines of a cell without its cell magic; an empty list if the magic is for other code."""
    first = cell.lstrip().split(maxsplit=1)[:1]
    if first and first[0].startswith("%%"):
        if first[0] not in HARMLESS_MAGICS:
            return []
        cell = "\n" + cell.lstrip().partition("\n")[2]
    return cell.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _python(lines: list[str]) -> str:
    """Return a cell as Python; a magic line becomes `pass`, so that a block around it keeps a body."""
    for _ in range(MAX_MAGICS):
        # Only a line with a syntax error is a magic: `% n` may continue an expression, `!` may be inside a string.
        wrong = _syntax_error_line(lines)
        if wrong is None or not MAGIC.match(lines[wrong], _indentation(lines[wrong])):
            return "\n".join(lines)
        lines[wrong] = _without_magic(lines[wrong])
    return "\n".join(map(_without_magic, lines))


def _syntax_error_line(lines: list[str]) -> int | None:
    """Return the index of the first line with a syntax error, or None."""
    if not lines:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape is not an error
            ast.parse("\n".join(lines))
    except SyntaxError as error:
        return min(error.lineno or 1, len(lines)) - 1
    except (ValueError, RecursionError, MemoryError):
        return None  # `source_file.compile_source` reports this error later
    return None


def _without_magic(line: str) -> str:
    start = _indentation(line)
    return f"{line[:start]}pass" if MAGIC.match(line, start) else line


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())
