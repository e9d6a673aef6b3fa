"""Functions and error lines are found in any text, without parsing it."""

import json
import time

import nbformat
import pytest

from grader.core.source_encoding import ENCODINGS
from grader.submissions.excerpts import find_error_line, find_function, source_text

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
def test_a_function_is_found_from_its_decorators_to_its_last_line(function, expected):
    assert lines(TEXT, function) == expected


def test_of_two_definitions_the_last_of_the_least_indented_is_found():
    assert lines("def f(): return 1\ndef f(): return 2\n", "f") == (2, 2)
    assert lines("def f(): return 1\nclass A:\n    def f(self): return 2\n", "f") == (1, 1)


@pytest.mark.parametrize(
    "text", ["", "\n", "def", "def f(", 'def f(x):\n    """', "\tdef f(x):\n\t\treturn 1", "f: int"]
)
def test_invalid_python_raises_no_error(text):
    found = find_function(text, "f")
    assert found is None or "f" in found.lines[0]


def test_a_huge_text_takes_little_time_and_is_cut():
    text = "def f(x):\n" + "    y = '" + "(" * 600_000 + "'\n" + "    z = 1\n" * 50_000
    start = time.process_time()
    found = find_function(text, "f")
    assert time.process_time() - start < 1.0
    assert found.cut and len(found.lines) == 400 and max(map(len, found.lines)) <= 401


def test_a_text_is_decoded_as_it_declares_but_only_by_safe_codecs():
    assert source_text("a.py", "# coding: gbk\nx = '均方'".encode("gbk")) == "# coding: gbk\nx = '均方'"
    assert source_text("a.py", b"\xef\xbb\xbfx = 1\r\ny = 2\r") == "x = 1\ny = 2\n"
    assert source_text("a.py", b"# coding: unicode_escape\n\\x41") == "# coding: unicode_escape\n\\x41"
    assert source_text("a.py", b"# coding: no-such\n\xff\x81") == "# coding: no-such\n\ufffd\ufffd"
    assert source_text("a.py", "x".encode("utf-16")) == "x"
    assert source_text("a.py", "x".encode("utf-16") + b"\0") == "x\ufffd"


def test_a_text_is_decoded_as_the_child_says_and_a_wrong_name_only_changes_its_characters():
    data = "# ées".encode("cp1252")
    assert source_text("a.py", data, "cp1252") == "# ées"
    assert source_text("a.py", data, "gb18030") == "# 閑s"
    assert [source_text("a.py", data, encoding) for encoding in ENCODINGS]
    with pytest.raises(KeyError):
        source_text("a.py", data, "unicode_escape")


def test_the_python_code_of_a_notebook_is_read():
    cells = [
        {"cell_type": "code", "source": ["def f(x):\n", "    return x"]},
        {"cell_type": "markdown", "source": "hi"},
    ]
    assert lines(source_text("a.ipynb", json.dumps({"nbformat": 4, "cells": cells}).encode()), "f") == (2, 3)
    assert source_text("a.ipynb", b"{") == ""


def test_a_line_number_is_found_only_at_the_start_of_a_line():
    assert find_error_line("ValueError: no\nline 25: x = 1", "") == 25
    assert find_error_line("loss: yours 1, expected line 3", "") is None


def test_a_line_of_a_cell_is_found_in_the_text_of_the_notebook():
    cells = [nbformat.v4.new_code_cell(source) for source in ("import torch", "x = 1\ny = 1 / 0")]
    text = source_text("a.ipynb", nbformat.writes(nbformat.v4.new_notebook(cells=cells)).encode())
    line = find_error_line("ZeroDivisionError: division by zero\ncell 2, line 2: y = 1 / 0", text)
    assert text.split("\n")[line - 1] == "y = 1 / 0"
    assert find_error_line("cell 7, line 1: x", text) is None
