"""Render a recorded call as Python code: first the definitions of the arguments, then the call.

A value of at most MAX_SHOWN_NUMBERS numbers is written out in full. If all values are that small, the code repeats the
call once `torch` and the function are imported. A larger value is written as `...`, and a comment gives its shape,
dtype and first numbers. A net, an optimizer or a function is written as the expression with which the experiment made
it.
"""

from __future__ import annotations

from collections.abc import Sequence

from grader.core.values import Array
from grader.execution.guest.call_recording.recorded_call import (
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
from grader.grading.verdicts.value_text import assigned_lines, gradient_lines, number_rows

WIDTH = 79
"""Maximum length of a line in characters, including its indent."""


INDENT = 6
"""Number of spaces that messages put before each line of a call. The line without these spaces has at most WIDTH -
INDENT characters."""


def call_lines(call: RecordedCall, width: int = WIDTH - INDENT) -> list[str]:
    """Return the lines of a call. A line is longer than `width` only if a single name or number is."""
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
    """Return the lines of `call_lines` as one text."""
    return "\n".join(call_lines(call))


def changed_lines(changed: ChangedArgument, before: str, after: str, width: int = WIDTH - INDENT) -> list[str]:
    """Return two lines: the value before the call, labeled `before`, and the value after the call, labeled `after`."""
    return [
        shorten(f"{label}{_one_line(value)}", width)
        for label, value in ((before, changed.before), (after, changed.after))
    ]


def _definition(argument: Argument, width: int) -> list[str]:
    """Return the lines that assign an argument to its name; no lines if the call itself shows the whole argument."""
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
    return [*assigned_lines(f"{name} = ", value, width), *gradient_lines(name, value, width)]


def _with_comment(lines: list[str], comment: str, width: int) -> list[str]:
    """Return the lines with a comment at the end of the last line, or above the first line if it does not fit there."""
    if len(lines[-1]) + 4 + len(comment) <= width:
        return [*lines[:-1], f"{lines[-1]}  # {comment}"]
    return [shorten(f"# {comment}", width), *lines]


def _in_call(argument: Argument) -> str:
    """Return the text of an argument between the parentheses of the call."""
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
    """Return the text of a comment that describes a value in place of its numbers."""
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


def _wrapped(head: str, parts: Sequence[str], tail: str, width: int) -> list[str]:
    """Return head, parts and tail as one line if it fits; else as lines that break between the parts."""
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
    """Return the lines of a long expression, with breaks after commas inside its parentheses."""
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
        return " ".join("".join(number_rows(Array(value.dtype, value.shape, value.data).numpy(), 0, 10**6)).split())
    return _comment(value)


def shorten(text: str, width: int) -> str:
    """Return a text of at most `width` characters. A longer text is cut off and ends with "..."."""
    return text if len(text) <= width else text[: width - 3] + "..."
