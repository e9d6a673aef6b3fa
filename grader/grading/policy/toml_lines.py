"""Find the line of a TOML file that sets a key; tomllib does not report the lines of keys."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from typing import Any

from grader.core.errors import DAMAGED

MAX_STATEMENT = 100
"""Maximum number of lines of a TOML statement. The reported line of a key in a longer statement may be wrong."""


def line_of(text: str, path: Sequence[str]) -> int:
    """Return the number, from 1, of the first line of the statement that sets the key at `path`.

    If no statement sets the key, return the number of the last line.

    The search is a bisection: it parses the first n lines of the file for several n. If these lines do not parse, they
    end within a statement. If these lines parse, their table has the key if and only if the statement that sets the key
    is among them. This rule holds however the file writes the key: dotted, in a table or in an inline table.
    """
    lines = text.split("\n")
    lacking, holding = 0, len(lines)  # the first `lacking` lines lack the key, the first `holding` lines hold it
    while holding - lacking > 1:
        middle = (lacking + holding) // 2
        before, behind = max(lacking, middle - MAX_STATEMENT), min(holding, middle + MAX_STATEMENT)
        nearest = [*range(middle, before, -1), *range(middle + 1, behind)]
        found = next((n for n in nearest if (table := _parse(lines[:n])) is not None), None)
        if found is None:
            break  # the lines around `middle` are one statement
        if _has_key(table, path):
            holding = found
        else:
            lacking = found
    return lacking + 1


def _parse(lines: Sequence[str]) -> dict[str, Any] | None:
    try:
        return tomllib.loads("\n".join(lines).rstrip("\r"))
    except DAMAGED:
        return None


def _has_key(table: object, path: Sequence[str]) -> bool:
    for key in path:
        if not isinstance(table, dict) or key not in table:
            return False
        table = table[key]
    return True
