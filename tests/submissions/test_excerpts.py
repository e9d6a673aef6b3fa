"""Where a function stands in a text is seen without parsing it, whatever the text is like."""

import json
import time

import nbformat
import pytest

from grader.submissions.excerpts import find_function, place_in, readable

TEXT = '''import torch


@torch.no_grad()
def f(
    x,
    y="""
not the end
""",
):
    """Doc

left
    """
    return x

    # inside

# outside
def g(x): return 1
h = lambda x: (
    x
)
if True:
    def f2(x):
        return 2
    z = 3
'''


def lines(text, function):
    found = find_function(text, function)
    return found and (found.first, found.last)


@pytest.mark.parametrize(
    ("function", "expected"),
    [("f", (4, 17)), ("g", (20, 20)), ("h", (21, 23)), ("f2", (25, 26)), ("x", None), ("return", None), ("no", None)],
)
def test_a_function_reaches_from_its_decorators_to_its_last_line(function, expected):
    assert lines(TEXT, function) == expected


def test_of_two_the_last_one_counts_unless_it_is_inside_something():
    assert lines("def f(): return 1\ndef f(): return 2\n", "f") == (2, 2)
    assert lines("def f(): return 1\nclass A:\n    def f(self): return 2\n", "f") == (1, 1)


@pytest.mark.parametrize(
    "text", ["", "\n", "def", "def f(", 'def f(x):\n    """', "\tdef f(x):\n\t\treturn 1", "f: int"]
)
def test_broken_text_gives_something_or_nothing_and_no_error(text):
    found = find_function(text, "f")
    assert found is None or "f" in found.lines[0]


def test_a_monstrous_text_takes_no_time_and_is_cut():
    text = "def f(x):\n" + "    y = '" + "(" * 600_000 + "'\n" + "    z = 1\n" * 50_000
    start = time.process_time()
    found = find_function(text, "f")
    assert time.process_time() - start < 1.0
    assert found.cut and len(found.lines) == 400 and max(map(len, found.lines)) <= 401


def test_a_text_is_decoded_as_it_says_and_never_by_a_codec_that_runs_away():
    assert readable("a.py", "# coding: gbk\nx = '均方'".encode("gbk")) == "# coding: gbk\nx = '均方'"
    assert readable("a.py", b"\xef\xbb\xbfx = 1\r\ny = 2\r") == "x = 1\ny = 2\n"
    assert readable("a.py", b"# coding: unicode_escape\n\\x41") == "# coding: unicode_escape\n\\x41"
    assert readable("a.py", b"# coding: no-such\n\xff") == "# coding: no-such\n\ufffd"
    assert readable("a.py", "x".encode("utf-16")) == "\ufeffx".lstrip("\ufeff")


def test_of_a_notebook_the_python_in_it_is_read():
    cells = [
        {"cell_type": "code", "source": ["def f(x):\n", "    return x"]},
        {"cell_type": "markdown", "source": "hi"},
    ]
    assert lines(readable("a.ipynb", json.dumps({"nbformat": 4, "cells": cells}).encode()), "f") == (2, 3)
    assert readable("a.ipynb", b"{") == ""


def test_a_message_names_the_line_at_its_start_only():
    assert place_in("ValueError: no\nline 25: x = 1", "") == 25
    assert place_in("loss: yours 1, expected line 3", "") is None


def test_a_line_of_a_cell_is_found_in_the_text_of_the_notebook():
    cells = [nbformat.v4.new_code_cell(source) for source in ("import torch", "x = 1\ny = 1 / 0")]
    text = readable("a.ipynb", nbformat.writes(nbformat.v4.new_notebook(cells=cells)).encode())
    line = place_in("ZeroDivisionError: division by zero\ncell 2, line 2: y = 1 / 0", text)
    assert text.split("\n")[line - 1] == "y = 1 / 0"
    assert place_in("cell 7, line 1: x", text) is None
