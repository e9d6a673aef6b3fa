"""Parts of a script: compare the returned observations with the expected ones, and print the differences.

`learner.check_script.script` copies definitions of this module into scripts. So the module imports only torch, numpy
and the standard library. The comparison in this module gives the same results as `core.comparison`.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

SAME = "Nothing differs from what is expected."
RETURNED = "returned {value}, expected {expected}"
ENTRIES = "{count} of {total} entries differ; at {place} {values}"
CHANGED = "your function changed its argument: {what}"
CHANGED_ARGUMENTS = "changed arguments"
WORDS = {
    "at most": "at most {limit}",
    "nothing": "nothing",
    "keys": "keys of {place}",
    "shape": "shape of {place}",
    "dtype": "dtype of {place}",
    "tensor": "tensor of shape {shape}",
    "object": "an object of type {kind}",
}
HOW_CHANGED: dict[str, str] = {}
"""Maps each English text on how an argument changed to its translation; empty if the script is in English."""
DTYPES = ("float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool")
DROPPED: dict[int, list[Callable[[Any], object]]] = {}


class Replay:
    """Makes and drops the draws that literals replace, so that later draws give the same numbers as in the check."""

    def __init__(self, given: Any, drawing: set[str]) -> None:
        self.given, self.drawing, self.draws = given, drawing, 0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.given, name)
        if name not in self.drawing:
            return found
        if not callable(found):
            self.drop()
            return found

        def draw(*args: Any, **kwargs: Any) -> Any:
            self.drop()
            return found(*args, **kwargs)

        return draw

    def drop(self) -> None:
        """Make and drop the replaced draws before the next draw."""
        for dropped in DROPPED.get(self.draws, []):
            dropped(self.given)
        self.draws += 1


def report(
    returned: Mapping[str, Any], expected: Mapping[str, Any], rtol: float, atol: float, limits: dict[str, float]
) -> int:
    """Print one line for each observation that differs; return 1 if there is one, else 0."""
    lines = []
    for name in [*expected, *(name for name in returned if name not in expected)]:
        if name in limits and name in returned:
            yours = plain(returned[name])
            good, wanted = type(yours) is float and yours <= limits[name], word("at most", limit=f"{limits[name]:g}")
            line = "" if good else f"{name}: " + RETURNED.format(value=show(yours), expected=wanted)
        elif name in returned and name in expected:
            line = difference(name, plain(returned[name]), plain(expected[name]), rtol, atol)
        else:
            shown = [
                show(plain(values[name])) if name in values else word("nothing") for values in (returned, expected)
            ]
            line = f"{name}: " + RETURNED.format(value=shown[0], expected=shown[1])
        if line and name == CHANGED_ARGUMENTS:
            line = CHANGED.format(what=", ".join(returned[name]))
            for how, words in HOW_CHANGED.items():
                line = line.replace(how, words)
        lines += [line] if line else []
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"  # the console may lack some characters, as on Windows
    print("\n".join(lines or [SAME]).encode(encoding, "replace").decode(encoding))  # noqa: T201  (a script prints)
    return int(bool(lines))


def difference(place: str, yours: Any, expected: Any, rtol: float, atol: float) -> str:
    """Return how a value differs from the expected one; "" if it does not."""
    if isinstance(yours, np.ndarray) and isinstance(expected, np.ndarray):
        return array_difference(place, yours, expected, rtol, atol)
    if isinstance(yours, float) and isinstance(expected, float):
        shown = {"value": digits(yours, expected), "expected": digits(expected, yours)}
        return "" if near(np.array(yours), np.array(expected), rtol, atol) else f"{place}: " + RETURNED.format(**shown)
    if isinstance(yours, list) and isinstance(expected, list):
        if len(yours) != len(expected):
            return f"len({place}): " + RETURNED.format(value=len(yours), expected=len(expected))
        pairs = [(f"{place}[{i}]", *pair) for i, pair in enumerate(zip(yours, expected, strict=True))]
    elif isinstance(yours, dict) and isinstance(expected, dict):
        if yours.keys() != expected.keys():
            return word("keys", place=place) + ": " + RETURNED.format(value=[*yours], expected=[*expected])
        pairs = [(f"{place}.{key}", yours[key], expected[key]) for key in expected]
    else:
        same = type(yours) is type(expected) and yours == expected
        return "" if same else f"{place}: " + RETURNED.format(value=show(yours), expected=show(expected))
    return next(filter(None, (difference(*pair, rtol, atol) for pair in pairs)), "")


def array_difference(place: str, yours: Any, expected: Any, rtol: float, atol: float) -> str:
    """Return how an array differs from the expected one: shapes first, then dtypes, then numbers."""
    for what in ("shape", "dtype"):
        if (value := getattr(yours, what)) != (wanted := getattr(expected, what)):
            return word(what, place=place) + ": " + RETURNED.format(value=value, expected=wanted)
    wrong = ~near(yours, expected, rtol, atol)
    if not wrong.any():
        return ""
    first = tuple(int(i) for i in np.argwhere(wrong)[0])
    a, b = yours[first].item(), expected[first].item()
    values = RETURNED.format(value=digits(a, b), expected=digits(b, a))
    if wrong.size > 1:
        values = ENTRIES.format(count=wrong.sum(), total=wrong.size, place=[*first], values=values)
    return f"{place}: {values}"


def near(yours: Any, expected: Any, rtol: float, atol: float) -> Any:
    """Return which numbers are equal within the tolerance; nan equals nan, and an infinity equals only itself."""
    if expected.dtype.kind != "f":
        return yours == expected
    a, b = yours.astype(float), expected.astype(float)
    with np.errstate(invalid="ignore", over="ignore"):
        close = np.isfinite(a) & np.isfinite(b) & (np.abs(a - b) <= atol + rtol * np.abs(b))
    return close | (a == b) | (np.isnan(a) & np.isnan(b))


def plain(value: Any) -> Any:
    """Return a value in the form in which it is compared: tensors as arrays, tuples as lists."""
    if type(value) in (torch.Tensor, torch.nn.Parameter, np.ndarray):
        known = str(value.dtype).removeprefix("torch.") in DTYPES
        if isinstance(value, np.ndarray):
            return value if known else Other(type(value))
        dense = value.layout is torch.strided and value.device.type == "cpu"
        return value.detach().resolve_neg().resolve_conj().numpy().copy() if known and dense else Other(type(value))
    if isinstance(value, float):
        return float(value)
    if type(value) in (tuple, list, torch.Size):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    return value if value is None or type(value) in (bool, int, str) else Other(type(value))


class Other:
    """An object that is not compared; it equals no expected value."""

    def __init__(self, kind: type) -> None:
        self.kind = kind

    def __repr__(self) -> str:
        return word("object", kind=self.kind.__name__)


def word(key: str, **facts: object) -> str:
    """Return the text of WORDS with this key, with the facts filled in."""
    return WORDS[key].format(**facts)


def show(value: Any) -> str:
    """Return a value in a few words."""
    if isinstance(value, np.ndarray):
        return f"tensor({digits(value.item(), math.nan)})" if value.ndim == 0 else word("tensor", shape=value.shape)
    return (
        f"{value:.6g}"
        if isinstance(value, float)
        else repr(value)
        if len(repr(value)) < 60
        else repr(value)[:57] + "..."
    )


def digits(number: Any, other: Any) -> str:
    """Return a number with the fewest digits that show a difference from another."""
    if not isinstance(number, float):
        return str(number)
    shown = (f"{number:.{count}g}" for count in (6, 9, 12, 17) if f"{number:.{count}g}" != f"{other:.{count}g}")
    return next(shown, repr(number))
