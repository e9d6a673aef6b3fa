"""A learner's files: where functions are defined, and which functions an edit may affect."""

import json
import os

from grader.core.outcomes import Missing, Raised, Unreadable
from grader.learner.files.learner_files import read_learner_files
from grader.learner.signatures import signatures_differ
from tests.tools import SOLUTION, STUB, write_files

MODULE_OF = {"mean_square": "ex1_small", "descend": "ex1_small"}


def locations(folder, files=(), named=()):
    write_files(folder, dict(files))
    return read_learner_files(folder, named, MODULE_OF).locations


def notebook(*cells):
    return json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": cell} for cell in cells]})


def fingerprints(folder, source):
    found = locations(folder, {"ex1_small.py": source})
    return {function: location.fingerprint for function, location in found.items()}


def test_an_edit_affects_only_the_function_and_functions_that_name_it(tmp_path):
    source = "import torch\n\ndef helper(x):\n    return x\n\n" + SOLUTION.replace("return y", "return helper(y)")
    before = fingerprints(tmp_path, source)
    assert fingerprints(tmp_path, source.replace(".mean()", ".sum()")).items() ^ before.items() == {
        ("mean_square", before["mean_square"]),
        ("mean_square", fingerprints(tmp_path, source.replace(".mean()", ".sum()"))["mean_square"]),
    }
    helper = fingerprints(tmp_path, source.replace("return x\n", "return x + 0\n"))
    assert (helper["mean_square"], helper["descend"] != before["descend"]) == (before["mean_square"], True)
    assert fingerprints(tmp_path, "# a comment\n\n" + source.replace("    return y", "\n    return y")) == before
    everything = fingerprints(tmp_path, source.replace("import torch\n", "import torch\nRATE = 2\n", 1))
    assert all(everything[function] != before[function] for function in before)


def test_an_edit_of_another_file_affects_a_function_only_if_it_is_imported(tmp_path):
    importing = fingerprints(tmp_path, "import mine\n" + SOLUTION)
    write_files(tmp_path, {"mine.py": "x = 1"})
    first = fingerprints(tmp_path, "import mine\n" + SOLUTION)
    write_files(tmp_path, {"mine.py": "x = 2"})
    assert (
        len({importing["descend"], first["descend"], fingerprints(tmp_path, "import mine\n" + SOLUTION)["descend"]})
        == 3
    )
    alone = fingerprints(tmp_path, SOLUTION)
    write_files(tmp_path, {"mine.py": "x = 3"})
    assert fingerprints(tmp_path, SOLUTION) == alone


def test_a_stub_is_recognized_and_a_renamed_file_is_found(tmp_path):
    stub = locations(tmp_path / "a", {"ex1_small.py": STUB.read_text("utf-8")})["descend"]
    assert stub.stub
    assert stub.signature == "def descend(x: torch.Tensor, rate: float, steps: int) -> torch.Tensor"
    renamed = locations(tmp_path / "b", {"homework/final.py": SOLUTION})["descend"]
    assert (renamed.stub, renamed.file.endswith("final.py"), renamed.problem) == (False, True, None)


def test_an_answer_in_a_notebook_is_preferred_to_a_stub_else_the_file_saved_last(tmp_path):
    files = {"ex1_small.py": STUB.read_text("utf-8"), "notebooks/ex1_small.ipynb": notebook(STUB.read_text("utf-8"))}
    assert locations(tmp_path, files)["descend"].file.endswith(".py")
    write_files(tmp_path, {"notebooks/ex1_small.ipynb": notebook("%matplotlib inline", SOLUTION)})
    files_now = read_learner_files(tmp_path, (), MODULE_OF)
    assert files_now.locations["descend"].file.endswith(".ipynb")
    [(job, functions)] = files_now.group(["descend"])
    assert ([path.rpartition("/")[2] for path, _ in job], functions) == (["ex1_small.ipynb"], ["descend"])
    write_files(tmp_path, {"ex1_small.py": SOLUTION})
    os.utime(tmp_path / "ex1_small.py", (2e9, 2e9))
    assert locations(tmp_path)["descend"].file.endswith(".py")


def test_the_file_with_the_stubs_name_is_preferred_to_one_that_was_saved_later(tmp_path):
    write_files(tmp_path, {"ex1_small.py": SOLUTION, "scratch.ipynb": notebook(SOLUTION)})
    os.utime(tmp_path / "scratch.ipynb", (2e9, 2e9))
    assert locations(tmp_path)["descend"].file.endswith("ex1_small.py")


def test_a_decorated_stub_is_a_stub_but_must_be_called_to_know_it(tmp_path):
    stub = locations(tmp_path, {"ex1_small.py": "@replaced\ndef descend(x): raise NotImplementedError"})["descend"]
    assert (stub.stub, stub.decorated) == (True, True)


def test_an_unreadable_file_is_a_problem_of_its_functions_only(tmp_path):
    broken = locations(tmp_path / "a", {"ex1_small.py": SOLUTION.replace("return y", "return (y")})["descend"].problem
    assert isinstance(broken, Raised)
    assert broken.place.number > 0
    utf16 = locations(tmp_path / "b", {"ex1_small.py": SOLUTION.encode("utf-16") + b"\n"})["descend"].problem
    assert isinstance(utf16, Unreadable)
    assert isinstance(locations(tmp_path / "c", {"mine.py": "x = 1"})["descend"].problem, Missing)
    bad = read_learner_files(write_files(tmp_path / "d", {"ex1_small.py": SOLUTION, "x.ipynb": "{"}), (), MODULE_OF)
    assert bad.locations["descend"].problem is None


def test_signatures_differ_if_the_checks_cannot_call_the_function():
    expected = "def f(x: Tensor, rate: float = 0.1) -> Tensor"
    for same in (
        "def f(x, rate=1)",
        "def f(x, rate=0.1, extra=None)",
        "def f(x, rate=1, *, more=2)",
        "def f(*a)",
        expected,
    ):
        assert not signatures_differ(same, expected), same
    for other in ("def f(x)", "def f(rate, x=1)", "def f(y, rate=1)", "def f(x, rate)", "def f(x, rate=1, *, more)"):
        assert signatures_differ(other, expected), other
