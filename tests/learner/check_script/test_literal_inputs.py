"""Inputs as literals: the script repeats the check, in every way that an experiment can draw its inputs."""

import contextlib
import io
import sys
import types

import pytest

from grader.core.comparison import Tolerance
from grader.core.text import Text
from grader.execution.guest.experiment_files import load_file
from grader.execution.guest.observation import observe
from grader.experiments.declaration import Check
from grader.learner.check_script.draws import record_draws
from grader.learner.check_script.script import ScriptedCheck, check_script
from grader.learner.check_script.used_definitions import drawing_attributes

SAME = "Nothing differs from what is expected.\n"
ANSWER = """
import torch

def f(*values):
    return sum((number + 1) * torch.as_tensor(value).double().sum() for number, value in enumerate(values))
"""
HEAD = "import torch\n\nfrom grader import Given, LeNet, experiment, linear\n\n\n"


def answer():
    """Return a module with the function f, whose result depends on all its arguments."""
    module = types.ModuleType("answer")
    exec(ANSWER, module.__dict__)
    return module


def script_of(body, helpers="", seed=0):
    """Return the script of an experiment with this body, whose claim is in the docstring."""
    lines = "\n".join(f"    {line}" for line in ['"""The claim: 一条要求。"""', *body.splitlines()])
    source = f'{HEAD}{helpers}\n\n\n@experiment(zh="要求。")\ndef drawn(f, given: Given):\n{lines}\n'.encode()
    experiment = load_file(f"test_answer {hash(source)}.py", source)["f::drawn"]
    expected = observe({"f": answer().f}, "f", experiment, seed).values
    draws = record_draws(experiment, "f", seed, drawing_attributes())
    check = Check("f", "drawn", Text(en="The claim."), False, 1, Tolerance(), False)
    return check_script(ScriptedCheck(check, source, expected, draws, seed), "en", "answer", ["Run it."])


def result_of(script, monkeypatch):
    """Run a script with the answer; return what it prints."""
    monkeypatch.setitem(sys.modules, "answer", answer())
    output = io.StringIO()
    with contextlib.redirect_stdout(output), pytest.raises(SystemExit):
        exec(compile(script, "script.py", "exec", dont_inherit=True), {"__name__": "__main__"})
    return output.getvalue()


def body_of(script):
    """Return the experiment in a script."""
    return script[script.index("def drawn") :].partition("\n\n\n")[0]


@pytest.mark.parametrize(
    ("body", "written", "gone"),
    [
        ('x = given.tensor("x", 2)\nreturn {"y": f(x)}', ['x = given.keep("x", torch.tensor(['], ["given.tensor"]),
        (
            'x, y = given.tensor("x", 2), given.integers("y", 0, 9, 3)\nreturn {"y": f(x, y)}',
            ['    y = given.keep("y", torch.tensor('],
            ["x, y ="],
        ),
        (
            'x, net = given.tensor("x", 2, 3), given.mlp(3, 2)\nreturn {"y": f(x, net(x))}',
            ["    net = given.mlp(3, 2)"],
            ["x, net ="],
        ),
        (
            'x = given.tensor("x", 2)\nx, y = given.tensor("x", 2), x + 1\nreturn {"y": f(x, y)}',
            ["x, y = x_, x + 1"],
            ["given.tensor"],
        ),
        ('return {"y": f(given.tensor("x", 2), 2)}', ["f(x, 2)"], ["given.tensor"]),
        ('return {"y": f(given.tensor("old grad.", 2))}', ["f(old_grad_)"], ["given.tensor"]),
        ('f_, x = 1, 2\nreturn {"y": f(given.tensor("f", 2), x)}', ['f__ = given.keep("f"'], ["given.tensor"]),
        ('return {"y": f(given.number(1.0, 2.0), given.whole(0, 99))}', [], ["given."]),
        ('x = given.tensor("x", given.whole(1, 4), 3)\nreturn {"y": f(x)}', ["x = given.keep("], ["given.whole"]),
        ('x = given.array("x", 2, 2)\nreturn {"y": f(x)}', ["np.array([", "], dtype='float64'))"], ["given.array"]),
        ('x = given.tensor("x", 2, may_change=True)\nreturn {"y": f(x)}', ["x = torch.tensor("], ["keep"]),
        (
            'x = given.tensor("x", 2, dtype=torch.float32)\nreturn {"y": f(x)}',
            ["dtype=torch.float32"],
            ["given.tensor"],
        ),
        (
            'x = given.tensor("x", 3, requires_grad=True)\nreturn {"y": f(x)}',
            ["requires_grad=True))"],
            ["given.tensor"],
        ),
        (
            '名 = given.tensor("名", 2); y = f(名)  # 一个输入\nreturn {"y": y}',
            ['名 = given.keep("名"'],
            ["given.tensor"],
        ),
        (
            'with given.warnings_seen() as seen:\n    y = f(given.tensor("x", 2))\nreturn {"y": y, "seen": seen}',
            ['        x = given.keep("x"', "        y = f(x)"],
            ["given.tensor"],
        ),
    ],
)
def test_a_small_input_becomes_a_literal(body, written, gone, monkeypatch):
    script = script_of(body)
    shown = body_of(script)
    assert [text for text in written if text not in shown] == []
    assert [text for text in gone if text in shown] == []
    assert result_of(script, monkeypatch) == SAME


@pytest.mark.parametrize(
    "body",
    [
        'x = given.tensor("x", 5, 5)\nreturn {"y": f(x)}',
        'xs = [given.tensor("x", 2) for _ in range(3)]\nreturn {"y": f(*xs)}',
        'y = 0\nfor _ in range(3):\n    y = y + f(given.tensor("x", 2))\nreturn {"y": y}',
        'make = lambda: given.tensor("x", 2)\nreturn {"y": f(make(), make())}',
        'def make():\n    x = given.tensor("x", 2)\n    return x\nreturn {"y": f(make())}',
        'x = given.tensor("x", 2) if True else 0\nreturn {"y": f(x)}',
        'x = None or given.tensor("x", 2)\nreturn {"y": f(x)}',
        'if True:\n    x = given.tensor("x", 2)\nreturn {"y": f(x)}',
        'y = f(1)\nreturn {"y": f(y, given.tensor("x", 2))}',
        'shape = (2, 3)\nx = given.rng.uniform(size=shape)\nreturn {"y": f(x)}',
    ],
)
def test_any_other_input_is_drawn_from_the_seed(body, monkeypatch):
    script = script_of(body)
    assert "SEED = 0" in script and "torch.tensor(" not in body_of(script)
    assert result_of(script, monkeypatch) == SAME


@pytest.mark.parametrize(
    ("body", "numbers"),
    [
        ('x = given.tensor("x", 2)\nnet = given.mlp(2, 3)\nreturn {"y": f(net(x))}', [0]),
        ('net = given.mlp(2, 3)\nx = given.tensor("x", 2)\nreturn {"y": f(net(x))}', []),
        (
            'a, n, b = given.tensor("a", 2), given.mlp(2, 2), given.tensor("b", 2)\n'
            "c, m, d = given.whole(0, 9), given.mlp(2, 2), given.number(0.0, 1.0)\n"
            'return {"y": f(a, n(b), c, m(a), d)}',
            [0, 1],
        ),
        ('x = given.tensor("x", 2)\ny = f(x)\nreturn {"y": f(y, given.tensor("z", 2))}', [0]),
        ('x = given.integers("x", 0, 9, 3)\ny = f(x)\nreturn {"y": [f(given.whole(0, 99)) for _ in range(4)]}', [0]),
        ('x = given.tensor("x", given.whole(1, 4))\nreturn {"y": f(x, given.mlp(2, 2)(torch.ones(2).double()))}', [0]),
    ],
)
def test_later_draws_give_the_numbers_of_the_check(body, numbers, monkeypatch):
    """`numbers` are the numbers of the draws before which replaced draws are dropped."""
    script = script_of(body)
    table = script.partition("DROPPED = {\n")[2].partition("\n}")[0]
    assert [int(line.strip().removesuffix(": [")) for line in table.splitlines() if line.endswith(": [")] == numbers
    assert result_of(script, monkeypatch) == SAME


def test_a_helper_may_draw_after_the_first_call(monkeypatch):
    helpers = 'def more(given: Given):\n    return given.tensor("z", 2)'
    script = script_of('y = f(given.tensor("x", 2))\nreturn {"y": f(y, more(given))}', helpers)
    assert "DROPPED = {\n    0: [" in script
    assert result_of(script, monkeypatch) == SAME


def test_helpers_of_the_experiment_may_have_names_that_the_grader_uses(monkeypatch):
    helpers = "def report(x):\n    return x + 1\n\n\ndef mlp(given: Given, x):\n    return given.mlp(2, 2)(report(x))"
    script = script_of('return {"y": f(mlp(given, given.tensor("x", 2)))}', helpers)
    assert "def grader_report(" in script and "def grader_mlp(" in script
    assert result_of(script, monkeypatch) == SAME


def test_a_helper_class_may_inherit_from_a_net_of_the_grader(monkeypatch):
    helpers = "class Net(LeNet):\n    pass\n\n\nSIZES = (2, 3)\nLAYER = linear(*SIZES)"
    script = script_of('net = given.fill(Net())\nreturn {"y": f(given.fill(LAYER).weight, net.fc3.bias)}', helpers)
    assert result_of(script, monkeypatch) == SAME


def test_another_seed_gives_other_numbers(monkeypatch):
    body = 'x, net = given.tensor("x", 2), given.mlp(2, 3)\nreturn {"y": f(net(x))}'
    script = script_of(body, seed=5)
    assert "SEED = 5" in script and body_of(script) != body_of(script_of(body))
    assert result_of(script, monkeypatch) == SAME


def test_a_wrong_answer_in_place_of_the_right_one_is_reported(monkeypatch):
    """This shows that the tests above can fail: the comparison looks at the result."""
    script = script_of('return {"y": f(given.tensor("x", 2), 5)}').replace("f(x, 5)", "f(x, 6)")
    assert result_of(script, monkeypatch).startswith("y: returned ")
