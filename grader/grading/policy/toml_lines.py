"""On which line of a TOML file a key stands: tomllib does not say, so it is asked about the first lines alone."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from typing import Any


def line_of(text: str, path: Sequence[str]) -> int:
    """The line, from 1, of the statement that sets the key at `path`; the last line when nothing does.

    A beginning of the file that ends within a statement does not parse, and a key is there from its own
    statement on: that is all that is needed, and holds for every way to write TOML.
    """
    lines = text.split("\n")
    before, there = 0, len(lines)  # the first `before` lines lack the key, the first `there` hold it
    while there - before > 1:
        middle = (before + there) // 2
        nearest = [*range(middle, before, -1), *range(middle + 1, there)]
        found = next((n for n in nearest if (table := _parse(lines[:n])) is not None), None)
        if found is None:
            break  # all that is left is one statement
        if _holds(table, path):
            there = found
        else:
            before = found
    return before + 1


def _parse(lines: Sequence[str]) -> dict[str, Any] | None:
    try:
        return tomllib.loads("\n".join(lines).rstrip("\r"))
    except tomllib.TOMLDecodeError:
        return None


def _holds(table: object, path: Sequence[str]) -> bool:
    for part in path:
        if not isinstance(table, dict) or part not in table:
            return False
        table = table[part]
    return True
