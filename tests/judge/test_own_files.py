"""A learner's files: where a function stands, and what a change can have touched."""

import json
import os

from grader.core.outcomes import Missing, Raised, Refused
from grader.judge.own_files import read_own_files
from grader.judge.signature import other_signature
from tests.tools import SOLUTION, STUB, write_files

HOMES = {"mean_square": "ex1_small", "descend": "ex1_small"}


def places(folder, files=(), named=()):
    write_files(folder, dict(files))
    return read_own_files(folder, named, HOMES).places


def notebook(*cells):
    return json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": cell} for cell in cells]})


def codes(folder, source):
    found = places(folder, {"ex1_small.py": source})
    return {function: place.code for function, place in found.items()}


def test_a_change_touches_the_function_and_what_mentions_it_and_nothing_else(tmp_path):
    source = "import torch\n\ndef helper(x):\n    return x\n\n" + SOLUTION.replace("return y", "return helper(y)")
    before = codes(tmp_path, source)
    assert codes(tmp_path, source.replace(".mean()", ".sum()")).items() ^ before.items() == {
        ("mean_square", before["mean_square"]),
        ("mean_square", codes(tmp_path, source.replace(".mean()", ".sum()"))["mean_square"]),
    }
    helper = codes(tmp_path, source.replace("return x\n", "return x + 0\n"))
    assert (helper["mean_square"], helper["descend"] != before["descend"]) == (before["mean_square"], True)
    assert codes(tmp_path, "# a comment\n\n" + source.replace("    return y", "\n    return y")) == before
    everything = codes(tmp_path, source.replace("import torch\n", "import torch\nRATE = 2\n", 1))
    assert all(everything[function] != before[function] for function in before)


def test_a_helper_file_that_is_imported_counts_and_another_does_not(tmp_path):
    importing = codes(tmp_path, "import mine\n" + SOLUTION)
    write_files(tmp_path, {"mine.py": "x = 1"})
    first = codes(tmp_path, "import mine\n" + SOLUTION)
    write_files(tmp_path, {"mine.py": "x = 2"})
    assert len({importing["descend"], first["descend"], codes(tmp_path, "import mine\n" + SOLUTION)["descend"]}) == 3
    alone = codes(tmp_path, SOLUTION)
    write_files(tmp_path, {"mine.py": "x = 3"})
    assert codes(tmp_path, SOLUTION) == alone


def test_a_stub_is_known_at_sight_and_a_renamed_file_is_found(tmp_path):
    stub = places(tmp_path / "a", {"ex1_small.py": STUB.read_text("utf-8")})["descend"]
    assert stub.stub
    assert stub.signature == "def descend(x: torch.Tensor, rate: float, steps: int) -> torch.Tensor"
    renamed = places(tmp_path / "b", {"homework/final.py": SOLUTION})["descend"]
    assert (renamed.stub, renamed.file.endswith("final.py"), renamed.problem) == (False, True, None)


def test_an_attempt_in_a_notebook_counts_before_a_stub_and_then_what_was_saved_last(tmp_path):
    files = {"ex1_small.py": STUB.read_text("utf-8"), "notebooks/ex1_small.ipynb": notebook(STUB.read_text("utf-8"))}
    assert places(tmp_path, files)["descend"].file.endswith(".py")
    write_files(tmp_path, {"notebooks/ex1_small.ipynb": notebook("%matplotlib inline", SOLUTION)})
    own = read_own_files(tmp_path, (), HOMES)
    assert own.places["descend"].file.endswith(".ipynb")
    [(job, functions)] = own.group(["descend"])
    assert ([path.rpartition("/")[2] for path, _ in job], functions) == (["ex1_small.ipynb"], ["descend"])
    write_files(tmp_path, {"ex1_small.py": SOLUTION})
    os.utime(tmp_path / "ex1_small.py", (2e9, 2e9))
    assert places(tmp_path)["descend"].file.endswith(".py")


def test_a_file_with_the_stubs_name_counts_before_one_that_was_saved_later(tmp_path):
    write_files(tmp_path, {"ex1_small.py": SOLUTION, "scratch.ipynb": notebook(SOLUTION)})
    os.utime(tmp_path / "scratch.ipynb", (2e9, 2e9))
    assert places(tmp_path)["descend"].file.endswith("ex1_small.py")


def test_a_decorated_stub_counts_as_a_stub_yet_must_be_called(tmp_path):
    stub = places(tmp_path, {"ex1_small.py": "@replaced\ndef descend(x): raise NotImplementedError"})["descend"]
    assert (stub.stub, stub.decorated) == (True, True)


def test_what_cannot_be_read_is_a_problem_of_its_functions_only(tmp_path):
    broken = places(tmp_path / "a", {"ex1_small.py": SOLUTION.replace("return y", "return (y")})["descend"].problem
    assert isinstance(broken, Raised)
    assert broken.place.startswith("line ")
    utf16 = places(tmp_path / "b", {"ex1_small.py": SOLUTION.encode("utf-16")})["descend"].problem
    assert isinstance(utf16, Refused)
    assert isinstance(places(tmp_path / "c", {"mine.py": "x = 1"})["descend"].problem, Missing)
    bad = read_own_files(write_files(tmp_path / "d", {"ex1_small.py": SOLUTION, "x.ipynb": "{"}), (), HOMES)
    assert bad.places["descend"].problem is None


def test_another_signature_is_one_that_the_checks_cannot_call():
    expected = "def f(x: Tensor, rate: float = 0.1) -> Tensor"
    for same in (
        "def f(x, rate=1)",
        "def f(x, rate=0.1, extra=None)",
        "def f(x, rate=1, *, more=2)",
        "def f(*a)",
        expected,
    ):
        assert not other_signature(same, expected), same
    for other in ("def f(x)", "def f(rate, x=1)", "def f(y, rate=1)", "def f(x, rate)", "def f(x, rate=1, *, more)"):
        assert other_signature(other, expected), other
