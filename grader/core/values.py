"""Values of observations: plain data that processes send to each other and compare without torch.

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
"""The dtypes of an `Array`, each with the size of one number in bytes. torch and numpy have all of these dtypes."""

MAX_DEPTH = 8
"""Maximum number of nested sequences and mappings in a value. Hostile data with more levels may exhaust the stack."""

MAX_DIMENSIONS = 64
"""Maximum number of dimensions of an `Array`, as for torch tensors and numpy arrays."""

MAX_NUMBERS = 2**40
"""Maximum product of the sizes of an `Array`, without sizes of 0. An array with more numbers than this does not fit
into any memory."""

INTEGER_LIMIT = 2**63
"""Whole numbers of this size or more do not fit into 64 bits. Observations describe such numbers in words."""

CHANGED_ARGUMENTS = "changed arguments"
"""Name of the observation that lists the inputs which the student's function changed, though it must not."""

NO_GRAPH = "no graph: nothing to go back along"
"""Observation in place of a gradient if the result of the student's function has no graph (`Given.gradients`)."""


@dataclass(frozen=True)
class Array:
    """Numbers with a dtype and a shape. `data` holds the bytes of the numbers in C order, little endian."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes

    def __post_init__(self) -> None:
        if self.dtype not in DTYPES:
            raise ValueError(f"unknown dtype {self.dtype!r}")
        if len(self.shape) > MAX_DIMENSIONS:
            raise ValueError("too many dimensions")  # multiplying a million sizes, as below, would take minutes
        if self.shape and min(self.shape) < 0:
            raise ValueError("a negative size")
        if math.prod(max(size, 1) for size in self.shape) > MAX_NUMBERS:
            raise ValueError("a size that is too large")  # numpy raises an error for it, even if another size is 0
        if math.prod(self.shape) * DTYPES[self.dtype] != len(self.data):
            raise ValueError("shape and bytes disagree")

    @classmethod
    def of(cls, array: npt.NDArray[np.generic]) -> Array:
        """Copy a numpy array whose dtype is in `DTYPES`. Raises ValueError for any other dtype."""
        little_endian = array.astype(array.dtype.newbyteorder("<"), order="C", copy=False)
        return cls(array.dtype.name, array.shape, little_endian.tobytes())

    def numpy(self) -> npt.NDArray[np.generic]:
        """Return the numbers as a read-only numpy array of the same dtype and shape, without a copy."""
        return np.frombuffer(self.data, dtype=self.dtype).reshape(self.shape)


@dataclass(frozen=True)
class Opaque:
    """Description of an object that is no plain value, such as "a generator". Comparisons find no value equal to it."""

    description: str


OBJECT_BYTES = 56
"""Approximate memory, in bytes, of a small Python object with a reference to it."""

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
    """Return a value as nested lists and dicts that JSON and MessagePack hold without loss, even NaN and infinity."""
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
    """Return the value that `to_plain` encoded. Raises ValueError for any other input, even hostile input."""
    if depth > MAX_DEPTH:
        raise ValueError("nested too deeply")
    if type(plain) is int and not -INTEGER_LIMIT <= plain < INTEGER_LIMIT:
        raise ValueError("a whole number that is too large")  # float() raises OverflowError for 10**400
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
