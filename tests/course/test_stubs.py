"""The stub that is cut out of a solution, and the faults in the marks."""

from pathlib import Path

import pytest

from grader.course.stubs import cut_stub
from tests.tools import SOLUTION, STUB

POINTS = {"f": 1}
HEAD = 'def f(x):\n    """Contract.\n\n    中文 (zh)\n    ---\n    约定。"""\n'


def cut(text, points=POINTS, languages=("en", "zh")):
    return cut_stub(text, Path("ex.py"), points, languages)


def found(text, points=POINTS):
    return [(error.place, error.found) for error in cut(text, points)[1]]


def test_the_marked_lines_of_a_function_become_not_implemented():
    stub, errors = cut(f"{HEAD}    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION\n")
    assert not errors
    assert stub == f'{HEAD}    raise NotImplementedError("f")\n'


@pytest.mark.parametrize("between", ["\n", "    # the end\n", "\n\n    # twice\n\n"])
def test_blank_lines_and_comments_before_the_end_mark_change_nothing(between):
    stub, errors = cut(f"{HEAD}    ### BEGIN SOLUTION\n    return x\n{between}    ### END SOLUTION\n")
    assert not errors
    assert stub == f'{HEAD}    raise NotImplementedError("f")\n'


def test_marked_lines_at_module_level_are_dropped():
    stub, errors = cut(f"### BEGIN SOLUTION\nimport secret\n### END SOLUTION\n{HEAD}    return x\n")
    assert not errors
    assert stub == f"{HEAD}    return x\n"


def test_lines_outside_the_marks_stay_in_the_stub():
    body = "    y = x\n    ### BEGIN SOLUTION\n    y = 2\n    ### END SOLUTION\n    return y\n"
    assert cut(HEAD + body)[0] == f'{HEAD}    y = x\n    raise NotImplementedError("f")\n    return y\n'


def test_no_line_of_the_solution_is_left_in_the_stub():
    stub, errors = cut(SOLUTION, {"mean_square": 3, "descend": 2})
    assert not errors
    for line in ("no entries", ".mean()", "while steps", "SOLUTION"):
        assert line not in stub
    compile(stub, "stub", "exec")
    assert stub == STUB.read_text("utf-8")


@pytest.mark.parametrize(
    ("body", "place", "fault"),
    [
        ("    ### BEGIN SOLUTION\n    return x\n", "ex.py:7", "BEGIN SOLUTION without END"),
        ("    return x\n    ### END SOLUTION\n", "ex.py:8", "END SOLUTION without BEGIN"),
        (
            "    ### BEGIN SOLUTION\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION\n",
            "ex.py:8",
            "a second BEGIN SOLUTION after line 7",
        ),
    ],
)
def test_marks_without_a_pair_are_reported_with_their_line(body, place, fault):
    assert (place, fault) in found(HEAD + body)


def test_a_function_with_points_needs_a_solution_and_a_docstring_in_the_languages_of_the_course():
    text = 'def f(x):\n    """English only."""\n'
    faults = found(text, {"f": 1, "g": 1})
    assert ("ex.py f", "the docstring has no text in zh") in faults
    assert ("ex.py", "g has points but no solution") in faults
    assert cut(text, languages=("en",))[1] == []
    assert [error.found for error in cut(text, languages=("en", "de"))[1]] == ["the docstring has no text in de"]
    assert [error.found for error in cut("def f(x): ...\n", languages=("en",))[1]] == ["no docstring"]


def test_the_docstring_of_the_module_may_be_left_out_but_not_lack_a_language():
    assert found(f'"""Squares."""\n{HEAD}') == [("ex.py:1", "the docstring has no text in zh")]
    assert found(f'"""Squares.\n\n中文 (zh)\n---\n平方。\n"""\n{HEAD}') == found(HEAD) == []


def test_a_syntax_error_in_a_solution_is_reported_with_its_line():
    assert found("x = 1\ndef f(:\n") == [("ex.py:2", "syntax error: invalid syntax")]
