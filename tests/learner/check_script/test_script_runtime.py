"""The comparison in scripts decides as the grader's own comparison does."""

from itertools import product

import numpy as np
import pytest
import torch

from grader.core.comparison import Tolerance, find_differences, first_difference
from grader.core.language import translator
from grader.execution.guest.observed_values import to_value
from grader.grading.verdicts.explanation import ARGUMENT_CHANGES
from grader.learner.check_script import script_runtime
from grader.learner.check_script.script_messages import message_lines
from grader.learner.check_script.script_runtime import difference, plain, report

DOUBLE = torch.float64
VALUES = [
    None,
    True,
    False,
    0,
    1,
    0.0,
    1.0,
    1.0 + 1e-9,
    1.0 + 1e-5,
    float("nan"),
    float("inf"),
    -float("inf"),
    "",
    "1",
    np.float64(1.0),
    np.float32(1.0),
    torch.tensor(1.0, dtype=DOUBLE),
    torch.tensor(1.0),
    torch.tensor(1),
    torch.tensor(True),
    torch.tensor([1.0, float("nan")], dtype=DOUBLE),
    torch.tensor([1.0, float("inf")], dtype=DOUBLE, requires_grad=True),
    torch.tensor([1.0 + 1e-9, float("nan")], dtype=DOUBLE),
    torch.tensor([[1.0, 2.0]], dtype=DOUBLE),
    torch.tensor([[1.0], [2.0]], dtype=DOUBLE),
    np.array([1.0, np.nan]),
    np.array([1, 2]),
    torch.zeros(0),
    torch.tensor([1 + 1j]),
    torch.tensor([1.0], dtype=torch.bfloat16),
    np.array([1 + 1j]),
    torch.eye(2).to_sparse(),
    [],
    [1.0, 2.0],
    (1.0, 2.0 + 1e-9),
    [1.0, 2.1],
    [1, 2],
    torch.Size([1, 2]),
    {},
    {"a": 1.0},
    {"a": 1.0 + 1e-9},
    {"a": [1.0]},
    {"b": 1.0},
    {1: 1.0},
    {"1": 1.0},
    object(),
    {1, 2},
    [object()],
]


@pytest.mark.parametrize("tolerance", [Tolerance(), Tolerance(1e-4, 1e-6), Tolerance(0.0, 1e-3)])
def test_the_script_and_the_grader_agree_on_whether_two_values_are_equal(tolerance):
    found = equal = 0
    for yours, expected in product(VALUES, repeat=2):
        decided = first_difference(to_value(yours), to_value(expected), tolerance, ("x",)) is None
        shown = difference("x", plain(yours), plain(expected), tolerance.rtol, tolerance.atol)
        assert (shown == "") == decided, (yours, expected, shown)
        found, equal = found + 1, equal + decided
    assert found == len(VALUES) ** 2 and equal > len(VALUES)


def test_missing_additional_and_limited_observations_are_reported_as_by_the_grader(capsys):
    expected = {"a": 1.0, "gone": 2, "far": 0.5, "near": 0.5, "int": 0.5}
    returned = {"a": 1.0, "far": 0.7, "near": 0.1, "int": 0, "new": "text"}
    limits = {"far": 0.6, "near": 0.6, "int": 0.6}
    differences = find_differences(returned, expected, Tolerance(at_most=limits))
    assert report(returned, expected, 1e-7, 1e-9, limits) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines] == [d.name for d in differences] == ["gone", "far", "int", "new"]
    assert lines[1] == "far: returned 0.7, expected at most 0.6"


@pytest.mark.parametrize(
    ("yours", "expected", "line"),
    [
        (torch.zeros(2), torch.zeros(3), "shape of x: returned (2,), expected (3,)"),
        (torch.zeros(2), torch.zeros(2, dtype=DOUBLE), "dtype of x: returned float32, expected float64"),
        (torch.tensor([1.0, 2.0]), torch.tensor([1.0, 3.0]), "x: 1 of 2 entries differ; at [1] returned 2, expected 3"),
        (torch.tensor(1.0), 1.0, "x: returned tensor(1), expected 1"),
        ([1.0, 2.0], [1.0, 2.5], "x[1]: returned 2, expected 2.5"),
        ([1.0], [1.0, 2.5], "len(x): returned 1, expected 2"),
        ({"a": 1}, {"a": 2}, "x.a: returned 1, expected 2"),
        (1.0000001, 1.0000002, "x: returned 1.0000001, expected 1.0000002"),
        (object(), "text", "x: returned an object of type object, expected 'text'"),
        (
            "long " * 50,
            None,
            "x: returned 'long long long long long long long long long long long l..., expected None",
        ),
    ],
)
def test_a_line_says_where_and_what_differs(yours, expected, line):
    assert difference("x", plain(yours), plain(expected), 0.0, 0.0) == line


def test_changed_arguments_are_named(capsys):
    report({"changed arguments": ("x: its values changed",)}, {"changed arguments": []}, 0.0, 0.0, {})
    assert capsys.readouterr().out == "your function changed its argument: x: its values changed\n"


def test_the_sentences_of_scripts_are_those_that_are_translated():
    """`script` writes the sentences in the reader's language; the runtime module has English ones for its own tests."""
    texts = {}
    exec("\n".join(message_lines(str)), texts)
    for name in ("SAME", "RETURNED", "ENTRIES", "CHANGED", "WORDS"):
        assert texts[name] == getattr(script_runtime, name)
    chinese = {}
    exec("\n".join(message_lines(translator("zh"))), chinese)
    assert len(chinese["HOW_CHANGED"]) == len(ARGUMENT_CHANGES)
    for key, text in texts["WORDS"].items():
        assert chinese["WORDS"][key] != text
