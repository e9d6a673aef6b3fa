"""What a student's exception says: its class, its message, the student's own line. Nothing here needs torch.

Methods of an exception and of its class are the student's: they may lie, raise, or never end a line.
"""

from __future__ import annotations

import linecache
import re
from types import TracebackType

from grader.core.outcomes import Raised

MAX_TEXT = 300
"""Characters of a student's message that are kept."""

ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}|\d{12,}")
"""What an address looks like in a message: another one each time, and results must come out the same again."""

_CLASS_NAME = type.__dict__["__name__"]

CELL_PATH = re.compile(r"\.ipynb\[(\d+)\]$", re.IGNORECASE)
"""How the path of a cell ends."""


def raised(error: BaseException, own_files: frozenset[str], returned: str = "") -> Raised:
    """Describe an exception without trusting it: its methods are the student's."""
    name = class_name(type(error))
    try:
        message = str(error)[:MAX_TEXT].splitlines()[:1]
    except BaseException:  # noqa: BLE001  (a hostile __str__ may raise anything)
        message = ["its message cannot be shown"]
    place = _place(error.__traceback__, own_files)
    words = ADDRESS.sub("…", encodable("".join(message)))
    return Raised(name, words, encodable(place), returned)


def class_name(kind: type) -> str:
    """The name of a class, past a metaclass that would answer for it."""
    return str.__str__(_CLASS_NAME.__get__(kind))[:60]


def encodable(text: str) -> str:
    """Without lone surrogates, which no encoding can carry."""
    return text.encode("utf-8", "backslashreplace").decode()


def innermost_is_own(trace: TracebackType | None, own_files: frozenset[str]) -> bool:
    """Whether an exception was raised by a line of the student's own files, not in a library that they call."""
    while trace and trace.tb_next:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_code.co_filename in own_files


def _place(trace: TracebackType | None, own_files: frozenset[str]) -> str:
    """The student's own line nearest to the error: "line 12: x = 1 / 0"."""
    place = ""
    for _ in range(1000):
        if trace is None:
            break
        file = trace.tb_frame.f_code.co_filename
        if file in own_files:
            source = linecache.getline(file, trace.tb_lineno).strip()
            place = f"{line_in(file, trace.tb_lineno)}: {source}"[:120]
        trace = trace.tb_next
    return place


def line_in(path: str, line: int) -> str:
    """ "line 12" of a file, "cell 3, line 2" of a notebook's cell: a place that its author finds again."""
    cell = CELL_PATH.search(path)
    return f"cell {cell[1]}, line {line}" if cell else f"line {line}"
