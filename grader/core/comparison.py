"""Comparison of two observations within a tolerance, and the first difference between them."""

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
"""Default tolerances. Right answers differ from the solution by about 1e-16, known mistakes by at least about 1e-5."""

AT_MOST = "at most "
"""Beginning of the expected value of an observation that has a limit."""

SMALL_ARRAY = 256
"""Maximum number of bytes of an array that is compared number by number without numpy."""

ValuePath: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True)
class Tolerance:
    """Relative and absolute tolerance.

    `at_most` maps names of observations to upper limits; such an observation is compared with its limit instead of
    the reference.
    """

    rtol: float = RTOL
    atol: float = ATOL
    at_most: Mapping[str, float] = field(default_factory=dict)

    def ratio(self, yours: float, expected: float) -> float:
        """Return how many tolerances two numbers differ by: 1 or less means equal; inf if only one is NaN or infinite.

        The result is `|yours - expected| / (atol + rtol * |expected|)`, as in `numpy.isclose`.
        """
        if math.isnan(yours) or math.isnan(expected):
            # NaN compares unequal to everything; a NaN is right only if the solution also returns NaN.
            return 0.0 if math.isnan(yours) and math.isnan(expected) else math.inf
        if math.isinf(yours) or math.isinf(expected):
            return 0.0 if yours == expected else math.inf
        return abs(yours - expected) / (self.atol + self.rtol * abs(expected))


@dataclass(frozen=True)
class Difference:
    """The first difference between two observations called `name`.

    `where` is the place ("gradient[2, 0]"); `ratio` is the difference in tolerances (inf if the shape, type or
    text differs); `count` of the `total` entries differ.
    """

    where: str
    yours: str
    expected: str
    ratio: float
    count: int = 1
    total: int = 1
    name: str = ""


def find_differences(
    yours: Mapping[str, Value], expected: Mapping[str, Value], tolerance: Tolerance
) -> list[Difference]:
    """Return the first difference of each observation that differs, in the order of the solution's observations."""
    found = []
    for name in [*expected, *(name for name in yours if name not in expected)]:
        if name not in yours:
            found.append(Difference(name, "nothing", format_value(expected[name]), math.inf, name=name))
        elif name not in expected:
            found.append(Difference(name, format_value(yours[name]), "nothing", math.inf, name=name))
        elif difference := _compare_observation(name, yours[name], expected[name], tolerance):
            found.append(replace(difference, name=name))
    return found


def _compare_observation(name: str, yours: Value, expected: Value, tolerance: Tolerance) -> Difference | None:
    if name in tolerance.at_most:
        return _compare_to_limit(name, yours, tolerance.at_most[name])
    return first_difference(yours, expected, tolerance, (name,))


def _compare_to_limit(name: str, yours: Value, limit: float) -> Difference | None:
    if type(yours) is float and yours <= limit:
        return None
    ratio = yours / limit if type(yours) is float and math.isfinite(yours) and limit > 0 else math.inf
    return Difference(name, format_value(yours), f"{AT_MOST}{limit:g}", ratio * 100)


def first_difference(yours: Value, expected: Value, tolerance: Tolerance, path: ValuePath = ()) -> Difference | None:
    """Return the first difference of two values, or None. Types are compared first, then shapes, dtypes, numbers."""
    match yours, expected:
        case Array(), Array():
            return _compare_arrays(yours, expected, tolerance, path)
        case float(), float():
            return _compare_numbers(yours, expected, tolerance, path)
        case tuple(), tuple():
            return _compare_sequences(yours, expected, tolerance, path)
        case dict(), dict():
            return _compare_mappings(yours, expected, tolerance, path)
    # In Python a bool is an int, so compare the types too. An Opaque equals nothing.
    if type(yours) is type(expected) and yours == expected and not isinstance(yours, Opaque):
        return None
    show = _format_inside if len(path) > 1 else format_value
    return Difference(format_path(path), show(yours), show(expected), math.inf)


def values_equal(yours: Value, other: Value, tolerance: Tolerance) -> bool:
    """Return whether two values are equal within the tolerance.

    The result agrees with `first_difference`, but this function is faster: diagnosis compares each wrong value with
    the values of all mistakes.
    """
    if type(yours) is not type(other):
        return False
    if isinstance(yours, tuple) and isinstance(other, tuple):
        if _are_same_floats(yours, other):
            return True
        return len(yours) == len(other) and all(
            values_equal(a, b, tolerance) for a, b in zip(yours, other, strict=True)
        )
    if isinstance(yours, float) and isinstance(other, float):
        return tolerance.ratio(yours, other) <= 1
    if isinstance(yours, Array) and isinstance(other, Array):
        if (yours.shape, yours.dtype) != (other.shape, other.dtype):
            return False
        if yours.data == other.data:
            return True
        if yours.dtype == "float64" and yours.data:
            (first,), (second,) = _FLOAT64.unpack_from(yours.data), _FLOAT64.unpack_from(other.data)
            if tolerance.ratio(first, second) > 1:
                return False
    return first_difference(yours, other, tolerance) is None


_FLOAT64 = struct.Struct("<d")


def _compare_numbers(yours: float, expected: float, tolerance: Tolerance, path: ValuePath) -> Difference | None:
    ratio = tolerance.ratio(yours, expected)
    return (
        None
        if ratio <= 1
        else Difference(format_path(path), _format_apart(yours, expected), _format_apart(expected, yours), ratio)
    )


def _compare_sequences(
    yours: tuple[Value, ...], expected: tuple[Value, ...], tolerance: Tolerance, path: ValuePath
) -> Difference | None:
    if _are_same_floats(yours, expected):
        return None
    pairs = enumerate(zip(yours, expected, strict=False))
    differences = [found for i, (a, b) in pairs if (found := first_difference(a, b, tolerance, (*path, i)))]
    if len(yours) != len(expected):
        return Difference(
            f"len({format_path(path)})",
            f"{len(yours)}: {format_value(yours)}",
            f"{len(expected)}: {format_value(expected)}",
            math.inf,
        )
    if not differences:
        return None
    first = differences[0]
    return Difference(
        first.where, first.yours, first.expected, max(d.ratio for d in differences), len(differences), len(expected)
    )


def _are_same_floats(yours: tuple[Value, ...], expected: tuple[Value, ...]) -> bool:
    """Return whether both sequences hold the same floats and nothing else; in a curve of losses this is usual."""
    return {*map(type, yours), *map(type, expected)} == {float} and yours == expected


def _compare_mappings(
    yours: dict[str, Value], expected: dict[str, Value], tolerance: Tolerance, path: ValuePath
) -> Difference | None:
    if yours.keys() != expected.keys():
        keys, expected_keys = (format_value(", ".join(value)) if value else "{}" for value in (yours, expected))
        return Difference(f"keys of {format_path(path)}", keys, expected_keys, math.inf)
    for key, value in expected.items():
        if found := first_difference(yours[key], value, tolerance, (*path, key)):
            return found
    return None


def _compare_arrays(yours: Array, expected: Array, tolerance: Tolerance, path: ValuePath) -> Difference | None:
    if yours == expected:  # the usual case for right answers
        return None
    if yours.shape != expected.shape:
        return Difference(
            f"shape of {format_path(path)}", _truncate(str(yours.shape), 100), str(expected.shape), math.inf
        )
    if yours.dtype != expected.dtype:
        return Difference(f"dtype of {format_path(path)}", yours.dtype, expected.dtype, math.inf)
    if yours.dtype == "float64" and len(yours.data) <= SMALL_ARRAY and _all_near(yours.data, expected.data, tolerance):
        return None
    numbers, expected_numbers = yours.numpy(), expected.numpy()
    ratios = tolerance_ratios(numbers, expected_numbers, tolerance)
    wrong = ratios > 1
    if not wrong.any():
        return None
    first = tuple(int(i) for i in np.argwhere(wrong)[0])
    a, b = numbers[first].item(), expected_numbers[first].item()
    where = format_path(path) + (f"[{', '.join(map(str, first))}]" if first else "")
    return Difference(
        where, _format_apart(a, b), _format_apart(b, a), float(ratios.max()), int(wrong.sum()), wrong.size
    )


def _all_near(yours: bytes, expected: bytes, tolerance: Tolerance) -> bool:
    """Return whether all float64 numbers agree within the tolerance.

    Plain Python is faster than numpy for few numbers.
    """
    return all(tolerance.ratio(a, b) <= 1 for a, b in zip(array("d", yours), array("d", expected), strict=True))


def tolerance_ratios(
    yours: npt.NDArray[np.generic], expected: npt.NDArray[np.generic], tolerance: Tolerance
) -> npt.NDArray[np.float64]:
    """Return `Tolerance.ratio` for each pair of entries of two arrays of one shape.

    For integers and bools the result is 0 or inf.
    """
    if expected.dtype.kind != "f":
        return np.where(yours == expected, 0.0, math.inf)
    a, b = yours.astype(np.float64), expected.astype(np.float64)
    finite = np.isfinite(a) & np.isfinite(b)
    with np.errstate(invalid="ignore", over="ignore"):  # a difference that overflows becomes inf: a wrong value
        ratios = np.abs(a - b) / (tolerance.atol + tolerance.rtol * np.abs(b))
    if finite.all():
        return ratios
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    return cast("npt.NDArray[np.float64]", np.where(finite, ratios, np.where(same, 0.0, math.inf)))


def format_path(path: ValuePath) -> str:
    """Return the place of a value as Python writes it: ("shapes", 3, 0) becomes "shapes[3][0]"."""
    return "".join(f"[{part}]" if isinstance(part, int) else (f".{part}" if i else part) for i, part in enumerate(path))


def _format_apart(number: float | int | bool, other: float | int | bool) -> str:
    """Format a number with the fewest digits that show a difference from `other`."""
    if not isinstance(number, float):
        return str(number)
    for digits in (6, 9, 12, 17):
        if f"{number:.{digits}g}" != f"{other:.{digits}g}":
            return f"{number:.{digits}g}"
    return repr(number)


def format_value(value: Value, max_length: int = 60) -> str:
    """Return a value as a student would write it, in at most about `max_length` characters."""
    match value:
        case Opaque():
            text = value.description
        case float():
            return f"{value:.6g}"
        case Array(shape=()):
            return f"tensor({_format_apart(value.numpy().item(), 0.0)})"
        case Array():
            text = f"tensor of shape {value.shape}"
        case tuple():
            # Format only as many items as fit: each takes at least two characters, and there may be a million items.
            text = "[" + ", ".join(_format_inside(item, max_length) for item in value[:max_length]) + "]"
        case dict():
            text = (
                "{"
                + ", ".join(
                    f"{key}: {_format_inside(item, max_length)}" for key, item in islice(value.items(), max_length)
                )
                + "}"
            )
        case str():
            text = value or repr(value)
        case None | bool() | int():
            text = str(value)
    return _truncate(text, max_length)


def _format_inside(item: Value, max_length: int = 60) -> str:
    """Format an item of a sequence or mapping like `format_value`, but put a text in quotes, as Python writes it."""
    return format_value(repr(item) if isinstance(item, str) else item, max_length)


def _truncate(text: str, max_length: int) -> str:
    return text if len(text) <= max_length else text[: max_length - 1] + "…"
