"""Observed values: plain data that crosses process boundaries and is compared without torch.

A value is None, a bool, int, float or string, an `Array`, a sequence or mapping of values, or an `Opaque`: the
description of any other object that a student's function returned.
"""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

_NAMES = ("float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool")
DTYPES = {name: np.dtype(name).itemsize for name in _NAMES}
"""The dtypes of an `Array`, all known to torch and numpy, each with the size of one number in bytes."""

MAX_DEPTH = 8
"""Maximum number of levels of nesting: a hostile frame must not exhaust the stack."""

MAX_DIMENSIONS = 64
"""The most dimensions of a torch tensor and of a numpy array."""

MAX_NUMBERS = 2**40
"""Maximum product of the sizes of an array that are not 0; it is far above what fits into memory."""

INTEGER_LIMIT = 2**63
"""Whole numbers of this size and more do not fit into 64 bits; `observed_values` describes them in words."""

CHANGED_ARGUMENTS = "changed arguments"
"""The observation that `Given` adds to an experiment: the inputs that the call modified in place."""

NO_GRAPH = "no graph: nothing to go back along"
"""What `Given` observes in place of a gradient if a result has no graph."""


@dataclass(frozen=True)
class Array:
    """Numbers with a dtype and a shape; `data` are their bytes in C order, little endian."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes

    def __post_init__(self) -> None:
        if self.dtype not in DTYPES:
            raise ValueError(f"unknown dtype {self.dtype!r}")
        if len(self.shape) > MAX_DIMENSIONS:
            raise ValueError("too many dimensions")  # to multiply a million sizes takes minutes
        if self.shape and min(self.shape) < 0:
            raise ValueError("a negative size")
        if math.prod(max(size, 1) for size in self.shape) > MAX_NUMBERS:
            raise ValueError("a size that is too large")  # numpy refuses it, even if another size is 0
        if math.prod(self.shape) * DTYPES[self.dtype] != len(self.data):
            raise ValueError("shape and bytes disagree")

    @classmethod
    def of(cls, array: npt.NDArray[np.generic]) -> Array:
        """Copy a numpy array whose dtype is in `DTYPES`. Raises ValueError for any other dtype."""
        return cls(array.dtype.name, array.shape, np.ascontiguousarray(array).tobytes())

    def numpy(self) -> npt.NDArray[np.generic]:
        """Return a read-only view of the numbers as a numpy array of the same dtype and shape."""
        return np.frombuffer(self.data, dtype=self.dtype).reshape(self.shape)


@dataclass(frozen=True)
class Opaque:
    """The description of an object that is no plain value, such as "a generator"; no value is equal to it."""

    description: str


OBJECT_BYTES = 56
"""Approximate memory, in bytes, of a small object and the reference to it."""

Value: TypeAlias = "bool | int | float | str | Array | Opaque | tuple[Value, ...] | dict[str, Value] | None"
Observations: TypeAlias = dict[str, Value]


def memory_of(value: Value) -> int:
    """Return approximately how many bytes of memory a value takes."""
    match value:
        case Array():
            return 6 * OBJECT_BYTES + len(value.data)
        case str():
            return OBJECT_BYTES + len(value)
        case tuple():
            return OBJECT_BYTES + sum(map(memory_of, value))
        case dict():
            return 4 * OBJECT_BYTES + sum(2 * OBJECT_BYTES + len(key) + memory_of(value[key]) for key in value)
    return OBJECT_BYTES


def to_plain(value: Value) -> object:
    """Return a value as nested lists and dicts that JSON and MessagePack carry without loss, nan and inf included."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else ["f", str(value)]
        case Array():
            return ["a", value.dtype, list(value.shape), value.data]
        case Opaque():
            return ["o", value.description]
        case tuple():
            return ["s", [to_plain(item) for item in value]]
        case dict():
            return ["m", {key: to_plain(item) for key, item in value.items()}]


def from_plain(plain: object, depth: int = 0) -> Value:
    """Return the value that `to_plain` encoded. Raises ValueError on all other input, hostile input included."""
    if depth > MAX_DEPTH:
        raise ValueError("nested too deeply")
    if type(plain) is int and not -INTEGER_LIMIT <= plain < INTEGER_LIMIT:
        raise ValueError("a whole number that is too large")  # 10**400 has no float64
    if plain is None or isinstance(plain, float | bool | int | str):
        return plain
    match plain:
        case ["a", str(dtype), list(shape), bytes() | str() as data]:
            if not all(type(size) is int for size in shape):
                raise ValueError("a shape holds whole numbers")
            return Array(dtype, tuple(shape), base64.b64decode(data) if isinstance(data, str) else data)
        case ["s", list(items)]:
            return tuple([from_plain(item, depth + 1) for item in items])
        case ["m", dict(items)]:
            return {str(key): from_plain(item, depth + 1) for key, item in items.items()}
        case ["f", str(text)]:
            return float(text)
        case ["o", str(description)]:
            return Opaque(description)
    raise ValueError(f"not a value: {type(plain).__name__}")
