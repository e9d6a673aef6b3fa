"""Conversion of the values that an experiment returns, such as tensors and arrays, into plain data. Needs torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from grader.core.values import DTYPES, MAX_DEPTH, Array, Opaque, Value
from grader.execution.guest.student_code.raised_errors import MAX_TEXT, class_name, encodable

MAX_ELEMENTS = 100_000
"""Maximum number of elements of one value. Checks use small inputs, so right answers stay far below it."""


def to_value(thing: Any, depth: int = 0) -> Value:
    """Return a value as plain data.

    An object becomes an `Opaque` if it is too large, too deeply nested, or of a type or dtype that `Value` lacks.
    """
    kind = type(thing)
    if thing is None or kind in (bool, int):
        return thing if kind is not int or abs(thing) < 2**63 else Opaque("a huge int")
    if isinstance(thing, float):
        return float(thing)  # `thing` may be of a subclass of float, such as np.float64
    if kind is str:
        return encodable(thing[:MAX_TEXT])
    if kind in (torch.Tensor, torch.nn.Parameter):
        return _tensor(thing)
    if kind is np.ndarray:
        return _array(thing)
    if kind in (tuple, list, torch.Size) and depth < MAX_DEPTH and len(thing) <= MAX_ELEMENTS:
        return tuple(to_value(item, depth + 1) for item in thing)
    if isinstance(thing, Mapping) and depth < MAX_DEPTH and len(thing) <= MAX_ELEMENTS:
        return {encodable(str(key)[:MAX_TEXT]): to_value(item, depth + 1) for key, item in thing.items()}
    return Opaque(describe_type(thing))


def _tensor(tensor: torch.Tensor) -> Value:
    if tensor.layout is not torch.strided or tensor.device.type != "cpu" or tensor.is_quantized:
        return Opaque("a tensor that is not an ordinary dense CPU tensor")
    if tensor.numel() > MAX_ELEMENTS:
        return Opaque(f"a tensor of {tensor.numel()} elements")
    dtype = str(tensor.dtype).removeprefix("torch.")
    if dtype not in DTYPES:
        return Opaque(f"a tensor of dtype {dtype}")
    return Array.of(tensor.detach().resolve_neg().resolve_conj().contiguous().numpy())


def _array(array: np.ndarray[Any, Any]) -> Value:
    if array.size > MAX_ELEMENTS:
        return Opaque(f"an array of {array.size} elements")
    return Array.of(array) if array.dtype.name in DTYPES else Opaque(f"an array of dtype {array.dtype.name}")


def describe_type(thing: Any) -> str:
    """Return the type of an object with its article, for example "a float" or "an int"; "None" for None."""
    if thing is None:
        return "None"
    name = class_name(type(thing))
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
