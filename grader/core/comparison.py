"""Compare two observations within a tolerance, and describe the first difference between them."""

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
"""Default relative and absolute tolerance. Right answers differ from the solution by about
1e-16, known mistakes by at least about 1e-5."""

AT_MOST = "at most "
"""Beginning of `Difference.expected` for an observation that is compared with an upper limit: "at most 0.5"."""

SMALL_ARRAY = 256
"""Maximum size, in bytes, of an array that is compared in plain Python: numpy is slower for so few numbers."""

ValuePath: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True)
class Tolerance:
    """Relative and absolute tolerance.

    `at_most` maps names of observations to upper limits. An observation with an upper limit is compared with this limit
    instead of the reference.
    """

    rtol: float = RTOL
    atol: float = ATOL
    at_most: Mapping[str, float] = field(default_factory=dict)

    def ratio(self, yours: float, expected: float) -> float:
        """Return the difference of two numbers as a multiple of the tolerance: 1 or less means equal.

        The result is `|yours - expected| / (atol + rtol * |expected|)`, as in `numpy.isclose`. For two different
        numbers it is inf if one of them is NaN or infinite, or if the tolerance is 0.
        """
        if yours == expected:
            return 0.0
        if math.isnan(yours) or math.isnan(expected):
            # NaN compares unequal to everything; a NaN is right only if the solution also returns NaN.
            return 0.0 if math.isnan(yours) and math.isnan(expected) else math.inf
        if math.isinf(yours) or math.isinf(expected):
            return math.inf
        allowed = self.atol + self.rtol * abs(expected)
        return abs(yours - expected) / allowed if allowed else math.inf


@dataclass(frozen=True)
class Difference:
    """The first difference between two observations called `name`.

    where: place of the difference in the observation, such as "gradient[2, 0]".
    yours, expected: the two different values, as text.
    ratio: largest difference as a multiple of the tolerance (`Tolerance.ratio`); inf if the shape, type or text
        differs. For an observation with an upper limit: the value as a percentage of the limit.
    count, total: `count` of the `total` entries of the array or sequence differ.
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
    """Return the first difference between two values, or None if they are equal.

    The types are compared first, then the shapes, the dtypes and the numbers.
    """
    match yours, expected:
        case Array(), Array():
            return _compare_arrays(yours, expected, tolerance, path)
        case float(), float():
            return _compare_numbers(yours, expected, tolerance, path)
        case tuple(), tuple():
            return _compare_sequences(yours, expected, tolerance, path)
        case dict(), dict():
            return _compare_mappings(yours, expected, tolerance, path)
    # In Python True == 1, so compare the types, too. An Opaque is equal to no value.
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
    """Return whether both sequences hold the same floats and nothing else.

    This function is a fast test for long sequences: the curve of losses of a right answer usually has exactly the same
    floats.
    """
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
    if yours == expected:  # fast: a right answer usually has the same bytes
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
    """Return whether all float64 numbers of two arrays, given as bytes, agree within the tolerance."""
    return all(tolerance.ratio(a, b) <= 1 for a, b in zip(array("d", yours), array("d", expected), strict=True))


def tolerance_ratios(
    yours: npt.NDArray[np.generic], expected: npt.NDArray[np.generic], tolerance: Tolerance
) -> npt.NDArray[np.float64]:
    """Return `Tolerance.ratio` for each pair of entries of two arrays that have the same shape.

    For integers and bools the result is 0 or inf.
    """
    if expected.dtype.kind != "f":
        return np.where(yours == expected, 0.0, math.inf)
    a, b = yours.astype(np.float64), expected.astype(np.float64)
    finite = np.isfinite(a) & np.isfinite(b)
    # A difference that overflows, or that is divided by a tolerance of 0, becomes inf: such a value is wrong.
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        ratios = np.abs(a - b) / (tolerance.atol + tolerance.rtol * np.abs(b))
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    return cast("npt.NDArray[np.float64]", np.where(same, 0.0, np.where(finite, ratios, math.inf)))


def format_path(path: ValuePath) -> str:
    """Return the path to a value as Python code writes it: ("shapes", 3, 0) becomes "shapes[3][0]"."""
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
    """Return a value as a student would write it. Long values are cut to about `max_length` characters."""
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
            # There may be a million items, so format at most `max_length` of them: more cannot fit.
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
    """Format an item of a sequence or mapping with `format_value`; put a text in quotation marks, as Python does."""
    return format_value(repr(item) if isinstance(item, str) else item, max_length)


def _truncate(text: str, max_length: int) -> str:
    return text if len(text) <= max_length else text[: max_length - 1] + "…"
