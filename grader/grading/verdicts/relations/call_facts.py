"""Facts of a recorded call to which a wrong value may relate: sizes of arguments, and values before the call."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from grader.core.values import Array
from grader.execution.guest.call_recording.recorded_call import (
    CallValue,
    GroupValue,
    LiteralValue,
    RecordedCall,
    TensorValue,
    lists_names,
)
from grader.grading.verdicts.relations.evidence import Numbers
from grader.grading.verdicts.relations.relation_kinds import Quantity

MAX_FACTS = 64
"""Maximum number of sizes, and of values before the call, that are taken from a call."""


@dataclass(frozen=True)
class Size:
    """A number that a wrong value may contain as a factor: a size of an argument, or an argument that is a number.

    argument: the name of the argument in this call, such as "x"; it may differ between checks.
    parameter: the name of the parameter, which is the same in every check.
    quantity: which size it is, such as the number of rows.
    """

    argument: str
    parameter: str
    quantity: Quantity
    number: float


@dataclass(frozen=True)
class Before:
    """The numbers in an argument, or in the gradient of an argument, before the call."""

    argument: str
    parameter: str
    numbers: Numbers
    is_gradient: bool = False


@dataclass(frozen=True)
class CallFacts:
    """Facts of the first call in a check; `calls` is the total number of calls in the check."""

    sizes: tuple[Size, ...] = ()
    before: tuple[Before, ...] = ()
    calls: int = 1


NO_FACTS = CallFacts()


def call_facts(call: RecordedCall | None) -> CallFacts:
    """Return the facts of a call; no facts if `call` is None."""
    if call is None:
        return NO_FACTS
    sizes, before = list[Size](), list[Before]()
    context = {argument.name: argument.value for argument in call.context}
    for index, argument in enumerate(call.arguments):
        parameter = argument.parameter or str(index)
        names: Sequence[str] = ()
        if lists_names(argument):
            names = [name.strip() for name in argument.expression.strip("[]()").split(",") if name.strip()]
        sizes += _sizes(argument.name, parameter, argument.value)
        before += _before(argument.name, parameter, argument.value, names)
    before += [fact for name, value in context.items() for fact in _before(name, name, value, ())]
    sizes = [size for size in sizes if size.number not in (0, 1, -1)]
    return CallFacts(tuple(sizes[:MAX_FACTS]), tuple(before[:MAX_FACTS]), call.total)


def _sizes(name: str, parameter: str, value: CallValue) -> Iterator[Size]:
    match value:
        case TensorValue(shape=shape):
            yield Size(name, parameter, Quantity.ELEMENTS, math.prod(shape))
            if len(shape) > 1:
                yield Size(name, parameter, Quantity.ROWS, shape[0])
                yield Size(name, parameter, Quantity.COLUMNS, shape[-1])
        case GroupValue(kind, items, _, length):
            if length > 0 and kind != "dict":
                yield Size(name, parameter, Quantity.ITEMS, length)
            for i, item in enumerate(items):
                if isinstance(item, LiteralValue):
                    yield from _sizes(f"{name}[{i}]", f"{parameter}[{i}]", item)
        case LiteralValue(text):
            number = _number(text)
            if number is not None:
                yield Size(name, parameter, Quantity.VALUE, number)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and number != 0 else None


def _before(name: str, parameter: str, value: CallValue, names: Sequence[str]) -> Iterator[Before]:
    match value:
        case TensorValue(dtype=dtype, shape=shape, data=data, grad=grad) if data and dtype != "bool":
            yield Before(name, parameter, Array(dtype, shape, data).numpy().astype(np.float64))
            if grad is not None:
                numbers = Array(dtype, shape, grad).numpy().astype(np.float64)
                yield Before(f"{name}.grad", f"{parameter}.grad", numbers, is_gradient=True)
        case GroupValue(_, items) if len(items) <= MAX_FACTS:
            for i, item in enumerate(items):
                item_name = names[i] if i < len(names) else f"{name}[{i}]"
                yield from _before(item_name, f"{parameter}[{i}]", item, ())
