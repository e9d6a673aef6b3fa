"""Untouched stubs are recognized, and one of several files that define a function is chosen."""

import ast

import pytest

from grader.core.defining_files import choose_defining_files, find_definition, is_stub

RAISE = "raise NotImplementedError"
STUBS = {
    "as handed out": f"def f(x):\n    'doc'\n    {RAISE}('f')",
    "without a docstring": f"def f(x): {RAISE}",
    "decorated": f"@torch.no_grad()\ndef f(x): {RAISE}('f')",
    "a second string below the docstring": f"def f(x):\n    'doc'\n    'more'\n    {RAISE}('f')",
    "dots and a pass": f"def f(x):\n    ...\n    pass\n    {RAISE}('f')",
    "async": f"async def f(x): {RAISE}('f')",
    "raised from another": f"def f(x): {RAISE}('f') from None",
    "the last of two definitions": f"def f(x): return x\ndef f(x): {RAISE}",
}
ATTEMPTS = {
    "an empty body": "def f(x): pass",
    "a docstring alone": "def f(x): 'doc'",
    "a statement before": f"def f(x):\n    y = x\n    {RAISE}('f')",
    "a call before": f"def f(x):\n    print(x)\n    {RAISE}('f')",
    "a statement after": f"def f(x):\n    {RAISE}('f')\n    return x",
    "another exception": "def f(x): raise ValueError('f')",
    "an attribute of that name": "def f(x): raise errors.NotImplementedError('f')",
    "raised again": "def f(x): raise",
    "returned": "def f(x): return NotImplementedError('f')",
    "on a condition": f"def f(x):\n    if x: {RAISE}",
    "the first of two definitions": f"def f(x): {RAISE}\ndef f(x): return x",
}


def node(source):
    return find_definition(ast.parse(source), "f")


@pytest.mark.parametrize("source", STUBS.values(), ids=STUBS)
def test_a_stub_is_recognized(source):
    assert is_stub(node(source))


@pytest.mark.parametrize("source", ATTEMPTS.values(), ids=ATTEMPTS)
def test_a_function_that_was_begun_is_no_stub(source):
    assert not is_stub(node(source))


def test_only_functions_at_module_level_are_definitions():
    assert node("if True:\n    def f(x): pass\nclass A:\n    def f(x): pass\nf = abs\n") is None


@pytest.mark.parametrize(
    ("files", "chosen"),
    [
        ("", ""),
        ("a", "a"),
        ("s", "s"),
        ("a H", "H"),
        ("a b", "a b"),
        ("s a", "a"),
        ("S a", "a"),  # the stub of the hand-out, and an attempt in a file of another name
        ("S H", "H"),
        ("S a b", "a b"),
        ("H I a", "H I a"),
        ("S s", "S"),
        ("s S", "S"),
        ("S T", "S"),
        ("s t", "s"),
        ("s S T", "S"),
    ],
)
def test_an_attempt_is_preferred_to_a_stub_and_then_the_file_name_of_the_stub(files, chosen):
    """Letters in capitals are files with the stub's name; s, t, S, T hold untouched stubs."""
    assert list(choose_defining_files(files.split(), "HIST", lambda file: file in "stST")) == chosen.split()
