"""The Python in a notebook: its code cells in order, without magics and shell lines. Everything else is ignored.

Metadata, outputs, missing cell ids, duplicated or split cells do not matter: what counts is what the author wrote.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Iterator
from typing import Any

HARMLESS_MAGICS = ("%%time", "%%timeit", "%%capture", "%%prun")
"""Cell magics whose cell is Python all the same; any other (%%bash, %%html) makes it something else."""

MAGIC = re.compile(r"[%!?]|[\w.,][\w., ]*=\s*[%!](?!=)|[\w.]+\?{1,2}\s*$")
"""`%matplotlib inline`, `!pip install x`, `files = !ls`, `torch.relu?`: how a line goes on behind its indentation.

The indentation is no part of it: two patterns that both take blanks need the square of their number.
"""

MAX_MAGICS = 50
"""Magic lines of one cell that are looked for with Python's own parser: each costs another look at the cell."""


def notebook_source(data: bytes) -> bytes:
    """The code cells as one text, to look at, each below its number. Raises ValueError.

    Magics are found by their look, nothing is parsed.
    """
    texts = ("\n".join(map(_without_magic, _lines(cell))) for cell in _code_cells(data))
    cells = (f"{cell_heading(number)}\n{text}" for number, text in enumerate(texts, 1))
    return "\n\n".join(cells).encode("utf-8", "surrogatepass")


def cell_heading(number: int) -> str:
    """The line above a cell in `notebook_source`."""
    return f"# cell {number}"


def notebook_cells(data: bytes) -> list[str]:
    """The code cells, each as the Python that is run. It parses: call it beside student code. Raises ValueError."""
    return [_python(_lines(cell)) for cell in _code_cells(data)]


def _code_cells(data: bytes) -> Iterator[str]:
    """The code cells of a notebook (nbformat 3 or 4), as they are. Raises ValueError on anything else."""
    try:
        notebook = json.loads(data)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("nbformat"), int):
        raise ValueError("no notebook: it says no nbformat")
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
    """The lines of a cell; without its cell magic, and nothing where that makes it no Python."""
    first = cell.lstrip().split(maxsplit=1)[:1]
    if first and first[0].startswith("%%"):
        if first[0] not in HARMLESS_MAGICS:
            return []
        cell = "\n" + cell.lstrip().partition("\n")[2]
    return cell.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _python(lines: list[str]) -> str:
    """A cell as Python; a magic line becomes `pass`, so that a block around it stays whole."""
    for _ in range(MAX_MAGICS):
        # Only a line that Python stumbles over is a magic: `% n` may go on with an expression, `!` stand in a text.
        wrong = _stumbles_at(lines)
        if wrong is None or not MAGIC.match(lines[wrong], _indentation(lines[wrong])):
            return "\n".join(lines)
        lines[wrong] = _without_magic(lines[wrong])
    return "\n".join(map(_without_magic, lines))


def _stumbles_at(lines: list[str]) -> int | None:
    """The index of the line that is no Python, if there is one."""
    if not lines:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an escape that is none is the author's business
            ast.parse("\n".join(lines))
    except SyntaxError as error:
        return min(error.lineno or 1, len(lines)) - 1
    except (ValueError, RecursionError, MemoryError):
        return None  # said, with the place, where the cell is parsed to be run
    return None


def _without_magic(line: str) -> str:
    start = _indentation(line)
    return f"{line[:start]}pass" if MAGIC.match(line, start) else line


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())
