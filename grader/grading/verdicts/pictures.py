"""Decide from a verdict what a picture tells better than words, and keep what it needs as small plain data.

Three kinds: a chain of backward nodes with the first wrong one, a value on its way through the steps, a tensor as a
map of where it differs. A picture is stored with the verdict and drawn later (`rendering.pictures.svg`), so each is
capped.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

import msgspec
import numpy as np

from grader.core.comparison import Tolerance, ValuePath, format_path, tolerance_ratios
from grader.core.outcomes import Observed, Outcome
from grader.core.values import Value
from grader.grading.verdicts.heat_map import Map, Numbers, floats_of, map_of, short
from grader.grading.verdicts.verdict import Verdict

MAX_NODES = 12
"""Nodes of a chain that are drawn: two before the first wrong one, and those that follow."""

MAX_STEPS = 60
"""Points of a curve: more would lie on top of one another on a phone."""

SEEN = 0.03
"""Two curves are drawn when they are this part of the picture's height apart somewhere: about two widths of the pen."""


class Chain(msgspec.Struct, frozen=True, tag="chain"):
    """Names of backward nodes from number `start` on (0 is the first); `first_wrong` is the number of one of them."""

    where: str
    yours: tuple[str, ...]
    expected: tuple[str, ...]
    first_wrong: int
    start: int = 0
    lengths: tuple[int, int] = (0, 0)


class Curve(msgspec.Struct, frozen=True, tag="curve"):
    """One number on its way through the steps; None stands for nan or inf.

    In a list (`listed`) the steps are its indices, and one of the two may end before the other.
    """

    where: str
    steps: tuple[int, ...]
    yours: tuple[float | None, ...]
    expected: tuple[float | None, ...]
    first_wrong: int  # an index of `steps`
    listed: bool = False


Picture: TypeAlias = Chain | Curve | Map


@np.errstate(all="ignore")  # numbers of strangers, at the edge of what float64 holds
def picture_of(verdict: Verdict, reference: Outcome) -> Picture | None:
    """What to draw of a failed check, if a picture says more than the words."""
    if not (isinstance(verdict.outcome, Observed) and isinstance(reference, Observed) and verdict.differences):
        return None
    yours, expected = verdict.outcome.values, reference.values
    wrong = {name: (yours[name], expected[name]) for name in expected if name in verdict.wrong and name in yours}
    tolerance = verdict.check.tolerance
    wrong = {name: pair for name, pair in wrong.items() if name not in tolerance.at_most}
    if verdict.check.node_names:
        return next((chain for name, (a, b) in wrong.items() if (chain := _chain(name, a, b))), None)
    if curve := _curve_of_steps(yours, expected, tolerance, verdict.check.function):
        return curve
    for name, (a, b) in wrong.items():
        for path, mine, right in _leaves(a, b, (name,)):
            if found := _curve_of_list(path, mine, right, tolerance) or map_of(path, mine, right, tolerance):
                return found
    return None


def _leaves(yours: Value, expected: Value, path: ValuePath) -> Iterator[tuple[ValuePath, Value, Value]]:
    """What stands at the same place in both: lists of numbers whole, other lists and mappings item by item."""
    match yours, expected:
        case tuple(), tuple() if not (_numbers(yours) and _numbers(expected)):
            for i, (a, b) in enumerate(zip(yours, expected, strict=False)):
                yield from _leaves(a, b, (*path, i))
        case dict(), dict():
            for key in expected:
                if key in yours:
                    yield from _leaves(yours[key], expected[key], (*path, key))
        case _:
            yield path, yours, expected


def _chain(name: str, yours: Value, expected: Value) -> Chain | None:
    """Two lists of names, from shortly before the first that differs; an empty list needs no picture."""
    if not (_names(yours) and _names(expected)):
        return None
    assert isinstance(yours, tuple)
    assert isinstance(expected, tuple)
    same = (a == b for a, b in zip(yours, expected, strict=False))
    first = next((i for i, equal in enumerate(same) if not equal), min(len(yours), len(expected)))
    start = max(0, min(first - 2, max(len(yours), len(expected)) - MAX_NODES))
    window = slice(start, start + MAX_NODES)
    return Chain(
        where=short(format_path((name,))),
        yours=tuple(short(str(node)) for node in yours[window]),
        expected=tuple(short(str(node)) for node in expected[window]),
        first_wrong=first,
        start=start,
        lengths=(len(yours), len(expected)),
    )


STEP = re.compile(r"(?P<what>.*?)\s*(?:\b(?:after|in|at) )?\bstep (?P<number>\d{1,6})")
"""How an experiment names what it looks at again and again: "p after step 10", "step 3"."""


def _curve_of_steps(
    yours: Mapping[str, Value], expected: Mapping[str, Value], tolerance: Tolerance, function: str
) -> Curve | None:
    """The observations of one thing after several steps: of its entries the one that is furthest off."""
    series: dict[str, dict[int, tuple[Numbers, Numbers]]] = {}
    for name, value in expected.items():
        found = STEP.fullmatch(name)
        pair = floats_of(yours.get(name), value) if found else None
        if found and pair:
            series.setdefault(found["what"], {})[int(found["number"])] = pair
    for what, steps in series.items():
        ordered = sorted(steps)
        if len(ordered) < 3 or len({pair[1].shape for pair in steps.values()}) > 1:
            continue
        mine, right = (np.stack([steps[number][side] for number in ordered]) for side in (0, 1))
        worst = tolerance_ratios(mine, right, tolerance).max(axis=0)
        if worst.size and worst.max() > 1:
            entry = int(worst.argmax())
            index = ", ".join(str(int(i)) for i in np.unravel_index(entry, worst.shape))
            where = f"{what or function}[{index}]" if index else what or function
            mine, right = (side.reshape(len(ordered), -1)[:, entry] for side in (mine, right))
            return _curve(where, ordered, mine, right, tolerance)
    return None


def _curve_of_list(path: ValuePath, yours: Value, expected: Value, tolerance: Tolerance) -> Curve | None:
    """A list of numbers, such as the losses of a training run; one may be shorter than the other."""
    if not (_numbers(yours) and _numbers(expected)):
        return None
    assert isinstance(yours, tuple)
    assert isinstance(expected, tuple)
    length = max(len(yours), len(expected))
    if length < 3:
        return None
    mine, right = np.full(length, math.nan), np.full(length, math.nan)
    mine[: len(yours)], right[: len(expected)] = yours, expected
    curve = _curve(format_path(path), list(range(length)), mine, right, tolerance)
    if curve is None:
        return None
    there = [sum(step < len(values) for step in curve.steps) for values in (yours, expected)]
    return msgspec.structs.replace(
        curve, yours=curve.yours[: there[0]], expected=curve.expected[: there[1]], listed=True
    )


def _curve(where: str, steps: list[int], yours: Numbers, expected: Numbers, tolerance: Tolerance) -> Curve | None:
    wrong = np.flatnonzero(tolerance_ratios(yours, expected, tolerance) > 1)
    if not wrong.size or not _apart(yours, expected):
        return None
    first = int(wrong[0])
    shown = sorted({*np.linspace(0, len(steps) - 1, min(len(steps), MAX_STEPS)).astype(int).tolist(), first})
    return Curve(
        where=short(where),
        steps=tuple(steps[i] for i in shown),
        yours=tuple(_finite(yours[i]) for i in shown),
        expected=tuple(_finite(expected[i]) for i in shown),
        first_wrong=shown.index(first),
    )


def _apart(yours: Numbers, expected: Numbers) -> bool:
    """Whether two curves can be told apart by eye; where only one has a number, they can."""
    both = np.isfinite(yours) & np.isfinite(expected)
    if not (both | (np.isfinite(yours) == np.isfinite(expected))).all():
        return True
    if not both.any():
        return False
    mine, right = yours[both] / 2, expected[both] / 2  # halves do not overflow
    extent = max(mine.max(), right.max()) - min(mine.min(), right.min())
    return bool(np.abs(mine - right).max() > SEEN * extent)


def _names(value: Value) -> bool:
    return isinstance(value, tuple) and bool(value) and all(isinstance(item, str) for item in value)


def _numbers(value: Value) -> bool:
    return isinstance(value, tuple) and bool(value) and all(isinstance(item, float) for item in value)


def _finite(number: float) -> float | None:
    return float(f"{number:.6g}") if math.isfinite(number) else None
