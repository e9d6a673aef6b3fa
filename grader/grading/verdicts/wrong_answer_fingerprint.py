"""Fingerprint of a wrong answer: a hash that is equal for answers which fail the same checks in the same way.

Theory of operation
    If a mistake is written in two ways, both return the same numbers, apart from rounding errors. So the hash must not
    depend on rounding errors. The number line is divided into cells, about as wide as the distance by which a known
    mistake must differ from the solution, and the hash contains the index of the cell in which a number lies. Of a
    tensor the hash contains the shape, the dtype, the norm and two weighted sums, not each entry: the more numbers it
    contained, the more often one of them would lie at the edge of a cell. All edges are irrational numbers, near which
    answers rarely lie.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from grader.core.comparison import Tolerance
from grader.core.hashing import digest
from grader.core.outcomes import Observed, Raised, Status
from grader.core.values import Array, Opaque, Value, to_plain
from grader.grading.verdicts.verdict import Verdict

LENGTH = 16
"""Number of hexadecimal digits of a fingerprint."""

MAX_VALUES = 2_000
"""Maximum number of values in the wrong observations of an answer whose fingerprint is computed from rounded values. If
there are more values, the fingerprint is computed from the exact values, which is faster."""

GRID = 100.0
"""Width of the cells into which numbers are rounded, as a multiple of the tolerance. A known mistake must differ from
the solution by at least as much."""

SMALLEST_RTOL = 1e-9
"""Minimum relative tolerance from which the width of the cells is computed. A check may demand exact numbers, with a
tolerance of 0, but a cell must be wider than rounding errors."""

OFFSET = 1 / math.pi
"""Distance from each edge of a cell to the next multiple of the width, as a fraction of the width. This fraction is
irrational, so that no simple number lies at an edge."""

GOLDEN_RATIO = (1 + math.sqrt(5)) / 2

SYNTAX_ERRORS = ("SyntaxError", "IndentationError", "TabError")

ADDRESS = re.compile(r"\b0x[0-9a-fA-F]+")
"""Pattern of the memory address in the text of an object. The address differs in each process."""


def fingerprint(verdicts: Sequence[Verdict]) -> str:
    """Return the fingerprint of the verdicts on one function; empty if there is no complete wrong answer.

    A wrong answer is complete if each check ended with observations or with an exception of the function, and at least
    one check failed. An answer in a file that Python cannot read is not complete.
    """
    if not {v.status for v in verdicts} <= {Status.PASSED, Status.FAILED, Status.RAISED}:
        return ""
    failed = [verdict for verdict in verdicts if not verdict.passed]
    if not failed or any(_is_unreadable(verdict) for verdict in failed):
        return ""
    exact = sum(map(_count_values, failed)) > MAX_VALUES
    return digest(msgspec.json.encode([[v.check.name, *_failure(v, exact)] for v in failed]))[:LENGTH]


def _count_values(verdict: Verdict) -> int:
    """Return how many values the wrong observations of a check contain; an array or a list of floats counts as one."""
    if not isinstance(verdict.outcome, Observed):
        return 0
    count, pending = 0, [verdict.outcome.values[name] for name in verdict.wrong if name in verdict.outcome.values]
    while pending:
        value = pending.pop()
        count += 1
        if isinstance(value, tuple) and not _is_list_of_floats(value):
            pending += value
        elif isinstance(value, dict):
            pending += value.values()
    return count


def _is_list_of_floats(value: tuple[Value, ...]) -> bool:
    return bool(value) and all(type(item) is float for item in value)


def _is_unreadable(verdict: Verdict) -> bool:
    return isinstance(verdict.outcome, Raised) and verdict.outcome.error in SYNTAX_ERRORS


def _failure(verdict: Verdict, exact: bool) -> Iterator[object]:
    """Yield the exception of a failed check, or its wrong observations, which are rounded unless `exact` is true."""
    match verdict.outcome:
        case Raised(error, message):
            yield from ("raised", error, _without_addresses(message))
        case Observed(values):
            for name in sorted(verdict.wrong):
                if name not in values:
                    yield name, "missing"
                else:
                    value = values[name]
                    yield name, to_plain(value) if exact else _rounded(value, verdict.check.tolerance)


def _rounded(value: Value, tolerance: Tolerance) -> object:
    """Return a value as JSON can encode it, so that values which differ only by rounding errors become equal."""
    match value:
        case Array():
            return [value.dtype, *value.shape, *_rounded_numbers(value.numpy(), tolerance)]
        case float():
            return _rounded_numbers(np.array([value]), tolerance)
        case tuple() if _is_list_of_floats(value):
            return ["list", len(value), *_rounded_numbers(np.array(value, np.float64), tolerance)]
        case tuple():
            return [_rounded(item, tolerance) for item in value]
        case dict():
            return [[key, _rounded(item, tolerance)] for key, item in value.items()]
        case str():
            return _without_addresses(value)
        case Opaque(description):
            return ["object", _without_addresses(description)]
        case None | bool() | int():
            return repr(value)  # a whole number may be larger than JSON allows


def _rounded_numbers(numbers: npt.NDArray[np.generic], tolerance: Tolerance) -> list[object]:
    """Return numbers that represent an array: a hash of the places of nan and inf, cells of the norm and of two sums.

    The sums are weighted with irrational numbers, so that an array with its entries in another order gets other sums.
    """
    if numbers.dtype.kind != "f":
        return [digest(numbers.tobytes())]
    flat = numbers.ravel().astype(np.float64)
    special = digest(np.select([np.isnan(flat), flat == math.inf, flat == -math.inf], [1, 2, 3]).tobytes())
    flat = np.where(np.isfinite(flat), flat, 0.0)
    largest = float(np.abs(flat).max(initial=0.0))
    if largest <= tolerance.atol:
        return [special]
    flat, numbered = flat / largest, np.arange(1, flat.size + 1)  # a square of a large number would be infinite
    norm = float(np.sqrt(flat @ flat))
    sums = [float(flat @ (numbered * factor % 1)) for factor in (GOLDEN_RATIO, math.e)]
    width = GRID * max(tolerance.rtol, tolerance.atol / largest, SMALLEST_RTOL)
    return [special, _cell(math.log(largest) + math.log(norm), width), *(_cell(total / norm, width) for total in sums)]


def _cell(number: float, width: float) -> int:
    return math.floor(number / width + OFFSET)


def _without_addresses(text: str) -> str:
    return ADDRESS.sub("0x", text)
