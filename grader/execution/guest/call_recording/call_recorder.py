"""Record how an experiment calls the student's function: arguments before the call, changed arguments, exceptions.

Theory of operation
    An argument may be an object that student code made, such as the result of an earlier call. The methods of such an
    object may be hostile. So the recorder looks only into values whose type is exactly a builtin, torch or numpy type:
    it never iterates over, prints, compares or hashes any other object. The recorder compares objects by identity, and
    counts items before it copies them. The recorder reads a generator only if the experiment or torch made the
    generator, and passes a new generator with the same items to the function. Names and expressions come from the
    trusted source of the experiment.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import FrameType, FunctionType, GeneratorType, TracebackType
from typing import Any

import msgspec
import torch

from grader.core.outcomes import Raised, SourceLine
from grader.execution.guest.call_recording.call_source import CallSource, find_call, is_experiment_file
from grader.execution.guest.call_recording.call_values import ReadGenerator, array_value, call_value, value_text
from grader.execution.guest.call_recording.recorded_call import (
    MAX_ERRORS,
    MAX_NAME,
    MAX_NAMES,
    MAX_SHOWN_NUMBERS,
    Argument,
    ChangedArgument,
    CheckDisplay,
    ErrorDetail,
    GroupValue,
    ObjectValue,
    RecordedCall,
    TensorValue,
    count_numbers,
    lists_names,
)
from grader.execution.guest.observed_values import describe_type
from grader.execution.guest.student_code.raised_errors import encodable, raised
from grader.experiments.given import Given

MAX_CONTEXT = 6
"""Maximum number of values that are shown, besides the arguments, because the expression of an argument uses them."""

KIT_NAME = re.compile(r"given\.\w+\(['\"]([A-Za-z_]\w*)['\"]")
"""The name in an expression such as given.tensor("target", 2, 6)."""

MAX_FRAMES = 1000
"""Maximum number of frames of a traceback that are searched for the student's line."""
TORCH_FOLDER = str(Path(torch.__file__).parent)

IDENTIFIER = re.compile(r"(?<![.\w])[A-Za-z_]\w*")


@dataclass(frozen=True)
class _CaughtError:
    """An exception of one call, and the values of the names on the student's line that raised it.

    `CallRecorder.display` turns the values into text.
    """

    call: int
    error: Raised
    values: dict[str, object]


class CallRecorder:
    """The student's function, recorded: its first call, the number of its calls, the exceptions that it raises.

    own_files: paths of the student's source files, to find the line of an exception.
    first_call: True to record the arguments of the first call.
    """

    def __init__(
        self, function: Callable[..., Any], name: str, own_files: frozenset[str], first_call: bool = False
    ) -> None:
        self._function, self._name, self._own_files, self._first_call = function, name, own_files, first_call
        self._call: RecordedCall | None = None
        self._calls = 0
        self._errors: list[_CaughtError] = []
        self.returned = ""
        """Type of the value that the last call returned, for messages."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function. Record the arguments of the first call, and the exception of any call that raises."""
        self._calls += 1
        if self._first_call and self._calls == 1:
            args, kwargs = self._record(args, kwargs, sys._getframe(1))
        try:
            result = self._function(*args, **kwargs)
        except Exception as error:
            if len(self._errors) < MAX_ERRORS:
                caught = raised(error, self._own_files)
                values = _values_on_line(error.__traceback__, self._own_files, caught.place)
                self._errors.append(_CaughtError(self._calls, caught, values))
            raise
        self.returned = describe_type(result)
        return result

    def display(self, given: Given) -> CheckDisplay:
        """Return the first call, the changed arguments and the exceptions, to be displayed with the outcome.

        Call this after the outcome was sent, because it reads values that student code may have made.
        """
        call = None if self._call is None else msgspec.structs.replace(self._call, total=self._calls)
        changed = tuple(
            ChangedArgument(name, array_value(before), array_value(after)) for name, before, after in given.changes()
        )
        return CheckDisplay(call, changed, tuple(map(_error_detail, self._errors)))

    def _record(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], frame: FrameType
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Record the arguments and return them; a new generator replaces each generator that was read."""
        read_args = [_read_generator(argument) for argument in args]
        read_kwargs = {name: _read_generator(argument) for name, argument in kwargs.items()}
        with suppress(Exception):  # an error of the recorder must not change the observations
            self._call = self._describe(read_args, read_kwargs, frame)
        again = {name: _unread(value) for name, value in read_kwargs.items()}
        return tuple(_unread(value) for value in read_args), again

    def _describe(self, args: Sequence[Any], kwargs: dict[str, Any], frame: FrameType) -> RecordedCall:
        """Return the call with these arguments. A generator that was read is described by its items."""
        source = find_call(frame)
        named: dict[str, object] = {}
        arguments = [
            _argument(value, _positional_name(self._function, i), "", source, source.positional[i : i + 1], named)
            for i, value in enumerate(args)
        ]
        arguments += [
            _argument(value, name, name, source, [source.keywords.get(name, "")], named)
            for name, value in kwargs.items()
        ]
        return RecordedCall(self._name, tuple(arguments), _context(arguments, source, frame, named), source.target)


def _read_generator(argument: Any) -> Any:
    """Return the items of a generator that the experiment or torch made; return any other argument unchanged."""
    if type(argument) is not GeneratorType:
        return argument
    file = argument.gi_code.co_filename
    ours = is_experiment_file(file) or file.startswith(TORCH_FOLDER)
    return ReadGenerator(argument) if ours else argument


def _unread(value: Any) -> Any:
    return (item for item in value) if type(value) is ReadGenerator else value


def _argument(
    value: Any, parameter: str, keyword: str, source: CallSource, written: Sequence[str], named: dict[str, object]
) -> Argument:
    """Describe the value that is passed to a parameter. `named` holds the names used so far, each with its value."""
    expression = written[0] if written else ""
    kit_name = KIT_NAME.match(expression)
    name = expression if expression.isidentifier() else kit_name[1] if kit_name else parameter
    while name in named and named[name] is not value:
        name += "_"
    named[name] = value
    if not expression.isidentifier():
        return Argument(name, call_value(value, expression), keyword, expression, source.line, parameter)
    origin, line = source.origin(expression)
    return Argument(name, call_value(value, origin), keyword, line=line, parameter=parameter)


def _positional_name(function: object, index: int) -> str:
    """Return the name of a positional parameter of a plain function; for any other callable, a made-up name."""
    names = function.__code__.co_varnames[: function.__code__.co_argcount] if type(function) is FunctionType else ()
    return names[index] if index < len(names) else f"argument_{index + 1}"


def _context(
    arguments: Sequence[Argument], source: CallSource, frame: FrameType, named: dict[str, object]
) -> tuple[Argument, ...]:
    """Describe the values of the names in the expressions of the arguments.

    If the value of a name is shown with an expression that contains further names, the values of the further names are
    described, too.
    """
    if not is_experiment_file(frame.f_code.co_filename):
        return ()
    local, found = frame.f_locals, dict[str, Argument]()
    pending = [name for argument in arguments for name in _names_in(argument)]
    while pending and len(found) < MAX_CONTEXT:
        name = pending.pop(0)
        if name in local and name not in found and name not in named and name != "given":
            origin, line = source.origin(name)
            found[name] = Argument(name, call_value(local[name], origin), line=line)
            pending += _names_in(found[name])
    return tuple(found.values())


def _names_in(argument: Argument) -> list[str]:
    """Return the names in the expression that is shown for an argument."""
    match argument.value:
        case ObjectValue(_, expression):
            return IDENTIFIER.findall(f"{expression} {argument.expression}")
        case TensorValue(grad_fn=str() as node, expression=expression) if node:
            return IDENTIFIER.findall(f"{expression} {argument.expression}")
        case GroupValue() if lists_names(argument) or count_numbers(argument.value) > MAX_SHOWN_NUMBERS:
            return IDENTIFIER.findall(argument.expression)
    return []


def _values_on_line(
    trace: TracebackType | None, own_files: frozenset[str], place: SourceLine | None
) -> dict[str, object]:
    """Return the values of the local names on the student's line that raised an exception, in the order of the line."""
    frame = None
    for _ in range(MAX_FRAMES):
        if trace is None:
            break
        frame = trace.tb_frame if trace.tb_frame.f_code.co_filename in own_files else frame
        trace = trace.tb_next
    if frame is None or place is None:
        return {}
    local = frame.f_locals
    if not frame.f_code.co_flags & inspect.CO_OPTIMIZED and type(local) is not dict:
        return {}  # the frame is the body of a class whose metaclass made its own mapping
    names = dict.fromkeys(IDENTIFIER.findall(place.text))
    return {name: local[name] for name in islice((name for name in names if name in local), MAX_NAMES)}


def _error_detail(caught: _CaughtError) -> ErrorDetail:
    place = caught.error.place or SourceLine(0)
    shown = ((name, value_text(value)) for name, value in caught.values.items())
    return ErrorDetail(
        caught.call,
        caught.error.error,
        caught.error.message,
        place.text,
        place.number,
        place.cell or 0,
        tuple((encodable(name[:MAX_NAME]), text) for name, text in shown if text),
    )
