"""Write a recorded value as Python code that creates it: tensors row by row, lists item by item."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from grader.core.values import Array
from grader.execution.guest.call_recording.recorded_call import (
    CallValue,
    GroupValue,
    LiteralValue,
    ObjectValue,
    TensorValue,
)

BRACKETS = {"tuple": ("(", ")"), "dict": ("{", "}")}
"""Brackets around the items of a tuple or a dict; every other group of values is shown as a list."""


def value_lines(head: str, value: CallValue, width: int) -> list[str]:
    """Return `head`, followed by the code of a value, as lines. All numbers are written out, however many there are.

    Numbers that do not fit into the line of `head` are put into separate lines below it, as code formatters do.
    """
    match value:
        case GroupValue(kind, items, keys):
            opening, closing = BRACKETS.get(kind, ("[", "]"))
            heads = [f"{key}: " for key in keys] if keys else [""] * len(items)
            parts = [value_lines(part, item, width - 5) for part, item in zip(heads, items, strict=True)]
            return _group_lines(head + opening, parts, closing, width)
        case TensorValue():
            lines = _tensor_lines(head, value, width)
            opening, array, closing = _tensor_parts(value)
            if len(lines) == 1 or not array.ndim:
                return lines
            rows = [row[1:] for row in number_rows(array, 3, width)]
            return [head + opening + "[", *(f"    {row}" for row in [*rows[:-1], rows[-1][:-1]]), "]" + closing]
    return assigned_lines(head, value, width)


def assigned_lines(head: str, value: CallValue, width: int) -> list[str]:
    """Return `head`, followed by the code of a value, as lines. The rows of a tensor are aligned with its first row."""
    match value:
        case TensorValue():
            return _tensor_lines(head, value, width)
        case GroupValue(kind, items, keys):
            opening, closing = BRACKETS.get(kind, ("[", "]"))
            if kind == "tuple" and len(items) == 1:
                closing = ",)"
            heads = [f"{key}: " for key in keys] if keys else [""] * len(items)
            parts = [assigned_lines(part, item, width - 5) for part, item in zip(heads, items, strict=True)]
            return _group_lines(head + opening, parts, closing, width)
        case LiteralValue(text):
            return [head + text]
        case ObjectValue(kind, expression):
            return [head + (expression or f"...  # {kind}")]


def _group_lines(head: str, parts: Sequence[list[str]], closing: str, width: int) -> list[str]:
    """Return the lines of a group in brackets: one line if all parts fit, else at least one line for each part."""
    line = head + ", ".join(" ".join(part) for part in parts) + closing
    if all(len(part) == 1 for part in parts) and len(line) <= width:
        return [line]
    inner = [f"    {text}" for part in parts for text in [*part[:-1], part[-1] + ","]]
    return [head, *inner, closing]


def _tensor_lines(head: str, value: TensorValue, width: int) -> list[str]:
    """Return `head`, followed by the call of torch.tensor or numpy.array that creates a value, as lines."""
    opening, array, closing = _tensor_parts(value)
    if 0 in array.shape and array.ndim > 1:
        return [f"{head}{opening.replace('torch.tensor(', 'torch.empty(')}{array.shape}{closing}"]
    rows = number_rows(array, len(head + opening), width)
    lines = [head + opening + rows[0], *(" " * len(head + opening) + row for row in rows[1:])]
    if len(lines[-1] + closing) <= width:
        return [*lines[:-1], lines[-1] + closing]
    return [*lines[:-1], *_closing_lines(lines[-1], head, opening, closing, width)]


def _tensor_parts(value: TensorValue) -> tuple[str, npt.NDArray[np.generic], str]:
    """Return the code before the numbers of a value, the numbers, and the code after them."""
    array = Array(value.dtype, value.shape, value.data).numpy()
    if value.kind == "array":
        opening, closing = "numpy.array(", f", dtype={value.dtype!r})"
    else:
        options = "" if value.dtype in ("int64", "bool") and array.size else f", dtype=torch.{value.dtype}"
        options += ", requires_grad=True" if value.requires_grad and value.kind == "tensor" else ""
        opening, closing = "torch.tensor(", f"{options})"
    if value.transposed:
        array, closing = array.T, f"{closing}.T"
    if value.kind == "parameter":
        frozen = "" if value.requires_grad else ", requires_grad=False"
        opening, closing = f"torch.nn.Parameter({opening}", f"{closing}{frozen})"
    return opening, array, closing


def _closing_lines(line: str, head: str, opening: str, closing: str, width: int) -> list[str]:
    """Return the last line of numbers, and the lines of the other arguments, which do not fit into that line."""
    start = " " * len(head + opening)
    if not closing.startswith(", "):
        return [line, start + closing]
    last = start + closing.removeprefix(", ")
    if len(last) <= width or ", requires_grad=False)" not in closing:
        return [line + ",", last]
    inner, outer = closing.removeprefix(", ").split("), ", 1)
    return [line + ",", f"{start}{inner}),", " " * (len(head) + len("torch.nn.Parameter(")) + outer]


def number_rows(array: npt.NDArray[np.generic], indent: int, width: int) -> list[str]:
    """Return the code of nested lists of numbers as lines: at least one line for each row of a matrix."""
    if array.ndim == 0:
        return [_number(array.reshape(-1)[0])]
    if array.ndim == 1:
        return _wrapped_numbers([_number(number) for number in array], indent, width)
    rows = [number_rows(part, indent + 1, width) for part in array]
    lines = []
    for i, row in enumerate(rows):
        row = [("[" if i == 0 else " ") + row[0], *(f" {line}" for line in row[1:])]
        row[-1] += "]" if i == len(rows) - 1 else ","
        lines += row
    return lines


def _wrapped_numbers(numbers: Sequence[str], indent: int, width: int) -> list[str]:
    lines, line = [], "["
    for i, number in enumerate(numbers):
        text = number + (", " if i < len(numbers) - 1 else "]")
        if len(line) > 1 and indent + len(line + text.rstrip()) > width - 2:
            lines.append(line.rstrip())
            line = " "
        line += text
    return [*lines, line if numbers else "[]"]


def _number(number: np.generic) -> str:
    """Return the code of a number, with the fewest digits from which Python reads the same number."""
    if isinstance(number, np.floating):
        value = float(number)
        if not math.isfinite(value):
            return f'float("{value}")'
        return str(number) if number.dtype != np.float64 else repr(value)
    return str(number)


def gradient_lines(name: str, value: CallValue, width: int) -> Iterator[str]:
    """Yield the lines of code that set `.grad` of a tensor, or of each tensor in a list."""
    match value:
        case TensorValue(_, dtype, shape, grad=bytes() as grad):
            gradient = TensorValue("tensor", dtype, shape, grad)
            yield from _tensor_lines(f"{name}.grad = ", gradient, width)
        case GroupValue(kind, items) if kind in ("list", "tuple", "generator"):
            for i, item in enumerate(items):
                yield from gradient_lines(f"{name}[{i}]", item, width)
