"""A function is taken out of a student's file with what it needs, without comments, texts and names of persons."""

import ast

import pytest

from grader.authoring.adoption.answer_code import extract_answer
from grader.authoring.adoption.mistake_entry import make_entry
from grader.core.errors import UsageError
from grader.course.mistakes import parse_mistakes
from tests.tools import SOLUTION

HINTS = {"en": 'Why "this"?\n', "zh": "为什么？"}


def code(source, function="f"):
    """Return what is taken out of a file, as one text."""
    found = extract_answer(source, function)
    return "\n".join(ast.unparse(statement) for statement in (*found.needed, found.function))


def test_comments_docstrings_and_other_texts_are_left_out():
    source = '''"""By Bob."""
# Bob
def f(x):  # Bob
    """Bob wrote this."""
    "Bob, too"
    if x:
        """And Bob again."""
    return x
'''
    assert code(source) == "def f(x):\n    if x:\n        pass\n    return x"


def test_a_block_that_contains_only_a_text_stays_a_block():
    answer = extract_answer('def f(x):\n    try:\n        y = x\n    finally:\n        "done"\n    return y\n', "f")
    assert ast.unparse(ast.parse(ast.unparse(answer.function))).splitlines()[3:5] == ["    finally:", "        pass"]


def test_definitions_that_the_function_needs_are_copied_in_the_order_of_the_file():
    source = """
import math, os
import torch.nn.functional, torch.nn as nn, torch
from random import random as draw, seed
SIZE = 3
UNUSED = 4
def unused(): return UNUSED
class Helper:
    size = SIZE
    def of(self, x: nn.Module): return deeper(x)
def deeper(x): return math.sqrt(x) + torch.ones(1)
def f(x, *, by=draw):
    return Helper().of([by(y) for y in x])
"""
    assert code(source).splitlines() == [
        "import math",
        "import torch.nn.functional, torch.nn as nn, torch",
        "from random import random as draw",
        "SIZE = 3",
        "class Helper:",
        "    size = SIZE",
        "",
        "    def of(self, x: nn.Module):",
        "        return deeper(x)",
        "def deeper(x):",
        "    return math.sqrt(x) + torch.ones(1)",
        "def f(x, *, by=draw):",
        "    return Helper().of([by(y) for y in x])",
    ]


def test_a_local_name_copies_no_definition_and_the_last_definition_is_copied():
    source = "def x(): 1\ndef g(): return 1\ndef f(): return 0\ndef g(): return 2\ndef f(x): return g() + x"
    assert code(source) == "def g():\n    return 2\ndef f(x):\n    return g() + x"


def test_star_imports_are_copied_if_a_name_may_come_from_them():
    assert code("from math import *\ndef f(x): return sqrt(x)").startswith("from math import *\n")
    assert code("from math import *\ndef f(x): return abs(x)").startswith("def f")
    assert code("from math import *\ndef f(x): return __conditional_annotations__").startswith("def f")  # Python 3.14
    assert code("from __future__ import annotations\ndef f(x): return unknown").startswith("def f")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("f = lambda x: x", "not defined with `def`"),
        ("if True:\n    def f(x): return x", "not defined with `def`"),
        ("async def f(x): return x", "not defined with `def`"),
        ("def g(x): return x", "not defined with `def`"),
        ("N = 1\nN += 1\ndef f(x): return N", "needs N"),
        ("for n in range(3): pass\ndef f(x): return n", "needs n"),
        ("try:\n    import numpy as np\nexcept ImportError: np = None\ndef f(x): return np.mean(x)", "needs np"),
        ("def f(x):\n" + "    x = x + 1\n" * 5000, "too long"),
        ("# " + "x" * (1 << 20), "too long"),
        ("def f(x:\n", "cannot be parsed"),
        ("def f(x): return " + "-" * 100_000 + "x", "cannot be parsed"),
        ("def f(x): return x" + ".x" * 100_000, "cannot be parsed"),
        ("def f(x): return '\0'", "cannot be parsed"),
    ],
    ids=lambda text: text[:30],
)
def test_an_answer_that_needs_more_than_definitions_is_refused(source, said):
    with pytest.raises(UsageError, match=said):
        extract_answer(source, "f")


def test_deeply_nested_blocks_are_read_once():
    nested = "".join(f"{' ' * level}if 1:\n" for level in range(60)) + " " * 60 + "deep = 2\n"
    with pytest.raises(UsageError, match="deep"):
        code(f"{nested}def f(x):\n    return x * deep\n")


def entry(answer, function="mean_square"):
    """Return the entry of an answer, and the mistake that the course reads from it."""
    text = make_entry("adopted_1", HINTS, extract_answer(answer, function), SOLUTION)
    (mistake,), errors = parse_mistakes(text, "m.toml", SOLUTION, ("en", "zh"))
    assert not errors
    assert mistake.adopted and mistake.hint.by_language == HINTS
    return text, mistake.source


@pytest.mark.parametrize(
    ("function", "old", "new", "edit"),
    [
        ("mean_square", "(x**2).mean()", "(x ** 2 ).sum( )  # all", ["return (x**2).mean()", "return (x ** 2).sum()"]),
        (
            "mean_square",
            '        raise ValueError("no entries")\n',
            "        pass\n",
            ['raise ValueError("no entries")', "pass"],
        ),
        ("descend", "        steps -= 1\n", "", ["y = y - rate * 2 * y\n        steps -= 1", "y = y - rate * 2 * y"]),
        ("descend", "    while steps", "    rate = 1\n    while steps", None),
        ("descend", "steps > 0", "steps >= 0", None),
    ],
)
def test_one_changed_range_of_lines_is_an_edit_of_the_solution(function, old, new, edit):
    answer = SOLUTION.replace(old, new)
    assert answer != SOLUTION
    text, source = entry(answer, function)
    assert "code =" not in text
    parsed = extract_answer(source, function)
    assert ast.dump(parsed.function) == ast.dump(extract_answer(answer, function).function)
    if edit:
        assert [line in text.replace("\\n", "\n") for line in edit] == [True, True]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("def mean_square(x: torch.Tensor)", "def mean_square(values: torch.Tensor)"),
        ("    if x.numel() == 0:\n", "    if not len(x):\n"),
        ("(x**2).mean()", "helper(x)"),
    ],
    ids=["signature", "two places", "helper"],
)
def test_any_other_answer_is_its_whole_code(old, new):
    answer = SOLUTION.replace(old, new).replace('("no entries")', "('''none''')").replace("mean()", "sum()")
    answer = f"{answer}\n\nimport torch.nn as nn\ndef helper(x): return nn.Identity()(x)\n"
    text, source = entry(answer)
    assert "code =" in text and "import torch\n" not in text
    assert ("import torch.nn as nn" in text) == ("def helper" in text) == (new == "helper(x)")
    compile(source, "mistake", "exec")


def test_what_the_solution_defines_in_the_same_way_is_not_repeated():
    helper = "def helper(x):\n    'Help.'\n    return x\n"
    solution = f"import torch\nimport math\nE = 2.5\n{helper}\ndef f(x, more=True):\n    return helper(x) + E\n"
    answer = extract_answer(solution.replace("+ E", "- E").replace("'Help.'", "'''Bob'''"), "f")
    text = make_entry("adopted_1", HINTS, answer, solution)
    assert "old = " in text and "helper(x) - E" in text and "Bob" not in text
