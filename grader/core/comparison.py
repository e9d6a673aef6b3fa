"""How two observations are compared, and what the first difference between them is."""

from __future__ import annotations

import math
import struct
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TypeAlias, cast

import numpy as np
import numpy.typing as npt

from grader.core.values import Array, Opaque, Value

RTOL, ATOL = 1e-7, 1e-9
"""float64: right answers differ by about 1e-16, the nearest known mistakes by about 1e-5."""

SMALL = 256
"""Bytes of an array that is compared number by number."""

ValuePath: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True)
class Tolerance:
    """How close is equal, and which observations have an upper limit instead of a yardstick."""

    rtol: float = RTOL
    atol: float = ATOL
    at_most: Mapping[str, float] = field(default_factory=dict)

    def ratio(self, yours: float, expected: float) -> float:
        """The distance of two numbers in tolerances: at most 1 is equal, inf is another kind of number."""
        if math.isnan(yours) or math.isnan(expected):
            # NaN compares unequal to everything; it is right only where the solution has it too.
            return 0.0 if math.isnan(yours) and math.isnan(expected) else math.inf
        if math.isinf(yours) or math.isinf(expected):
            return 0.0 if yours == expected else math.inf
        return abs(yours - expected) / (self.atol + self.rtol * abs(expected))


@dataclass(frozen=True)
class Difference:
    """The first place where two observations of the same `name` differ.

    `where` says it ("gradient[2, 0]"); `ratio` is the distance in tolerances (inf for another shape, type or
    text); `count` of `total` entries differ.
    """

    where: str
    yours: str
    expected: str
    ratio: float
    count: int = 1
    total: int = 1
    name: str = ""


def observations_differ(
    yours: Mapping[str, Value], expected: Mapping[str, Value], tolerance: Tolerance
) -> list[Difference]:
    """One difference for each named observation that is not as expected; in the order of the solution's."""
    found = []
    for name in [*expected, *(name for name in yours if name not in expected)]:
        if name not in yours:
            found.append(Difference(name, "nothing", show(expected[name]), math.inf, name=name))
        elif name not in expected:
            found.append(Difference(name, show(yours[name]), "nothing", math.inf, name=name))
        elif difference := _observation(name, yours[name], expected[name], tolerance):
            found.append(replace(difference, name=name))
    return found


def _observation(name: str, yours: Value, expected: Value, tolerance: Tolerance) -> Difference | None:
    if name in tolerance.at_most:
        return _limit(name, yours, tolerance.at_most[name])
    return differ(yours, expected, tolerance, (name,))


def _limit(name: str, yours: Value, limit: float) -> Difference | None:
    if type(yours) is float and yours <= limit:
        return None
    ratio = yours / limit if type(yours) is float and math.isfinite(yours) and limit > 0 else math.inf
    return Difference(name, show(yours), f"at most {limit:g}", ratio * 100)


def differ(yours: Value, expected: Value, tolerance: Tolerance, path: ValuePath = ()) -> Difference | None:
    """The first difference of two values, or None: kinds first, then shapes, dtypes, numbers."""
    match yours, expected:
        case Array(), Array():
            return _arrays(yours, expected, tolerance, path)
        case float(), float():
            return _numbers(yours, expected, tolerance, path)
        case tuple(), tuple():
            return _sequences(yours, expected, tolerance, path)
        case dict(), dict():
            return _mappings(yours, expected, tolerance, path)
    # bool is an int to Python: compare the types too. An Opaque equals nothing.
    if type(yours) is type(expected) and yours == expected and not isinstance(yours, Opaque):
        return None
    return Difference(place_of(path), show(yours), show(expected), math.inf)


def equal(yours: Value, other: Value, tolerance: Tolerance) -> bool:
    """Whether two values are the same within the tolerance; quick to say no, since it is asked very often."""
    if type(yours) is not type(other):
        return False
    if isinstance(yours, tuple) and isinstance(other, tuple):
        return len(yours) == len(other) and all(equal(a, b, tolerance) for a, b in zip(yours, other, strict=True))
    if isinstance(yours, float) and isinstance(other, float):
        return tolerance.ratio(yours, other) <= 1
    if isinstance(yours, Array) and isinstance(other, Array):
        if (yours.shape, yours.dtype) != (other.shape, other.dtype):
            return False
        if yours.data == other.data:
            return True
        if yours.dtype == "float64" and yours.data:
            (first,), (second,) = _DOUBLE.unpack_from(yours.data), _DOUBLE.unpack_from(other.data)
            if tolerance.ratio(first, second) > 1:
                return False
    return differ(yours, other, tolerance) is None


_DOUBLE = struct.Struct("<d")


def _numbers(yours: float, expected: float, tolerance: Tolerance, path: ValuePath) -> Difference | None:
    ratio = tolerance.ratio(yours, expected)
    return None if ratio <= 1 else Difference(place_of(path), _pair(yours, expected), _pair(expected, yours), ratio)


def _sequences(
    yours: tuple[Value, ...], expected: tuple[Value, ...], tolerance: Tolerance, path: ValuePath
) -> Difference | None:
    pairs = enumerate(zip(yours, expected, strict=False))
    differences = [found for i, (a, b) in pairs if (found := differ(a, b, tolerance, (*path, i)))]
    if len(yours) != len(expected):
        return Difference(
            f"len({place_of(path)})", f"{len(yours)}: {show(yours)}", f"{len(expected)}: {show(expected)}", math.inf
        )
    if not differences:
        return None
    first = differences[0]
    return Difference(
        first.where, first.yours, first.expected, max(d.ratio for d in differences), len(differences), len(expected)
    )


def _mappings(
    yours: dict[str, Value], expected: dict[str, Value], tolerance: Tolerance, path: ValuePath
) -> Difference | None:
    if yours.keys() != expected.keys():
        return Difference(f"keys of {place_of(path)}", show(", ".join(yours)), show(", ".join(expected)), math.inf)
    for key, value in expected.items():
        if found := differ(yours[key], value, tolerance, (*path, key)):
            return found
    return None


def _arrays(yours: Array, expected: Array, tolerance: Tolerance, path: ValuePath) -> Difference | None:
    if yours == expected:  # the same bytes: right answers mostly are
        return None
    place = place_of(path)
    if yours.shape != expected.shape:
        return Difference(f"shape of {place}", _cut(str(yours.shape), 100), str(expected.shape), math.inf)
    if yours.dtype != expected.dtype:
        return Difference(f"dtype of {place}", yours.dtype, expected.dtype, math.inf)
    if yours.dtype == "float64" and len(yours.data) <= SMALL and _all_near(yours.data, expected.data, tolerance):
        return None
    ratios = ratios_of(yours.numpy(), expected.numpy(), tolerance)
    wrong = ratios > 1
    if not wrong.any():
        return None
    first = tuple(int(i) for i in np.argwhere(wrong)[0])
    a, b = yours.numpy()[first].item(), expected.numpy()[first].item()
    where = place + (f"[{', '.join(map(str, first))}]" if first else "")
    return Difference(where, _pair(a, b), _pair(b, a), float(ratios.max()), int(wrong.sum()), wrong.size)


def _all_near(yours: bytes, expected: bytes, tolerance: Tolerance) -> bool:
    """The same without numpy, whose calls cost more than a few numbers do."""
    return all(tolerance.ratio(a, b) <= 1 for a, b in zip(array("d", yours), array("d", expected), strict=True))


def ratios_of(
    yours: npt.NDArray[np.generic], expected: npt.NDArray[np.generic], tolerance: Tolerance
) -> npt.NDArray[np.float64]:
    """`Tolerance.ratio`, entry by entry (two arrays of one shape); whole numbers and bools are equal or not."""
    if expected.dtype.kind != "f":
        return np.where(yours == expected, 0.0, math.inf)
    a, b = yours.astype(np.float64), expected.astype(np.float64)
    finite = np.isfinite(a) & np.isfinite(b)
    with np.errstate(invalid="ignore", over="ignore"):  # a difference beyond all numbers is inf, and wrong
        ratios = np.abs(a - b) / (tolerance.atol + tolerance.rtol * np.abs(b))
    if finite.all():
        return ratios
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    return cast("npt.NDArray[np.float64]", np.where(finite, ratios, np.where(same, 0.0, math.inf)))


def place_of(path: ValuePath) -> str:
    """("shapes", 3, 0) -> "shapes[3][0]"."""
    return "".join(f"[{part}]" if isinstance(part, int) else (f".{part}" if i else part) for i, part in enumerate(path))


def _pair(number: float | int | bool, other: float | int | bool) -> str:
    """A number, with as many digits as it takes to tell it from the other."""
    if not isinstance(number, float):
        return str(number)
    for digits in (6, 9, 12, 17):
        if f"{number:.{digits}g}" != f"{other:.{digits}g}":
            return f"{number:.{digits}g}"
    return repr(number)


def show(value: Value, room: int = 60) -> str:
    """A value in at most about `room` characters, as a student would write it."""
    match value:
        case Opaque():
            text = value.description
        case float():
            return f"{value:.6g}"
        case Array(shape=()):
            return f"tensor({_pair(value.numpy().item(), 0.0)})"
        case Array():
            text = f"tensor of shape {value.shape}"
        case tuple():
            # Every item takes two characters at least, and there may be a million of them.
            text = "[" + ", ".join(show(item, room) for item in value[:room]) + "]"
        case dict():
            text = "{" + ", ".join(f"{key}: {show(item, room)}" for key, item in islice(value.items(), room)) + "}"
        case str():
            text = value
        case None | bool() | int():
            text = str(value)
    return _cut(text, room)


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1] + "…"
