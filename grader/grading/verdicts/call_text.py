"""Render a recorded call as Python code: arguments with their numbers, then the call.

Values of at most MAX_SHOWN_NUMBERS numbers are written out in full, so that the lines run as they are: with `torch` and
the function imported they repeat the call. A larger value is `...` with its shape, dtype and first numbers in a
comment. Nets, optimizers and functions are shown by the expression of the experiment that made them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from grader.core.values import Array
from grader.execution.guest.recorded_call import (
    MAX_SHOWN_NUMBERS,
    Argument,
    CallValue,
    ChangedArgument,
    GroupValue,
    LiteralValue,
    ObjectValue,
    RecordedCall,
    TensorValue,
    count_numbers,
    lists_names,
    value_summary,
)

WIDTH = 79
"""Characters of a line, at most, together with its indent."""

BRACKETS = {"tuple": ("(", ")"), "dict": ("{", "}")}
"""Brackets around the items of a group; the others are shown as a list."""

INDENT = 6
"""Blanks before each line where a call is shown; lines are WIDTH - INDENT characters long at most."""


def call_lines(call: RecordedCall, width: int = WIDTH - INDENT) -> list[str]:
    """Return the lines of a call; none is longer than `width`, apart from single names or numbers."""
    lines: list[str] = []
    written: list[str] = []
    defined = {argument.name: argument for argument in (*call.context, *call.arguments)}
    for argument in sorted(defined.values(), key=lambda argument: argument.line):
        lines += _definition(argument, width)
    for argument in call.arguments:
        text = _in_call(argument)
        written.append(f"{argument.keyword}={text}" if argument.keyword else text)
    head = f"{call.target} = {call.function}(" if call.target else f"{call.function}("
    return lines + _wrapped(head, written, ")", width)


def call_text(call: RecordedCall) -> str:
    """Return the lines of a call as one text."""
    return "\n".join(call_lines(call))


def value_lines(head: str, value: CallValue, width: int) -> list[str]:
    """Return the lines of `head` and a value that is written out, however many numbers it has.

    Numbers that do not fit behind `head` are in lines of their own below it, as formatters break lines.
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
            rows = [row[1:] for row in _rows(array, 3, width)]
            return [head + opening + "[", *(f"    {row}" for row in [*rows[:-1], rows[-1][:-1]]), "]" + closing]
    return _assigned(head, value, width)


def changed_lines(changed: ChangedArgument, before: str, after: str, width: int = WIDTH - INDENT) -> list[str]:
    """Return a line with the value before the call, labeled `before`, and one with the value after it."""
    return [
        shorten(f"{label}{_one_line(value)}", width)
        for label, value in ((before, changed.before), (after, changed.after))
    ]


def _definition(argument: Argument, width: int) -> list[str]:
    """Return the lines that define the name of an argument; none if the call itself says it all."""
    value, name = argument.value, argument.name
    match value:
        case LiteralValue():
            return []
        case ObjectValue(kind, expression):
            if expression == name or (argument.expression and expression == argument.expression):
                return []
            return _wrapped(f"{name} = ", [expression], "", width) if expression else [f"{name} = ...  # {kind}"]
        case TensorValue(grad_fn=str() as node, expression=expression) if node:
            if expression and expression == argument.expression:
                return []
            lines = _wrapped(f"{name} = ", [expression], "", width) if expression else [f"{name} = ..."]
            return _with_comment(lines, f"{value_summary(value)}, grad_fn={node}", width)
    if lists_names(argument):
        return []
    if count_numbers(value) > MAX_SHOWN_NUMBERS:
        expression = argument.expression if isinstance(value, GroupValue) else ""
        return _with_comment([f"{name} = {expression or '...'}"], _comment(value), width)
    return [*_assigned(f"{name} = ", value, width), *_gradients(name, value, width)]


def _with_comment(lines: list[str], comment: str, width: int) -> list[str]:
    """Return the lines with a comment behind the last one, or above the first one if it does not fit."""
    if len(lines[-1]) + 4 + len(comment) <= width:
        return [*lines[:-1], f"{lines[-1]}  # {comment}"]
    return [shorten(f"# {comment}", width), *lines]


def _in_call(argument: Argument) -> str:
    """Return an argument as the call writes it."""
    if lists_names(argument):
        return argument.expression
    match argument.value:
        case LiteralValue(text):
            return text
        case GroupValue("generator") if count_numbers(argument.value) <= MAX_SHOWN_NUMBERS:
            return f"(item for item in {argument.name})"
        case TensorValue(grad_fn=str() as node, expression=expression) if node and expression == argument.expression:
            return argument.expression or argument.name
        case ObjectValue(_, expression) if argument.expression and expression == argument.expression:
            return argument.expression
    return argument.name


def _comment(value: CallValue) -> str:
    """Return what a comment says about a value that is not written out."""
    match value:
        case TensorValue():
            return value_summary(value)
        case GroupValue(kind, items, _, length):
            shapes = ", ".join(str(item.shape) for item in items[:4] if isinstance(item, TensorValue))
            more = ", ..." if shapes and length > 4 else ""
            return f"{kind} of {length}" + (f", shapes {shapes}{more}" if shapes else "")
        case ObjectValue(kind):
            return kind
        case LiteralValue(text):
            return text


def _assigned(head: str, value: CallValue, width: int) -> list[str]:
    """Return the lines of `head` and a value that is written out."""
    match value:
        case TensorValue():
            return _tensor_lines(head, value, width)
        case GroupValue(kind, items, keys):
            opening, closing = BRACKETS.get(kind, ("[", "]"))
            if kind == "tuple" and len(items) == 1:
                closing = ",)"
            heads = [f"{key}: " for key in keys] if keys else [""] * len(items)
            parts = [_assigned(part, item, width - 5) for part, item in zip(heads, items, strict=True)]
            return _group_lines(head + opening, parts, closing, width)
        case LiteralValue(text):
            return [head + text]
        case ObjectValue(kind, expression):
            return [head + (expression or f"...  # {kind}")]


def _group_lines(head: str, parts: Sequence[list[str]], closing: str, width: int) -> list[str]:
    """Return the lines of a bracket: one line if all parts fit in it, else at least one line for each part."""
    line = head + ", ".join(" ".join(part) for part in parts) + closing
    if all(len(part) == 1 for part in parts) and len(line) <= width:
        return [line]
    inner = [f"    {text}" for part in parts for text in [*part[:-1], part[-1] + ","]]
    return [head, *inner, closing]


def _tensor_lines(head: str, value: TensorValue, width: int) -> list[str]:
    """Return the lines of `head` and the call of torch.tensor (or numpy.array) that makes a value."""
    opening, array, closing = _tensor_parts(value)
    if 0 in array.shape and array.ndim > 1:
        return [f"{head}{opening.replace('torch.tensor(', 'torch.empty(')}{array.shape}{closing}"]
    rows = _rows(array, len(head + opening), width)
    lines = [head + opening + rows[0], *(" " * len(head + opening) + row for row in rows[1:])]
    if len(lines[-1] + closing) <= width:
        return [*lines[:-1], lines[-1] + closing]
    return [*lines[:-1], *_closing_lines(lines[-1], head, opening, closing, width)]


def _tensor_parts(value: TensorValue) -> tuple[str, npt.NDArray[np.generic], str]:
    """Return what stands before the numbers of a value, the numbers, and what stands behind them."""
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
    """Return the last line of numbers and the arguments after it, which do not fit on the same line."""
    start = " " * len(head + opening)
    if not closing.startswith(", "):
        return [line, start + closing]
    last = start + closing.removeprefix(", ")
    if len(last) <= width or ", requires_grad=False)" not in closing:
        return [line + ",", last]
    inner, outer = closing.removeprefix(", ").split("), ", 1)
    return [line + ",", f"{start}{inner}),", " " * (len(head) + len("torch.nn.Parameter(")) + outer]


def _rows(array: npt.NDArray[np.generic], indent: int, width: int) -> list[str]:
    """Return nested lists of numbers as lines: one line for each row of a matrix, wrapped if it is long."""
    if array.ndim == 0:
        return [_number(array.reshape(-1)[0])]
    if array.ndim == 1:
        return _wrapped_numbers([_number(number) for number in array], indent, width)
    rows = [_rows(part, indent + 1, width) for part in array]
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
    """Return a number as Python writes it, with the fewest digits that give it back exactly."""
    if isinstance(number, np.floating):
        value = float(number)
        if not math.isfinite(value):
            return f'float("{value}")'
        return str(number) if number.dtype != np.float64 else repr(value)
    return str(number)


def _gradients(name: str, value: CallValue, width: int) -> Iterator[str]:
    """Yield the lines that set the .grad of a tensor, and of those in a list."""
    match value:
        case TensorValue(_, dtype, shape, grad=bytes() as grad):
            gradient = TensorValue("tensor", dtype, shape, grad)
            yield from _tensor_lines(f"{name}.grad = ", gradient, width)
        case GroupValue(kind, items) if kind in ("list", "tuple", "generator"):
            for i, item in enumerate(items):
                yield from _gradients(f"{name}[{i}]", item, width)


def _wrapped(head: str, parts: Sequence[str], tail: str, width: int) -> list[str]:
    """Return head, parts and tail in one line if it is short enough, else with each part below the first."""
    line = head + ", ".join(parts) + tail
    if len(line) <= width or not parts:
        return [line]
    if len(parts) == 1 and not tail:
        return _wrapped_expression(head, parts[0], width)
    lines, start = [], " " * len(head)
    current = head
    for i, part in enumerate(parts):
        text = part + ("," if i < len(parts) - 1 else tail)
        if current.strip() and current != head and len(current + " " + text) > width:
            lines.append(current)
            current = start + text
        else:
            current = current + text if current in (head, start) else f"{current} {text}"
    lines.append(current)
    if max(map(len, lines)) <= width:
        return lines
    return [head, *(f"    {part}," for part in parts), tail] if tail else lines


def _wrapped_expression(head: str, expression: str, width: int) -> list[str]:
    """Break a long expression after a comma inside its brackets, where Python allows it."""
    pieces, lines, current = expression.split(", "), list[str](), head
    for i, piece in enumerate(pieces):
        text = piece + (", " if i < len(pieces) - 1 else "")
        if len(current + text.rstrip()) > width and current.strip() != head.strip() and "(" in "".join(lines) + current:
            lines.append(current.rstrip())
            current = " " * (len(head) + 4)
        current += text
    return [*lines, current.rstrip()]


def _one_line(value: CallValue) -> str:
    """Return a value in one line: its numbers, or their summary if there are more than MAX_SHOWN_NUMBERS."""
    if isinstance(value, TensorValue) and count_numbers(value) <= MAX_SHOWN_NUMBERS:
        return " ".join("".join(_rows(Array(value.dtype, value.shape, value.data).numpy(), 0, 10**6)).split())
    return _comment(value)


def shorten(text: str, width: int) -> str:
    """Return a text of at most `width` characters; a longer one ends with "..."."""
    return text if len(text) <= width else text[: width - 3] + "..."
