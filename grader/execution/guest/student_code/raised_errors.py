"""Description of an exception of student code: its class, its message, the student's own line. Needs no torch.

Student code may define the methods of an exception and of its class. So these methods may return false values, raise
other exceptions, or return very long texts.
"""

from __future__ import annotations

import linecache
import re
from opcode import opmap
from types import TracebackType

from grader.core.outcomes import MAX_LINE, Raised, SourceLine
from grader.core.reasons import LARGEST

MAX_TEXT = 300
"""Maximum number of characters of the message of an exception, or of another text of student code."""

ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}|\d{12,}")
"""Memory addresses in a message.

The grader removes such addresses, because they change from run to run and results must be reproducible.
"""

_CLASS_NAME = type.__dict__["__name__"]

CELL_PATH = re.compile(r"\.ipynb\[(\d+)\]$", re.IGNORECASE)
"""The end of the path of a notebook's cell, which has the cell's number in brackets: "hw.ipynb[3]"."""


def raised(error: BaseException, own_files: frozenset[str], returned: str = "") -> Raised:
    """Return an exception as an outcome, with the line of `own_files` that is nearest to the error.

    `returned` is the type of the value that the student's function returned last, for messages.
    """
    name = class_name(type(error))
    try:
        message = str(error)[:MAX_TEXT].splitlines()[:1]
    except BaseException:  # noqa: BLE001  (a hostile __str__ may raise anything)
        message = ["its message cannot be shown"]
    place = _place(error.__traceback__, own_files)
    words = ADDRESS.sub("…", encodable("".join(message)))
    return Raised(name, words, place, returned)


def class_name(kind: type) -> str:
    """Return the real name of a class, even if its metaclass fakes one."""
    return str.__str__(_CLASS_NAME.__get__(kind))[:60]


def encodable(text: str) -> str:
    """Return a text with lone surrogates escaped, because UTF-8 cannot encode them."""
    return text.encode("utf-8", "backslashreplace").decode()


RAISE_INSTRUCTIONS = {bytes([opmap["RAISE_VARARGS"]]), bytes([opmap["RERAISE"]])}
"""The bytecode instructions that raise an exception in a `raise` statement, and again after a `finally` block."""


def raised_in_own_file(trace: TracebackType | None, own_files: frozenset[str]) -> bool:
    """Return whether a `raise` statement in one of the student's own files raised the exception.

    The file of the last stack frame alone does not show this. An operation of torch has no Python frame, so the last
    frame of an exception of torch is the student's frame, too. But in this case the last instruction of the frame is a
    call or an operator, not a raise.
    """
    while trace and trace.tb_next:
        trace = trace.tb_next
    if trace is None or trace.tb_frame.f_code.co_filename not in own_files:
        return False
    position = trace.tb_lasti  # student code may forge it
    return trace.tb_frame.f_code.co_code[position : position + 1] in RAISE_INSTRUCTIONS


def _place(trace: TracebackType | None, own_files: frozenset[str]) -> SourceLine | None:
    """Return the line of the student's files that is nearest to the error; None if no frame is in these files."""
    place = None
    for _ in range(1000):
        if trace is None:
            break
        file = trace.tb_frame.f_code.co_filename
        if file in own_files:
            source = linecache.getline(file, trace.tb_lineno).strip()
            place = source_line(file, trace.tb_lineno, encodable(source))
        trace = trace.tb_next
    return place


def source_line(path: str, number: object, text: str, column: int | None = None) -> SourceLine:
    """Return a line of a file or of a notebook's cell. `number` is not trusted: student code may forge it."""
    cell = CELL_PATH.search(path)
    trusted = number if type(number) is int and abs(number) <= LARGEST else 0
    # Cut the text, so that the message with the line number fits into 120 characters.
    taken = len(str(trusted)) - 1 + (len(f", column {column}") if column is not None else 0)
    taken += len(f"cell {cell[1]}, ") if cell else 0
    return SourceLine(trusted, text[: MAX_LINE - taken], column, int(cell[1]) if cell else None)
