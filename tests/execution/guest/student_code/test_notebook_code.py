"""Submitted notebooks: their Python code runs, without magics, in the order of the cells."""

import json
import time

import pytest

from grader.core.outcomes import Located, Raised, SourceLine, Unreadable
from grader.execution.guest.student_code.notebook_code import notebook_source
from grader.execution.guest.student_code.source_file import SourceFile
from grader.execution.guest.student_code.submitted_modules import SubmittedModules

ANSWER = "def square(x):\n    return x * x"


def code(source, **more):
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], **more}


def notebook(*cells, **more):
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells), **more}).encode()


def square_of(data, x=3):
    submission = SubmittedModules([SourceFile("hw.ipynb", data)])
    place = submission.locate({"square": "ex1"})["square"]
    assert place == Located("hw.ipynb")
    assert submission.load("hw.ipynb") is None
    return submission.function("square", place)(x)


@pytest.mark.parametrize(
    "cells",
    [
        [code(ANSWER)],
        [code(ANSWER.splitlines(keepends=True))],
        [{"cell_type": "markdown", "source": "def square(x): text"}, code(ANSWER)],
        [code("def square(x):\n    raise NotImplementedError"), code(ANSWER)],
        [code("def square(x): return helper(x)"), code("def helper(x): return x * x")],
        [code(f"%matplotlib inline\n!pip install torch\nfiles = !ls\nimport math\nmath.pi?\n?math\n{ANSWER}")],
        [code(f"%%time\n{ANSWER}")],
        [code("%%bash\nrm -rf nothing"), code(ANSWER), code("%%html\n<b>")],
        [code(f"if True:\n    %timeit 1\n{ANSWER}")],
        [code(ANSWER + "  # really?\nquestion = 'why?'\nodd = 7 % 2")],
        [code("def square(x):\n    return (x * 103\n        % 100 * x\n        %2 * 0 + x * x)")],
        [code(f'{ANSWER}\ntext = """\n!important\n%s\n"""\nassert text == \'\\n!important\\n%s\\n\'')],
        [code("1 / 0"), code(ANSWER), code("def broken(:"), code("raise SystemExit")],
        [code(f"# coding: utf-16\n{ANSWER}")],
        [code("\n".join(["%magic"] * 60 + [ANSWER]))],
    ],
    ids=[
        "plain",
        "list of lines",
        "markdown",
        "twice",
        "split",
        "magics",
        "time",
        "other languages",
        "in a block",
        "?",
        "an expression goes on with %",
        "a text with ! and %",
        "cells that fail",
        "a coding line",
        "many magics",
    ],
)
def test_the_last_definition_in_the_code_cells_counts(cells):
    assert square_of(notebook(*cells)) == 9


def test_a_notebook_of_version_3_is_read():
    cell = {"cell_type": "code", "input": ANSWER, "language": "python"}
    assert square_of(json.dumps({"nbformat": 3, "worksheets": [{"cells": [cell]}]}).encode()) == 9


@pytest.mark.parametrize("data", [b"{", b"[]", b'{"cells": []}', b"[" * 100_000, b"\xff\xfe{}"])
def test_a_file_that_is_no_notebook_needs_review(data):
    place = SubmittedModules([SourceFile("hw.ipynb", data)]).locate({"square": "ex1"})["square"]
    assert isinstance(place.problem, Unreadable)


def test_a_syntax_error_in_a_cell_is_an_error_of_the_student():
    modules = SubmittedModules([SourceFile("hw.ipynb", notebook(code("def square(")))])
    place = modules.locate({"square": "ex1"})["square"]
    assert isinstance(place.problem, Raised)


def test_a_cell_that_raises_before_its_function_is_defined_says_so():
    submission = SubmittedModules([SourceFile("hw.ipynb", notebook(code("import torch"), code(f"1 / 0\n{ANSWER}")))])
    place = submission.locate({"square": "ex1"})["square"]
    assert submission.load("hw.ipynb") is None
    found = submission.function("square", place)
    assert isinstance(found, Raised)
    assert (found.error, found.place) == ("ZeroDivisionError", SourceLine(1, "1 / 0", cell=2))


def test_the_text_for_people_is_made_without_a_parser():
    assert (
        notebook_source(notebook(code("%time\nx = (1\n % 2)"), code("%%bash\nls")).decode())
        == "# cell 1\npass\nx = (1\n pass\n\n# cell 2\n"
    )


DISPLAY_STUB = """
import sys
import matplotlib.pyplot as plt
from mpl_toolkits.mplot3d import Axes3D
from grader import check, draw_graph

figure, axes = plt.subplots()
with plt.style.context("dark"):
    axes.plot([1])[0].set_color("red")
draw_graph(None)


def first():
    check(first)
    return 1.0 if type(plt).__name__ == "_DisplayStubModule" and "grader.grading" not in sys.modules else 0.0
"""


def test_in_a_sandbox_calls_that_only_display_do_nothing_and_import_nothing(outcome):
    assert outcome(DISPLAY_STUB).values["value"] == 1.0


def test_a_line_of_a_hundred_thousand_blanks_takes_no_quadratic_time():
    source = {"cell_type": "code", "source": " " * 100_000 + "x\n    %time"}
    data = json.dumps({"nbformat": 4, "cells": [source]})
    started = time.process_time()
    assert notebook_source(data).endswith("x\n    pass")
    assert time.process_time() - started < 1
