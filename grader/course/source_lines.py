"""Split Python source into lines, with the line numbers of the syntax tree."""

from __future__ import annotations

import io


def source_lines(source: str, keepends: bool = False) -> list[str]:
    """Return the lines of a Python source; `keepends` keeps the line ends.

    `str.splitlines` also splits at form feeds and at line separators of Unicode, where Python begins no new line. With
    such lines, the line numbers of a syntax tree would name wrong lines.
    """
    lines = list(io.StringIO(source, newline=""))
    return lines if keepends else [line.rstrip("\r\n") for line in lines]
