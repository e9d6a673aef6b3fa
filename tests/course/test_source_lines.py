"""Characters at which `str.splitlines` splits, but Python does not, shift no line of a solution."""

import ast
from pathlib import Path

import pytest

from grader.authoring.adoption.answer_code import normalized
from grader.authoring.adoption.solution_edit import find_edit
from grader.core.text import Text
from grader.course.docstrings import keep_language
from grader.course.hints import read_hints
from grader.course.mistakes import parse_mistakes
from grader.course.source_lines import source_lines
from grader.course.source_parts import split_source
from grader.course.stubs import cut_stub

SOURCE = '''\
"""Squares.

中文 (zh)
---------
平方。
"""

SEPARATORS = "a{0}b{0}c"


def square(x):
    """Return the square.

    中文 (zh)
    ---------
    返回平方。
    """
    ### BEGIN SOLUTION
    result_of_the_square = x * x
    return result_of_the_square
    ### END SOLUTION
'''
SEPARATORS = ["\f", "\x1c", "\x85", "\u2028"]


@pytest.mark.parametrize("text", ["", "a", "a\n", "a\r\nb\n\nc", "a\fb\nc"])
def test_lines_are_split_where_python_begins_a_line(text):
    assert "".join(source_lines(text, keepends=True)) == text
    assert source_lines(text) == [line.rstrip("\r\n") for line in source_lines(text, keepends=True)]
    assert len(source_lines(text)) == len(text.replace("\f", " ").splitlines())


@pytest.mark.parametrize("separator", SEPARATORS, ids=repr)
def test_every_reader_of_a_solution_counts_lines_as_python_does(separator, tmp_path):
    source = SOURCE.format(separator)
    english = keep_language(source, "en")
    assert ast.get_docstring(ast.parse(english).body[-1]) == "Return the square."
    stub, errors = cut_stub(source, Path("ex.py"), {"square": 1}, ("en", "zh"))
    assert not errors and stub.endswith('raise NotImplementedError("square")\n')
    assert f"a{separator}b" in stub
    assert split_source(source, ["square"]).functions["square"].startswith("def square(x):")
    entry = '[square.double]\nen = "why?"\nzh = "为什么？"\nold = "x * x"\nnew = "x + x"\n'
    (mistake,), errors = parse_mistakes(entry, Path("m.toml"), source, ("en", "zh"))
    assert not errors and mistake.hint == Text(en="why?", zh="为什么？")
    assert mistake.source == source.replace("x * x", "x + x")
    levels = "".join(
        f'{level}.en = "Is it `result_of_the_square = x * x`?"\n' for level in ("nudge", "pointer", "idea")
    )
    (tmp_path / "h.toml").write_text(f"[square]\n{levels}", "utf-8")
    _, errors = read_hints(tmp_path / "h.toml", ["square"], source, ("en",))
    assert errors and all("quotes the solution" in error.found for error in errors)
    answer = normalized(ast.parse(source.replace("x * x", "x + x")).body[-1])
    assert "x + x" in find_edit(source, answer).new
