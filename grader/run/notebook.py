"""The Python in a notebook: its code cells in order, without magics and shell lines. Everything else is ignored.

Metadata, outputs, missing cell ids, duplicated or split cells do not matter: what counts is what the author wrote.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

HARMLESS_MAGICS = ("%%time", "%%timeit", "%%capture", "%%prun")
"""Cell magics whose cell is Python all the same; any other (%%bash, %%html) makes it something else."""

MAGIC_LINE = re.compile(r"^(\s*)(?:[%!?]|[\w., ]+=\s*[%!](?!=)|[\w.]+\?{1,2}\s*$)")
"""`%matplotlib inline`, `!pip install x`, `files = !ls`, `torch.relu?`."""


def notebook_source(data: bytes) -> bytes:
    """The code cells of a notebook (nbformat 3 or 4) as one Python source. Raises ValueError on anything else."""
    try:
        notebook = json.loads(data)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("nbformat"), int):
        raise ValueError("no notebook: it says no nbformat")
    return "\n\n".join(_python(cell) for cell in _code_cells(notebook)).encode("utf-8", "surrogatepass")


def _code_cells(notebook: dict[str, Any]) -> Iterator[str]:
    sheets = notebook.get("worksheets") if notebook["nbformat"] < 4 else [notebook]
    for sheet in sheets if isinstance(sheets, list) else []:
        cells = sheet.get("cells") if isinstance(sheet, dict) else None
        for cell in cells if isinstance(cells, list) else []:
            if isinstance(cell, dict) and cell.get("cell_type") == "code":
                source = cell.get("source", cell.get("input", ""))
                yield "".join(map(str, source)) if isinstance(source, list) else str(source)


def _python(cell: str) -> str:
    """A cell as Python; a magic line becomes `pass`, so that a block around it stays whole."""
    first = cell.lstrip().split(maxsplit=1)[:1]
    if first and first[0].startswith("%%"):
        if first[0] not in HARMLESS_MAGICS:
            return ""
        cell = "\n" + cell.lstrip().partition("\n")[2]
    return "\n".join(_line(line) for line in cell.split("\n"))


def _line(line: str) -> str:
    magic = MAGIC_LINE.match(line)
    return f"{magic[1]}pass" if magic else line
