"""The lines of a call run as they are, with torch and the function imported, and repeat the call."""

import importlib.util
from inspect import isgenerator

import numpy
import pytest
import torch

from grader.course.goldens import PUBLIC_SEED
from grader.course.library import open_library
from grader.execution.guest.call_recording.call_recorder import CallRecorder
from grader.execution.guest.call_recording.recorded_call import GroupValue, LiteralValue, TensorValue
from grader.execution.guest.experiment_files import load_file, preload_torch_modules
from grader.execution.guest.observation import observe_and_record
from grader.grading.verdicts.call_text import INDENT, WIDTH, call_lines
from tests.tools import TESTS

ROOT = TESTS.parent
LIBRARY = open_library(ROOT)
EXERCISES = [exercise.name for exercise in LIBRARY.course.exercises]


def recorded_calls(name, seed):
    """Yield the id of each check of an exercise with its recorded call, made with the solution."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "solutions" / f"{name}.py")
    solution = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(solution)
    exercise = next(exercise for exercise in LIBRARY.course.exercises if exercise.name == name)
    for file in exercise.files:
        preload_torch_modules(file.read_bytes())
        for check, experiment in load_file(str(file)).items():
            function = check.partition("::")[0]
            functions = {function: getattr(solution, function)}
            _, display = observe_and_record(functions, function, experiment, seed, first_call=True)
            if call := display().call:
                yield check, call


def written_out(value):
    """True if the text of a value leaves nothing out: the value is a number, a text, or a list of such values."""
    match value:
        case LiteralValue() | TensorValue(grad_fn="", first=()):
            return True
        case GroupValue(items=items, length=length):
            return len(items) == length and all(map(written_out, items))
    return False


def plain(value):
    """Return a value without the parts that only an expression of the experiment can give it."""
    match value:
        case GroupValue(kind, items, keys):
            return kind.replace("generator", "list"), keys, tuple(map(plain, items))
        case TensorValue(kind, dtype, shape, data):
            return kind, dtype, shape, data, value.requires_grad, value.transposed, value.grad
    return value


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize("seed", [PUBLIC_SEED, 11])
def test_lines_that_leave_nothing_out_repeat_the_call(name, seed):
    repeated = 0
    for check, call in recorded_calls(name, seed):
        text = "\n".join(call_lines(call))
        if "..." in text or "given" in text or not all(written_out(argument.value) for argument in call.arguments):
            continue
        again = CallRecorder(lambda *args, **named: (), call.function, frozenset(), first_call=True)

        def read_and_call(*args, again=again, **named):
            """Call the recorder with lists in place of generators, because it can read every list."""
            return again(*(list(arg) if isgenerator(arg) else arg for arg in args), **named)

        exec(text, {"torch": torch, "numpy": numpy, call.function: read_and_call})
        found = {argument.keyword or i: plain(argument.value) for i, argument in enumerate(again._call.arguments)}
        assert found == {a.keyword or i: plain(a.value) for i, a in enumerate(call.arguments)}, f"{check}\n{text}"
        repeated += 1
    assert repeated >= MIN_REPEATED[name]


MIN_REPEATED = dict.fromkeys(EXERCISES, 0) | {"ex1_losses": 20, "ex4_control_flow": 20, "ex7_manual_optim": 6}
"""Minimum number of calls of each exercise that are written out in full; texts of nets and graphs leave parts out."""


@pytest.mark.parametrize("name", EXERCISES)
def test_every_line_of_every_call_fits_and_names_the_function(name):
    for check, call in recorded_calls(name, PUBLIC_SEED):
        lines = call_lines(call)
        assert max(map(len, lines)) <= WIDTH - INDENT, check
        assert any(f"{call.function}(" in line for line in lines), check
        compile("\n".join(lines), check, "exec")
