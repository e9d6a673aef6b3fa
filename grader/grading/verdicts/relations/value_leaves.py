"""Find the tensors, lists of numbers and single numbers that differ inside two observed values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grader.core.comparison import Tolerance, tolerance_ratios
from grader.core.values import Array, Value
from grader.grading.verdicts.relations.evidence import FLOAT32_RTOL, Numbers


@dataclass(frozen=True)
class Leaf:
    """A returned and an expected number, tensor or list of numbers, at the same place of an observation.

    wrong: True for each entry that is wrong; if the shapes differ, True for all expected entries.
    dtypes: the returned and the expected dtype; for values without a dtype, "float", "int", "list" or "list of int".
    """

    yours: Numbers
    expected: Numbers
    wrong: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    dtypes: tuple[str, str]

    @property
    def single(self) -> bool:
        """True if the returned or the expected numbers are float32."""
        return "float32" in self.dtypes

    @property
    def counts(self) -> bool:
        """True if whole numbers are expected."""
        return "int" in self.dtypes[1]

    @property
    def nearly_right(self) -> bool:
        """True if all numbers are right within the precision of float32. If so, only precision or dtype is wrong."""
        if self.yours.shape != self.expected.shape:
            return False
        return bool((np.abs(self.yours - self.expected) <= FLOAT32_RTOL * np.abs(self.expected)).all())

    @property
    def expects_float64(self) -> bool:
        """True if the expected numbers have the precision of float64."""
        return self.dtypes[1] in ("float64", "float", "list")


def count_wrong_numbers(yours: Value, expected: Value, tolerance: Tolerance) -> int:
    """Return how many expected numbers are in the tensors, lists and numbers that differ; 0 if a text differs."""
    return sum(leaf.expected.size for leaf in wrong_leaves(yours, expected, tolerance) or ())


def are_lists(yours: Value, expected: Value) -> bool:
    """Return whether both values are lists."""
    return isinstance(yours, tuple) and isinstance(expected, tuple)


def is_short_tensor(yours: Value, expected: Value) -> bool:
    """Return whether a tensor has fewer rows than the expected tensor, or a vector has fewer entries."""
    if not (isinstance(yours, Array) and isinstance(expected, Array) and yours.shape and expected.shape):
        return False
    return yours.shape[0] < expected.shape[0]


def wrong_leaves(yours: Value, expected: Value, tolerance: Tolerance) -> list[Leaf] | None:
    """Return the pairs of numbers, tensors or lists of numbers that differ.

    Return None if the values differ in something that is not a number, such as a text or the length of a list, or if a
    number is nan or inf.
    """
    a, b = _as_numbers(yours), _as_numbers(expected)
    if a is not None and b is not None:
        if not (np.isfinite(a[0]).all() and np.isfinite(b[0]).all()):
            return None
        if a[0].shape == b[0].shape:
            wrong = tolerance_ratios(a[0], b[0], tolerance) > 1
        else:
            wrong = np.ones(b[0].shape, np.bool_)
        differs = a[0].shape != b[0].shape or a[1] != b[1] or bool(wrong.any())
        return [Leaf(a[0], b[0], wrong, (a[1], b[1]))] if differs else []
    pairs: list[tuple[Value, Value]]
    match yours, expected:
        case tuple(), tuple() if len(yours) == len(expected):
            pairs = list(zip(yours, expected, strict=True))
        case dict(), dict() if yours.keys() == expected.keys():
            pairs = [(yours[key], value) for key, value in expected.items()]
        case _:
            return [] if type(yours) is type(expected) and yours == expected else None
    found = []
    for one, other in pairs:
        leaves = wrong_leaves(one, other, tolerance)
        if leaves is None:
            return None
        found += leaves
    return found


def _as_numbers(value: Value) -> tuple[Numbers, str] | None:
    """Return the numbers of a value as float64, with its dtype; None unless they are a number, a tensor or a list."""
    match value:
        case float():
            return np.array(value), "float"
        case int() if not isinstance(value, bool):
            return np.array(float(value)), "int"
        case Array(dtype=dtype) if dtype != "bool":
            return value.numpy().astype(np.float64), dtype
        case tuple() if value and all(type(item) is float for item in value):
            return np.array(value, np.float64), "list"
        case tuple() if value and all(type(item) is int for item in value):
            return np.array(value, np.float64), "list of int"
    return None
