"""The recorder describes calls, and never runs, prints, compares, hashes or reads an object of the student."""

import sys
import textwrap
import threading
from types import SimpleNamespace

import msgspec
import pytest
import torch

from grader.core.values import DTYPES
from grader.execution.guest.call_recording.call_recorder import CallRecorder
from grader.execution.guest.call_recording.recorded_call import (
    MAX_DISPLAY,
    NO_DISPLAY,
    ChangedArgument,
    CheckDisplay,
    ErrorDetail,
    GroupValue,
    LiteralValue,
    ObjectValue,
    TensorValue,
    decode_display,
    encode_display,
    value_summary,
)
from grader.execution.guest.experiment_files import load_file
from grader.execution.guest.observation import observe_and_record
from grader.grading.verdicts.call_text import WIDTH, call_lines, changed_lines
from grader.grading.verdicts.failure_report import detail_lines

EXPERIMENT = """
import torch
from torch import nn
from grader import experiment

DECORATED
def check(f, given):
    {body}
    return {{"one": 1}}
""".replace("DECORATED", '@experiment(zh="无")')  # our pytest plugin collects each file with `@experiment` in a line


@pytest.fixture
def record(tmp_path, monkeypatch):
    """A function that runs a check and returns its outcome and its display.

    `body` is the code of the experiment, `function` the student's; `thing` is an object that the student's code made.
    """

    def recorded(body, function=lambda *args, **named: None, thing=None, own_files=frozenset()):
        monkeypatch.setitem(sys.modules, "student_made", SimpleNamespace(thing=thing))
        path = str(tmp_path / "test_ex.py")
        code = textwrap.indent(textwrap.dedent(body).strip(), "    ").strip()
        experiments = load_file(path, EXPERIMENT.format(body=code).encode())
        outcome, display = observe_and_record({"f": function}, "f", experiments["f::check"], 7, own_files, False, True)
        return outcome, decode_display(encode_display(display()))

    return recorded


PASS_IT_ON = "from student_made import thing\nf(thing)"


class Hostile:
    """An object whose every method fails the test."""

    def __getattribute__(self, name):
        raise AssertionError(f"the recorder read {name}")

    def __repr__(self):
        raise AssertionError("the recorder printed it")

    __str__ = __iter__ = __len__ = __hash__ = __eq__ = __bool__ = __repr__


class HostileMeta(type):
    """A class that fails the test when it is printed or used in `isinstance`."""

    def __instancecheck__(cls, thing):
        raise AssertionError("the recorder asked for an instance")

    def __repr__(cls):
        raise AssertionError("the recorder printed the class")


class HostileTensor(torch.Tensor):
    """A tensor that fails the test when torch is asked to do anything with it."""

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        raise AssertionError(f"the recorder called {function}")


class HostileList(list):
    """A list that fails the test when it is read."""

    def __iter__(self):
        raise AssertionError("the recorder read it")

    __len__ = __getitem__ = __repr__ = __iter__


HOSTILE = {
    "object": lambda: Hostile(),
    "metaclass": lambda: HostileMeta("Faked", (), {})(),
    "tensor": lambda: torch.ones(2).as_subclass(HostileTensor),
    "list": lambda: HostileList([1]),
    "str": lambda: type("HostileStr", (str,), {"__repr__": Hostile.__repr__})("x"),
    "int": lambda: type("HostileInt", (int,), {"__repr__": Hostile.__repr__})(1),
    "dict": lambda: type("HostileDict", (dict,), {"items": Hostile.__repr__, "__iter__": Hostile.__repr__})(a=1),
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
def test_an_object_of_the_student_is_named_by_its_type_only(record, make):
    _, display = record(PASS_IT_ON, thing=make())
    (argument,) = display.call.arguments
    assert type(argument.value) is ObjectValue
    assert argument.value.type_name


def test_a_generator_of_the_student_is_passed_on_unread(record):
    def endless():
        while True:
            yield 1

    def function(numbers):
        return next(numbers)

    generator = endless()
    _, display = record(PASS_IT_ON, function, generator)
    assert type(display.call.arguments[0].value) is ObjectValue
    assert next(generator) == 1, "the student's function took the first, the recorder none"


def test_a_generator_of_the_experiment_is_shown_with_its_items_and_the_function_gets_all_of_them(record):
    seen = []

    def function(params):
        seen.extend(params)
        assert type(params).__name__ == "generator"

    _, display = record("p = given.tensor('p', 2)\nf(each for each in [p, 2 * p])", function)
    assert len(seen) == 2 and torch.equal(seen[1], 2 * seen[0])
    value = display.call.arguments[0].value
    assert (value.kind, value.length) == ("generator", 2)
    assert value.items[0].data == seen[0].numpy().tobytes()


def test_a_call_with_a_million_arguments_is_shown_in_few_lines(record):
    outcome, display = record("f(*range(10**6), **{})", lambda *numbers: None)
    assert len(encode_display(display)) <= MAX_DISPLAY
    assert outcome.values == {"one": 1}


def test_a_large_list_and_a_large_tensor_are_cut(record):
    _, display = record("f([1.0] * 10**6, torch.zeros(200, 300))")
    numbers, tensor = (argument.value for argument in display.call.arguments)
    assert (len(numbers.items), numbers.length) == (100, 10**6)
    assert tensor.data == b"" and tensor.shape == (200, 300) and len(tensor.first) == 6


def test_values_are_those_before_the_call(record):
    def function(x, state):
        with torch.no_grad():
            x.mul_(100)
        state["step"] = 1

    _, display = record("x = torch.ones(2)\nf(x, {})", function)
    x, state = (argument.value for argument in display.call.arguments)
    assert x.data == torch.ones(2).numpy().tobytes() and state.items == ()


def test_a_changed_argument_is_shown_before_and_after(record):
    def function(x):
        with torch.no_grad():
            x[0] = 100

    _, display = record("f(given.tensor('x', 2))", function)
    (changed,) = display.changed
    assert changed.name == "x" and changed.before != changed.after
    assert changed.before.data[8:] == changed.after.data[8:]


SHOWN = [
    ("x = given.tensor('x', 2, 3)\nresult = f(x)", ["x = torch.tensor([[", "result = f(x)"]),
    ("f(given.tensor('target', 2), reduction='sum')", ["target = torch.tensor([", "f(target, reduction='sum')"]),
    ("net = nn.Linear(2, 3)\nf(net, torch.ones(2))", ["net = nn.Linear(2, 3)", "f(net, "]),
    ("f(nn.MSELoss(), 0.5, None, 'mean')", ["f(nn.MSELoss(), 0.5, None, 'mean')"]),
    ("f(lambda h: h ** 2)", ["f(lambda h: h ** 2)"]),
    ("w = torch.ones(2)\nf(lambda h: h * w)", ["w = torch.tensor([1.0, 1.0]", "f(lambda h: h * w)"]),
    ("x = torch.ones(2, requires_grad=True)\nh = x * 3\nf(h)", ["x = torch.tensor(", "h = x * 3", "f(h)"]),
    ("h = torch.ones(2, requires_grad=True)\nfor _ in range(3):\n    h = h * 2\nf(h)", ["h = ...", "MulBackward0"]),
    (
        "p = nn.Parameter(torch.ones(2))\np.grad = torch.zeros(2)\nf([p])",
        ["torch.nn.Parameter(torch.tensor(", "p.grad = torch."],
    ),
    ("x = torch.ones(3, 2).T\nf(x)", [".T\n"]),
    ("a, b = (torch.ones(1) for _ in range(2))\nf(a, b)", ["a = torch.tensor([1.0]", "b = torch.tensor([1.0]"]),
    ("f(torch.zeros(0, 3))", ["torch.empty((0, 3)"]),
    ("f(torch.tensor([float('nan'), float('inf')]))", ['float("nan"), float("inf")']),
]


@pytest.mark.parametrize(("body", "words"), SHOWN, ids=[body for body, _ in SHOWN])
def test_a_call_is_shown_as_code(record, body, words):
    _, display = record(body)
    text = "\n".join(call_lines(display.call))
    for word in words:
        assert word in text, text
    assert max(map(len, text.splitlines())) <= WIDTH - 6


def test_the_number_of_calls_and_the_call_that_raised_are_known(record):
    def function(x):
        if x > 1:
            raise ValueError("too large")

    _, display = record("f(1)\ngiven.error(lambda: f(2))", function)
    assert display.call.total == 2 and display.call.arguments[0].value == LiteralValue("1")
    assert [(error.call, error.error, error.message) for error in display.errors] == [(2, "ValueError", "too large")]


def test_the_names_on_the_students_line_are_shown_with_plain_values_only(record, tmp_path):
    file = tmp_path / "student.py"
    file.write_text(
        "def f(x):\n    secret, shape, bad = Hostile(), (3, 4), [1, 2]\n    return x.reshape(shape) + bad + secret\n"
    )
    space = {"Hostile": Hostile}
    exec(compile(file.read_text(), str(file), "exec"), space)
    outcome, display = record("f(torch.ones(2))", space["f"], own_files=frozenset({str(file)}))
    (error,) = display.errors
    assert outcome.error == error.error == "RuntimeError" and error.number == 3
    names = dict(error.names)
    assert set(names) == {"x", "shape", "bad"} and names["x"].startswith("tensor, shape (2,)")
    assert all(len(text) <= 80 for text in names.values())


def test_what_a_child_sends_is_capped_and_decodes_to_nothing_if_it_is_not_valid():
    long = CheckDisplay(errors=tuple(ErrorDetail(1, "E", "m" * 30_000) for _ in range(3)))
    assert len(encode_display(long)) <= MAX_DISPLAY
    for data in (b"", b"[]", b'{"call": 1}', b"{" * 10_000, b"x" * (MAX_DISPLAY + 1), b'{"changed": [{}]}'):
        assert decode_display(data) == NO_DISPLAY
    forged = b'{"call": {"function": "f", "arguments": [{"name": "x", "value": {"type": "tensor", "kind": "tensor", '
    forged += b'"dtype": "float64", "shape": [1000000], "data": "AAAA"}}]}}'
    assert decode_display(forged) == NO_DISPLAY


def test_without_first_call_only_exceptions_are_recorded():
    calls = CallRecorder(lambda x: 1 / x, "f", frozenset())
    assert calls(1) == 1
    with pytest.raises(ZeroDivisionError):
        calls(0)
    assert calls._call is None and calls._calls == 2


def test_the_function_may_be_called_from_threads(record):
    def function(x):
        return x

    body = """
    import threading
    threads = [threading.Thread(target=f, args=(i,)) for i in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    """
    _, display = record(body, function)
    assert display.call.total == 8 and threading.active_count() >= 1


def test_groups_keep_their_kind(record):
    _, display = record("f((1, 2), [3], {'a': torch.ones(1)})")
    kinds = [argument.value for argument in display.call.arguments]
    assert [type(kind) for kind in kinds] == [GroupValue] * 3
    assert [kind.kind for kind in kinds] == ["tuple", "list", "dict"] and type(kinds[2].items[0]) is TensorValue


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [3, 40, 20_000])
def test_tensors_of_every_dtype_can_be_shown(record, dtype, size):
    _, display = record(f"f(torch.zeros({size}, dtype=torch.{dtype}))")
    value = display.call.arguments[0].value
    assert dtype in value_summary(value)
    assert call_lines(display.call)
    (line, _) = changed_lines(ChangedArgument("x", value, value), "before: ", "after: ")
    assert line.startswith("before: ")


def test_a_display_that_a_hostile_child_sends_is_cut_and_can_always_be_rendered():
    tensor = {"type": "tensor", "kind": "tensor", "dtype": "bool", "shape": [5], "data": ""}
    for wrong in ({}, {"first": []}, {"first": ["1"] * 7}, {"first": ["x" * 50]}, {"shape": [-1], "first": ["1"]}):
        changed = {"name": "x", "before": tensor | wrong, "after": tensor | wrong}
        assert decode_display(msgspec.json.encode({"changed": [changed]})) == NO_DISPLAY
    error = {
        "call": 2,
        "error": "E" * 900,
        "message": "m" * 900,
        "line": "l" * 900,
        "names": [["n" * 50, "v" * 90]] * 20,
    }
    whole = {
        "errors": [error] * 5,
        "changed": [{"name": "x", "before": tensor | {"first": ["1"]}, "after": tensor | {"first": ["2"]}}] * 20,
    }
    display = decode_display(msgspec.json.encode(whole))
    assert (len(display.errors), len(display.errors[0].names), len(display.changed)) == (3, 8, 8)
    lines = list(detail_lines(display, "E" * 100, False, "en"))
    assert 0 < len(lines) < 60 and max(map(len, lines)) <= WIDTH


def test_a_value_that_cannot_be_shown_changes_no_outcome(run):
    source = """
import torch
torch.Tensor.detach = None
def first(x=None):
    mask = torch.ones(40, dtype=torch.bool)
    return mask + object()
def second():
    return 2.0
"""
    outcomes = run(source).outcomes
    assert outcomes["first::value_of_first", 0].error == "TypeError"
    assert not any(type(outcome).__name__ in ("Crashed", "TimedOut") for outcome in outcomes.values())


def test_a_call_that_cannot_be_described_is_still_made(record, monkeypatch):
    monkeypatch.setattr(torch.Tensor, "detach", None)  # as student code may have left it
    seen = []
    outcome, display = record("f(torch.ones(2), (n for n in [1, 2]))", lambda x, numbers: seen.extend(numbers))
    assert outcome.values == {"one": 1} and seen == [1, 2] and display.call is None
