"""Record the random numbers that an experiment draws before its first call of the student's function.

Student code does not run: the draws depend on the experiment and the seed only, so that a script is the same for every
answer. This module imports torch, because experiments need it.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from types import CodeType, FrameType
from typing import Any, TypeAlias

import numpy as np
import torch

from grader.core.values import DTYPES
from grader.execution.guest.call_recording.recorded_call import CallValue, LiteralValue, TensorValue
from grader.experiments.declaration import Experiment
from grader.experiments.given import Given

Place: TypeAlias = tuple[int | None, int | None, int | None, int | None]
"""Place of a call in a file: first line, last line, first column, last column; columns are counted in bytes."""

WATCHING = {"tensor", "integers", "array"}
"""Methods of Given that draw one input, and later report whether the function changed it."""

NUMBERS = {"number", "whole"}
"""Methods of Given that draw one number."""

PLAIN = (bool, int, float, str, type(None), torch.dtype)


@dataclass(frozen=True)
class Draw:
    """One draw of random numbers: a call of a method of Given, or a use of its generator.

    call: the call with the values of its arguments, such as 'tensor("x", 4, 3)'; "" if `value` is None.
    name: the name of the input in messages; "" for a number.
    value: the drawn tensor, array or number; None if the script cannot write this draw as a literal.
    watched: True if the check fails when the function changes the input.
    place: the place of the call in the source; None if the call is outside the body of the experiment.
    """

    call: str = ""
    name: str = ""
    value: CallValue | None = None
    watched: bool = False
    place: Place | None = None


class _FirstCallError(BaseException):
    """Ends the experiment at its first call of the function: no `except Exception` catches a BaseException."""


class _RecordingGiven:
    """`Given` that records its draws in their order."""

    def __init__(self, given: Given, drawing: frozenset[str], code: CodeType) -> None:
        self._given, self._drawing, self._code = given, drawing, code
        self.draws: list[Draw] = []

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._given, name)
        if name not in self._drawing:
            return found
        if callable(found):
            return partial(self._call, name, found)
        self.draws.append(Draw())  # the experiment uses the generator itself, such as given.rng
        return found

    def _call(self, method: str, draw: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        frame = sys._getframe(1)
        drawn = draw(*args, **kwargs)
        value = _value(drawn) if method in WATCHING | NUMBERS else None
        if value is None or not all(type(given) in PLAIN for given in (*args, *kwargs.values())):
            self.draws.append(Draw())
            return drawn
        written = [*map(repr, args), *(f"{key}={given!r}" for key, given in kwargs.items())]
        named = method in WATCHING
        self.draws.append(
            Draw(
                call=f"{method}({', '.join(written)})",
                name=str(args[0]) if named and args else "",
                value=value,
                watched=named and not kwargs.get("may_change"),
                place=_place(frame) if frame.f_code is self._code else None,
            )
        )
        return drawn


def record_draws(experiment: Experiment, function: str, seed: int, drawing: frozenset[str]) -> list[Draw]:
    """Return the draws of an experiment before its first call of `function`, in their order.

    drawing: the attributes of Given that draw random numbers.
    """

    def stop(*_args: object, **_kwargs: object) -> None:
        raise _FirstCallError

    given = _RecordingGiven(Given(seed, f"{function}::{experiment.__name__}"), drawing, experiment.__code__)
    with contextlib.suppress(_FirstCallError):
        experiment(stop, given)
    return given.draws


def _place(frame: FrameType) -> Place | None:
    return next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None), None)


def _value(drawn: object) -> CallValue | None:
    """Return a drawn tensor, array or number as plain data; None for anything else."""
    if type(drawn) in (int, float):
        return LiteralValue(repr(drawn))
    if type(drawn) is torch.Tensor and str(drawn.dtype).removeprefix("torch.") in DTYPES:
        numbers = drawn.detach().contiguous().numpy()
        return TensorValue(
            "tensor", numbers.dtype.name, numbers.shape, numbers.tobytes(), requires_grad=drawn.requires_grad
        )
    if type(drawn) is np.ndarray and drawn.dtype.name in DTYPES:
        return TensorValue("array", drawn.dtype.name, drawn.shape, np.ascontiguousarray(drawn).tobytes())
    return None
