"""Choose the picture that explains a failed check better than words, and collect the data to draw it.

There are three kinds of pictures: a chain of autograd's backward nodes, which marks the first wrong node; a curve of a
number over the steps of an experiment; and a heat map of a tensor (`verdicts.heat_map`). The data of a picture is
stored with the verdict, so its size is limited. `rendering.pictures.svg` draws the picture later.
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
from grader.grading.verdicts.heat_map import HeatMap, Numbers, as_float_arrays, make_map, shorten_name
from grader.grading.verdicts.verdict import Verdict

MAX_NODES = 12
"""Maximum number of nodes of a chain that are drawn. Of a longer chain, the drawn nodes begin two nodes before the
first wrong node. If the wrong node is near the start of the chain, the first nodes are drawn; if it is near the end,
the last nodes."""

MAX_STEPS = 60
"""Maximum number of points of a curve; more points would overlap on a phone."""

MIN_VISIBLE_DISTANCE = 0.03
"""Two curves are drawn only if they differ at some step by more than this fraction of the picture's height."""


class Chain(msgspec.Struct, frozen=True, tag="chain"):
    """The data of a chain of backward nodes.

    where: name of the observation.
    yours, expected: names of the nodes that are drawn: those from number `start` on, counted from 0.
    first_wrong: number of the first node that differs.
    lengths: number of nodes in the whole returned chain, and in the whole expected chain.
    """

    where: str
    yours: tuple[str, ...]
    expected: tuple[str, ...]
    first_wrong: int
    start: int = 0
    lengths: tuple[int, int] = (0, 0)


class Curve(msgspec.Struct, frozen=True, tag="curve"):
    """The data of two curves, of a returned and an expected number, over the steps of an experiment.

    where: name of the number.
    yours, expected: the number at each step; None for nan or inf.
    first_wrong: index, in `steps`, of the first step at which the returned number is wrong.
    listed: True if the numbers are the items of a list. In this case, the steps are indices of the list, and one of the
        two lists may be shorter than `steps`.
    """

    where: str
    steps: tuple[int, ...]
    yours: tuple[float | None, ...]
    expected: tuple[float | None, ...]
    first_wrong: int
    listed: bool = False


Picture: TypeAlias = Chain | Curve | HeatMap


@np.errstate(all="ignore")  # numbers of a student may overflow float64
def make_picture(verdict: Verdict, reference: Outcome) -> Picture | None:
    """Return the picture of a failed check; None if no picture explains more than the message."""
    if not (isinstance(verdict.outcome, Observed) and isinstance(reference, Observed) and verdict.differences):
        return None
    yours, expected = verdict.outcome.values, reference.values
    wrong = {name: (yours[name], expected[name]) for name in expected if name in verdict.wrong and name in yours}
    tolerance = verdict.check.tolerance
    wrong = {name: pair for name, pair in wrong.items() if name not in tolerance.at_most}
    if verdict.check.node_names:
        return next((chain for name, (a, b) in wrong.items() if (chain := _make_chain(name, a, b))), None)
    if curve := _curve_of_steps(yours, expected, tolerance, verdict.check.function):
        return curve
    for name, (a, b) in wrong.items():
        for path, given, reference_value in _paired_parts(a, b, (name,)):
            if match := _curve_of_list(path, given, reference_value, tolerance) or make_map(
                path, given, reference_value, tolerance
            ):
                return match
    return None


def _paired_parts(yours: Value, expected: Value, path: ValuePath) -> Iterator[tuple[ValuePath, Value, Value]]:
    """Yield the path of each part of two values, and the part of both; lists of numbers are not split into parts."""
    match yours, expected:
        case tuple(), tuple() if not (_are_numbers(yours) and _are_numbers(expected)):
            for i, (a, b) in enumerate(zip(yours, expected, strict=False)):
                yield from _paired_parts(a, b, (*path, i))
        case dict(), dict():
            for key in expected:
                if key in yours:
                    yield from _paired_parts(yours[key], expected[key], (*path, key))
        case _:
            yield path, yours, expected


def _make_chain(name: str, yours: Value, expected: Value) -> Chain | None:
    """Return the chain of two lists of names around their first difference; None unless both are lists of names."""
    if not (_are_names(yours) and _are_names(expected)):
        return None
    assert isinstance(yours, tuple)
    assert isinstance(expected, tuple)
    same = (a == b for a, b in zip(yours, expected, strict=False))
    first = next((i for i, equal in enumerate(same) if not equal), min(len(yours), len(expected)))
    start = max(0, min(first - 2, max(len(yours), len(expected)) - MAX_NODES))
    window = slice(start, start + MAX_NODES)
    return Chain(
        where=shorten_name(format_path((name,))),
        yours=tuple(shorten_name(str(node)) for node in yours[window]),
        expected=tuple(shorten_name(str(node)) for node in expected[window]),
        first_wrong=first,
        start=start,
        lengths=(len(yours), len(expected)),
    )


STEP_NAME = re.compile(r"(?P<what>.*?)\s*(?:\b(?:after|in|at) )?\bstep (?P<number>\d{1,6})")
"""Pattern of the names of observations of one value after several steps, such as "p after step 10" or "step 3"."""


def _curve_of_steps(
    yours: Mapping[str, Value], expected: Mapping[str, Value], tolerance: Tolerance, function: str
) -> Curve | None:
    """Return the curve of a number that is observed after several steps; of a tensor, the entry that deviates most."""
    series: dict[str, dict[int, tuple[Numbers, Numbers]]] = {}
    for name, value in expected.items():
        match = STEP_NAME.fullmatch(name)
        pair = as_float_arrays(yours.get(name), value) if match else None
        if match and pair:
            series.setdefault(match["what"], {})[int(match["number"])] = pair
    for subject, steps in series.items():
        ordered = sorted(steps)
        if len(ordered) < 3 or len({pair[1].shape for pair in steps.values()}) > 1:
            continue
        given, reference_value = (np.stack([steps[number][side] for number in ordered]) for side in (0, 1))
        worst = tolerance_ratios(given, reference_value, tolerance).max(axis=0)
        if worst.size and worst.max() > 1:
            entry = int(worst.argmax())
            index = ", ".join(str(int(i)) for i in np.unravel_index(entry, worst.shape))
            where = f"{subject or function}[{index}]" if index else subject or function
            given, reference_value = (side.reshape(len(ordered), -1)[:, entry] for side in (given, reference_value))
            return _curve(where, ordered, given, reference_value, tolerance)
    return None


def _curve_of_list(path: ValuePath, yours: Value, expected: Value, tolerance: Tolerance) -> Curve | None:
    """Return the curve of a list of numbers, such as the losses of a training run; None if there is nothing to see."""
    if not (_are_numbers(yours) and _are_numbers(expected)):
        return None
    assert isinstance(yours, tuple)
    assert isinstance(expected, tuple)
    length = max(len(yours), len(expected))
    if length < 3:
        return None
    given, reference_value = np.full(length, math.nan), np.full(length, math.nan)
    given[: len(yours)], reference_value[: len(expected)] = yours, expected
    curve = _curve(format_path(path), list(range(length)), given, reference_value, tolerance)
    if curve is None:
        return None
    lengths = [sum(step < len(values) for step in curve.steps) for values in (yours, expected)]
    return msgspec.structs.replace(
        curve, yours=curve.yours[: lengths[0]], expected=curve.expected[: lengths[1]], listed=True
    )


def _curve(where: str, steps: list[int], yours: Numbers, expected: Numbers, tolerance: Tolerance) -> Curve | None:
    wrong = np.flatnonzero(tolerance_ratios(yours, expected, tolerance) > 1)
    if not wrong.size or not _visibly_different(yours, expected):
        return None
    first = int(wrong[0])
    drawn_steps = sorted({*np.linspace(0, len(steps) - 1, min(len(steps), MAX_STEPS)).astype(int).tolist(), first})
    return Curve(
        where=shorten_name(where),
        steps=tuple(steps[i] for i in drawn_steps),
        yours=tuple(_round_finite(yours[i]) for i in drawn_steps),
        expected=tuple(_round_finite(expected[i]) for i in drawn_steps),
        first_wrong=drawn_steps.index(first),
    )


def _visibly_different(yours: Numbers, expected: Numbers) -> bool:
    """Return whether the curves differ so much that a reader sees it, or only one of them is finite at some step."""
    both = np.isfinite(yours) & np.isfinite(expected)
    if not (both | (np.isfinite(yours) == np.isfinite(expected))).all():
        return True
    if not both.any():
        return False
    # Subtract halves: the difference of two large numbers could overflow to inf.
    given, reference_value = yours[both] / 2, expected[both] / 2
    extent = max(given.max(), reference_value.max()) - min(given.min(), reference_value.min())
    return bool(np.abs(given - reference_value).max() > MIN_VISIBLE_DISTANCE * extent)


def _are_names(value: Value) -> bool:
    return isinstance(value, tuple) and bool(value) and all(isinstance(item, str) for item in value)


def _are_numbers(value: Value) -> bool:
    return isinstance(value, tuple) and bool(value) and all(isinstance(item, float) for item in value)


def _round_finite(number: float) -> float | None:
    return float(f"{number:.6g}") if math.isfinite(number) else None
