"""Recorded call of the student's function, as plain data that a child process in the sandbox sends. Needs no torch.

`call_recorder` records a call, and `grading.verdicts.call_text` renders it as Python code. The grader only displays the
recorded call: no verdict depends on it.
"""

from __future__ import annotations

import math
import re
from typing import TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from grader.core.outcomes import MAX_LINE
from grader.core.values import DTYPES, MAX_DIMENSIONS, Array

MAX_NUMBERS = 10_000
"""Maximum size of a tensor whose numbers are all recorded. Of a larger tensor only the first six are recorded."""

FIRST_NUMBERS = 6
"""How many numbers are recorded of a tensor with more than MAX_NUMBERS numbers."""
MAX_ITEMS = 100
"""Maximum number of items that are recorded of one list, tuple, dict or generator."""

MAX_ERRORS = 3
"""Maximum number of exceptions that are displayed of one check. Later exceptions mostly repeat the first."""

MAX_CHANGED = 8
"""Maximum number of changed arguments that are displayed of one check."""

MAX_NAMES, MAX_NAME, MAX_NAME_TEXT = 8, 40, 80
"""Maximum number of names that are shown with their values for the line of an error, maximum number of characters of
such a name, and maximum number of characters of its value."""

MAX_SHOWN_NUMBERS = 24
"""Maximum number of numbers of a value that is written out in full where a call is shown."""

MAX_DISPLAY = 64 << 10
"""Maximum number of bytes that a child may send for the display of one check."""

NAMES = re.compile(r"[\[(][A-Za-z_]\w*(, [A-Za-z_]\w*)*,?[\])]")
"""A list or tuple of names, as Python code: [first, last]."""


class TensorValue(msgspec.Struct, frozen=True, tag="tensor"):
    """A tensor, parameter or numpy array at the time of the call.

    kind: "tensor", "parameter" or "array".
    data: the numbers in C order, little endian; empty if there are more than MAX_NUMBERS.
    first: the first numbers of a tensor whose `data` is empty.
    transposed: True for a matrix whose memory holds the transposed matrix in C order.
    grad_fn: the class of the backward node that made the tensor; "" for a leaf.
    expression: the expression of the experiment that made the tensor; "" for a leaf.
    grad: the numbers of the attribute .grad, which has the same shape and dtype; None if there is no .grad.
    """

    kind: str
    dtype: str
    shape: tuple[int, ...]
    data: bytes
    first: tuple[str, ...] = ()
    requires_grad: bool = False
    transposed: bool = False
    grad_fn: str = ""
    expression: str = ""
    grad: bytes | None = None

    def __post_init__(self) -> None:
        """Raise ValueError if shape, dtype and bytes disagree."""
        if self.data or 0 in self.shape:
            Array(self.dtype, self.shape, self.data)
        elif self.dtype not in DTYPES or not 0 < len(self.first) <= FIRST_NUMBERS:
            raise ValueError("a tensor without numbers")
        elif len(self.shape) > MAX_DIMENSIONS or min(self.shape, default=1) < 0 or max(map(len, self.first)) > 40:
            raise ValueError("an invalid shape, or too long a number")
        if self.grad is not None:
            Array(self.dtype, self.shape, self.grad)


class LiteralValue(msgspec.Struct, frozen=True, tag="literal"):
    """A number, text, bool or None, as Python writes it."""

    text: str


class GroupValue(msgspec.Struct, frozen=True, tag="group"):
    """A list, tuple, dict or generator with its items.

    keys: the keys of a dict, as Python writes them.
    length: the number of all items, recorded or not; -1 if the number is not known.
    """

    kind: str
    items: tuple[CallValue, ...]
    keys: tuple[str, ...] = ()
    length: int = -1


class ObjectValue(msgspec.Struct, frozen=True, tag="object"):
    """Any other object, such as a net, an optimizer or a function.

    expression: the expression of the experiment that made the object.
    """

    type_name: str
    expression: str = ""


CallValue: TypeAlias = TensorValue | LiteralValue | GroupValue | ObjectValue


class Argument(msgspec.Struct, frozen=True):
    """An argument of a call.

    name: the name of the value in the experiment, or else the name of the parameter.
    keyword: the name of the parameter if the call passes the value by keyword, else "".
    expression: the argument as the call writes it ("net.parameters()"); "" if the call writes just a name.
    line: the line of the experiment that made the value, or 0.
    parameter: the parameter that the value is passed to; "" for a value of the experiment that is no argument.
    """

    name: str
    value: CallValue
    keyword: str = ""
    expression: str = ""
    line: int = 0
    parameter: str = ""


class RecordedCall(msgspec.Struct, frozen=True):
    """The first call of the student's function in a check.

    context: values of the experiment that the expressions of the arguments name, in the order of definition.
    target: the name that the experiment gives the result.
    total: number of calls in the check.
    """

    function: str
    arguments: tuple[Argument, ...]
    context: tuple[Argument, ...] = ()
    target: str = ""
    total: int = 1


class ChangedArgument(msgspec.Struct, frozen=True):
    """An argument that the student's function changed although it must not: its value before and after."""

    name: str
    before: CallValue
    after: CallValue


class ErrorDetail(msgspec.Struct, frozen=True):
    """An exception that the student's function raised.

    call: number of the call that raised it, from 1.
    error, message: class and first line.
    line, number: text of the student's own line and its number in the file; cell: the cell of a notebook, or 0.
    names: the values of names on that line, each with a text of at most 80 characters.
    """

    call: int
    error: str
    message: str
    line: str = ""
    number: int = 0
    cell: int = 0
    names: tuple[tuple[str, str], ...] = ()


class CheckDisplay(msgspec.Struct, frozen=True):
    """Call, changed arguments and exceptions of one check, to be displayed with the outcome of the check."""

    call: RecordedCall | None = None
    changed: tuple[ChangedArgument, ...] = ()
    errors: tuple[ErrorDetail, ...] = ()


NO_DISPLAY = CheckDisplay()


def encode_display(display: CheckDisplay) -> bytes:
    """Encode what is displayed with the outcome of a check (its call, changed arguments and exceptions) as JSON.

    If the JSON is larger than MAX_DISPLAY, drop the call and the changed arguments. If the JSON is still too large,
    drop everything.
    """
    for smaller in (display, msgspec.structs.replace(display, call=None, changed=()), NO_DISPLAY):
        data = msgspec.json.encode(smaller)
        if len(data) <= MAX_DISPLAY:
            return data
    return b"{}"


def decode_display(data: bytes) -> CheckDisplay:
    """Decode a display. If the data is too large or not valid, return an empty display: no verdict depends on it.

    Student code may have written the bytes, so lists and texts are cut to the limits of the recorder.
    """
    if len(data) > MAX_DISPLAY:
        return NO_DISPLAY
    try:
        display = msgspec.json.decode(data, type=CheckDisplay)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return NO_DISPLAY
    errors = tuple(map(_cut_error, display.errors[:MAX_ERRORS]))
    return msgspec.structs.replace(display, changed=display.changed[:MAX_CHANGED], errors=errors)


def _cut_error(error: ErrorDetail) -> ErrorDetail:
    names = tuple((name[:MAX_NAME], text[:MAX_NAME_TEXT]) for name, text in error.names[:MAX_NAMES])
    texts = {"error": error.error[:100], "message": error.message[:400], "line": error.line[:MAX_LINE]}
    return msgspec.structs.replace(error, names=names, **texts)


def value_summary(value: TensorValue) -> str:
    """Return a tensor in a few words: kind, shape, dtype and first numbers."""
    numbers = value.first or first_numbers(Array(value.dtype, value.shape, value.data).numpy())
    more = ", ..." if math.prod(value.shape) > len(numbers) else ""
    shape = f"shape {value.shape}, " if value.shape else ""
    return f"{value.kind}, {shape}{value.dtype}: {', '.join(numbers)}{more}"


def first_numbers(array: npt.NDArray[np.generic]) -> tuple[str, ...]:
    """Return the first numbers of an array as short texts."""
    return tuple(f"{number:.6g}" for number in array.flat[:FIRST_NUMBERS])


def count_numbers(value: CallValue) -> int:
    """Return how many numbers a value holds; more than MAX_SHOWN_NUMBERS for a value that cannot be written in full."""
    match value:
        case TensorValue(_, _, shape, data):
            return math.prod(shape) if data or 0 in shape else MAX_SHOWN_NUMBERS + 1
        case GroupValue(_, items, _, length):
            return sum(map(count_numbers, items)) if len(items) == length else MAX_SHOWN_NUMBERS + 1
        case ObjectValue():
            return MAX_SHOWN_NUMBERS + 1
    return 0


def lists_names(argument: Argument) -> bool:
    """Return whether the argument is written as a list or tuple of names, such as [first, last].

    The values of these names are in the context of the call, so each is shown under its name in the experiment.
    """
    return isinstance(argument.value, GroupValue) and NAMES.fullmatch(argument.expression) is not None
