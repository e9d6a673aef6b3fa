"""One function for everybody: run an experiment on somebody's functions and say what was observed.

Solution, submission, known mistake and alternative all go through `observe`. It needs torch, and it is the
only place that calls student code.
"""

from __future__ import annotations

import linecache
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np
import torch

from grader.core.names import CHANGED
from grader.core.outcomes import GraderFault, NotAttempted, Observed, Outcome, Raised, SourceLine, TimedOut
from grader.core.reasons import Code, Reason
from grader.core.values import DTYPES, MAX_DEPTH, Array, Opaque, Value
from grader.declare.experiment import Experiment
from grader.declare.kit import Given
from grader.declare.nets import UnavailableError
from grader.run.running import student_code
from grader.run.source import source_line
from grader.run.state import pristine
from grader.run.watchdog import OutOfTimeError

MAX_ELEMENTS = 100_000
"""Checks are built small; more is a bomb. Counted before anything is copied."""

MAX_TEXT = 300
"""Characters of a student's message that are kept."""


ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}|\d{12,}")
"""What an address looks like in a message: another one each time, and results must come out the same again."""


_CLASS_NAME = type.__dict__["__name__"]


@dataclass
class _Recorded:
    """The student's function, remembering the type of what it returned last: for the message, not for the score."""

    function: Callable[..., Any]
    returned: str = ""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        result = self.function(*args, **kwargs)
        self.returned = _kind(result)
        return result


def observe(
    functions: Mapping[str, Callable[..., Any]],
    function: str,
    experiment: Experiment,
    seed: int,
    own_files: frozenset[str] = frozenset(),
    propagate: bool = False,
) -> Outcome:
    """Run `experiment` on `functions[function]` with inputs drawn from `seed`.

    `own_files` are the names of the student's source files (for the line of an error). With `propagate` an exception
    of the student's code is passed on, for a debugger.
    """
    given = Given(seed, f"{function}::{experiment.__name__}")
    recorded = _Recorded(functions[function])
    with pristine(seed), student_code():
        try:
            named = experiment(recorded, given)
            values = {name: to_value(value) for name, value in named.items()}
            if given.watches:
                values[CHANGED] = given.changed()
            return Observed(values)
        except UnavailableError as missing:
            return GraderFault(Reason.of(Code.UNAVAILABLE, error=str(missing)))
        except OutOfTimeError as end:
            return TimedOut(end.seconds)
        except BaseException as error:  # whatever student code raises, SystemExit too, is an outcome
            if type(error) is NotImplementedError and _innermost_is_own(error.__traceback__, own_files):
                return NotAttempted()
            if propagate:
                raise
            return raised(error, own_files, recorded.returned)


def raised(error: BaseException, own_files: frozenset[str], returned: str = "") -> Raised:
    """Describe an exception without trusting it: its methods are the student's."""
    name = _name(type(error))
    try:
        message = str(error)[:MAX_TEXT].splitlines()[:1]
    except BaseException:  # noqa: BLE001  (a hostile __str__ may raise anything)
        message = ["its message cannot be shown"]
    place = _place(error.__traceback__, own_files)
    words = ADDRESS.sub("…", _encodable("".join(message)))
    return Raised(name, words, place, returned)


def _name(kind: type) -> str:
    """The name of a class, past a metaclass that would answer for it."""
    return str.__str__(_CLASS_NAME.__get__(kind))[:60]


def _encodable(text: str) -> str:
    """Without lone surrogates, which no encoding can carry."""
    return text.encode("utf-8", "backslashreplace").decode()


def _innermost_is_own(trace: TracebackType | None, own_files: frozenset[str]) -> bool:
    while trace and trace.tb_next:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_code.co_filename in own_files


def _place(trace: TracebackType | None, own_files: frozenset[str]) -> SourceLine | None:
    """The student's own line nearest to the error."""
    place = None
    for _ in range(1000):
        if trace is None:
            break
        file = trace.tb_frame.f_code.co_filename
        if file in own_files:
            source = linecache.getline(file, trace.tb_lineno).strip()
            place = source_line(file, trace.tb_lineno, _encodable(source))
        trace = trace.tb_next
    return place


def to_value(thing: Any, depth: int = 0) -> Value:
    """Turn what an experiment observed into plain data; whatever is not plain becomes an `Opaque`."""
    kind = type(thing)
    if thing is None or kind in (bool, int):
        return thing if kind is not int or abs(thing) < 2**63 else Opaque("a huge int")
    if isinstance(thing, float):
        return float(thing)  # np.float64 is a float, and welcome
    if kind is str:
        return _encodable(thing[:MAX_TEXT])
    if kind in (torch.Tensor, torch.nn.Parameter):
        return _tensor(thing)
    if kind is np.ndarray:
        return _array(thing)
    if kind in (tuple, list, torch.Size) and depth < MAX_DEPTH and len(thing) <= MAX_ELEMENTS:
        return tuple(to_value(item, depth + 1) for item in thing)
    if isinstance(thing, Mapping) and depth < MAX_DEPTH and len(thing) <= MAX_ELEMENTS:
        return {_encodable(str(key)[:MAX_TEXT]): to_value(item, depth + 1) for key, item in thing.items()}
    return Opaque(_kind(thing))


def _tensor(tensor: torch.Tensor) -> Value:
    if tensor.layout is not torch.strided or tensor.device.type != "cpu" or tensor.is_quantized:
        return Opaque("a tensor that is not an ordinary dense CPU tensor")
    if tensor.numel() > MAX_ELEMENTS:
        return Opaque(f"a tensor of {tensor.numel()} elements")
    dtype = str(tensor.dtype).removeprefix("torch.")
    if dtype not in DTYPES:
        return Opaque(f"a tensor of dtype {dtype}")
    return Array.of(tensor.detach().resolve_neg().resolve_conj().contiguous().numpy())


def _array(array: np.ndarray[Any, Any]) -> Value:
    if array.size > MAX_ELEMENTS:
        return Opaque(f"an array of {array.size} elements")
    return Array.of(array) if array.dtype.name in DTYPES else Opaque(f"an array of dtype {array.dtype.name}")


def _kind(thing: Any) -> str:
    """The type of a thing, for a sentence: "a float", "an int", "None"."""
    if thing is None:
        return "None"
    name = _name(type(thing))
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
