"""Evidence for a relation, in bits: numbers with few digits may agree by chance, numbers with many digits do not.

Theory of operation
    A number with n significant binary digits equals a predicted number by chance about once in 2**n cases, so a rule
    that predicts it correctly gets n bits of evidence: 30 (MAX_BITS) for a random number, 2 for 0.75. A rule that
    contains a choice, such as a factor or an argument, fits by chance more easily. So the number of bits needed to
    describe the choice is the cost of the rule, which is subtracted from its evidence.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Numbers: TypeAlias = npt.NDArray[np.float64]

MAX_BITS = 30.0
"""Maximum evidence of one number, in bits, because numbers are compared to nine decimal digits (RTOL)."""

FLOAT32_BITS = 16.0
"""Maximum evidence of one number that was computed in float32, in bits."""

RTOL, FLOAT32_RTOL = 1e-9, 1e-5
"""Maximum relative distance between a number and the number that a relation predicts, in float64 and in float32."""

NOISE, FLOAT32_NOISE = 1e-13, 1e-6
"""Rounding error of a difference of two numbers in float64 and in float32, as a fraction of the larger number."""

MIN_ABOVE_NOISE = 100.0
"""A difference of two numbers is used only if it is at least this many times as large as its rounding error."""

TINY = 1e-300
"""A number above zero that is smaller than all numbers in checks. This number replaces zero as a divisor."""

MAX_FRACTION = 64
"""A fraction is simple if the product of its numerator and denominator is at most this number."""


def significant_bits(numbers: Numbers) -> Numbers:
    """Return for each number how many binary digits it has from its first 1 to its last 1; 0 for zero."""
    mantissas = np.abs(np.frexp(numbers)[0] * 2.0**53).astype(np.int64)
    lowest = mantissas & -mantissas
    trailing = np.log2(np.maximum(lowest, 1))
    return np.where(mantissas == 0, 0.0, 53 - trailing)


def simple_fraction(number: float) -> Fraction | None:
    """Return the simple fraction (see MAX_FRACTION) that equals a number; None if there is none."""
    if not math.isfinite(number) or abs(number) > MAX_FRACTION:
        return None
    fraction = Fraction(number).limit_denominator(MAX_FRACTION)
    same = math.isclose(float(fraction), number, rel_tol=RTOL)
    return fraction if same and abs(fraction.numerator) * fraction.denominator <= MAX_FRACTION else None


def number_cost(number: float) -> float:
    """Return the number of bits needed to describe a number: few for a simple fraction, MAX_BITS for any other."""
    fraction = simple_fraction(number)
    if fraction is None:
        return MAX_BITS
    return 2 * math.log2(abs(fraction.numerator) * fraction.denominator + 1) + 1


@dataclass(frozen=True)
class Evidence:
    """Evidence for a rule: how many different numbers it predicts correctly, and how many bits they are worth."""

    numbers: int
    bits: float


class Precision:
    """The precision with which numbers are compared.

    single: True if the numbers were computed in float32; False for float64.
    scale: if the numbers are differences, the largest number that was subtracted; else 0.
    """

    def __init__(self, single: bool, scale: float = 0.0) -> None:
        self._rtol, noise = (FLOAT32_RTOL, FLOAT32_NOISE) if single else (RTOL, NOISE)
        self._max_bits, self._atol = (FLOAT32_BITS if single else MAX_BITS), noise * scale

    def hides(self, size: float) -> bool:
        """Return whether a difference of this size may come from rounding errors (MIN_ABOVE_NOISE)."""
        return self._atol * MIN_ABOVE_NOISE > size

    def are_same(self, numbers: Numbers) -> bool:
        """Return whether all numbers are the same, apart from rounding errors."""
        return self.equal(numbers, np.full_like(numbers, numbers.ravel()[0]))

    def equal(self, numbers: Numbers, predicted: Numbers) -> bool:
        """Return whether all numbers equal the predicted numbers, within this precision."""
        if numbers.size:  # to be fast: mostly the first numbers differ
            first, wanted = float(numbers.flat[0]), float(predicted.flat[0])
            if abs(first - wanted) > self._atol + self._rtol * abs(wanted):
                return False
        return bool((np.abs(numbers - predicted) <= self._atol + self._rtol * np.abs(predicted)).all())

    def evidence(self, numbers: Numbers, expected: Numbers) -> Evidence:
        """Return the evidence for a rule that computes `numbers` from `expected`; equal expected numbers count once."""
        found, known = self._rounded(numbers.ravel()), self._rounded(expected.ravel())
        _, firsts = np.unique(known, return_index=True)
        found, known = found[firsts], known[firsts]
        room = np.log2(np.maximum(found, TINY) / np.maximum(self._atol + self._rtol * found, TINY))
        digits = np.minimum(significant_bits(found), significant_bits(known))
        bits = np.clip(np.minimum(digits, room), 0.0, self._max_bits)
        return Evidence(int((bits > 0).sum()), float(bits.sum()))

    def _rounded(self, numbers: Numbers) -> Numbers:
        """Return absolute values, rounded to `_max_bits` binary digits: rounding errors must not count as digits."""
        mantissas, exponents = np.frexp(np.abs(numbers))
        rounded: Numbers = np.ldexp(np.round(mantissas * 2.0**self._max_bits) / 2.0**self._max_bits, exponents)
        return rounded
