"""Describe values as plain data that can be shown.

Only values whose type is exactly a builtin, torch or numpy type are looked into: methods of other types may be hostile.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

import msgspec
import numpy as np
import torch

from grader.core.values import DTYPES
from grader.execution.guest.call_recording.recorded_call import (
    MAX_ITEMS,
    MAX_NAME_TEXT,
    MAX_NUMBERS,
    CallValue,
    GroupValue,
    LiteralValue,
    ObjectValue,
    TensorValue,
    first_numbers,
    value_summary,
)
from grader.execution.guest.student_code.raised_errors import class_name, encodable

MAX_DEPTH = 4
"""Maximum number of levels of nested lists that are recorded."""


class ReadGenerator(list[Any]):
    """The items that were read from a generator."""


def call_value(value: Any, origin: str = "", depth: int = 0) -> CallValue:
    """Return a value as plain data; an object of another type is described by the name of its type only.

    `origin` is the expression of the experiment that made the value.
    """
    kind: type = type(value)
    if value is None or kind in (bool, int, float, str):
        return LiteralValue(encodable(repr(value if kind is not str else value[:200])))
    if kind in (torch.Tensor, torch.nn.Parameter):
        return _tensor_value(value, origin)
    if kind is np.ndarray and value.dtype.name in DTYPES:
        return array_value(value, "array")
    if kind in (list, tuple, ReadGenerator) and depth < MAX_DEPTH:
        items = tuple(call_value(item, "", depth + 1) for item in value[:MAX_ITEMS])
        return GroupValue("generator" if kind is ReadGenerator else kind.__name__, items, length=len(value))
    if kind is dict and depth < MAX_DEPTH and all(type(key) in (str, int) for key in islice(value, MAX_ITEMS)):
        some = dict(islice(value.items(), MAX_ITEMS))
        items = tuple(call_value(item, "", depth + 1) for item in some.values())
        return GroupValue("dict", items, tuple(encodable(repr(key)[:60]) for key in some), len(value))
    return ObjectValue(class_name(kind), origin)


def _tensor_value(tensor: torch.Tensor, origin: str) -> CallValue:
    dtype = str(tensor.dtype).removeprefix("torch.")
    plain = tensor.layout is torch.strided and tensor.device.type == "cpu" and not tensor.is_quantized
    if not plain or dtype not in DTYPES:
        return ObjectValue(f"Tensor of dtype {dtype}")
    kind = "parameter" if type(tensor) is torch.nn.Parameter else "tensor"
    numbers = tensor.detach().resolve_neg().resolve_conj()
    transposed = numbers.dim() == 2 and not numbers.is_contiguous() and numbers.t().is_contiguous()
    grad = tensor.grad if tensor.is_leaf else None
    same = type(grad) is torch.Tensor and grad.shape == tensor.shape and grad.dtype == tensor.dtype
    found = array_value(numbers.contiguous().numpy() if numbers.numel() <= MAX_NUMBERS else numbers.numpy(), kind)
    return msgspec.structs.replace(
        found,
        requires_grad=tensor.requires_grad,
        transposed=transposed,
        grad_fn="" if tensor.is_leaf else type(tensor.grad_fn).__name__,
        expression="" if tensor.is_leaf else origin,
        grad=grad.detach().contiguous().numpy().tobytes() if same and grad is not None and found.data else None,
    )


def array_value(array: np.ndarray[Any, Any], kind: str = "tensor") -> TensorValue:
    """Return an array with all its numbers, or with its first numbers if it has more than MAX_NUMBERS."""
    if array.size > MAX_NUMBERS:
        return TensorValue(kind, array.dtype.name, array.shape, b"", first_numbers(array))
    return TensorValue(kind, array.dtype.name, array.shape, np.ascontiguousarray(array).tobytes())


def value_text(value: object) -> str:
    """Return a value in at most MAX_NAME_TEXT characters; "" for an object that is shown by its type only."""
    found = call_value(value)
    match found:
        case LiteralValue(text):
            return text[:MAX_NAME_TEXT]
        case TensorValue():
            return value_summary(found)[:MAX_NAME_TEXT]
        case GroupValue(kind, _, _, length):
            return f"{kind} of {length}"[:MAX_NAME_TEXT]
        case ObjectValue():
            return ""
