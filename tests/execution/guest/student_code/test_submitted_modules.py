"""Functions of a submission are found by name in any encoding and layout, or refused with a reason."""

import pytest

from grader.core.outcome_text import outcome_text
from grader.core.outcomes import Located, Missing, Raised, SourceLine, Unreadable
from grader.execution.guest.student_code.source_file import SourceFile, find_bound_names
from grader.execution.guest.student_code.submitted_modules import SubmittedModules

HOMES = {"f": "ex1"}


def submission(**files):
    made = {path.replace("__", "/") + ".py": data for path, data in files.items()}
    return SubmittedModules([SourceFile(p, d.encode() if isinstance(d, str) else d) for p, d in made.items()])


def place(**files):
    return submission(**files).locate(HOMES)["f"]


def value(source):
    """Run source as ex1.py, and return what `f` returns. The source must be harmless: it runs in this process."""
    found = submission(**{"ex1": source})
    located = found.locate(HOMES)["f"]
    assert located == Located("ex1.py")
    assert found.load("ex1.py") is None
    return found.function("f", located)()


@pytest.mark.parametrize(
    "source",
    [
        "\ufeffdef f(): return '损失'\n".encode(),
        "def f():\r\n    return '损失'\r\n".encode(),
        "# -*- coding: gbk -*-\ndef f(): return '损失'\n".encode("gbk"),
        "def f(): return '损失'".encode(),
    ],
    ids=["byte order mark", "CRLF", "GBK with its coding line", "no last line end"],
)
def test_every_encoding_that_python_reads_is_read(source):
    assert value(source) == "损失"


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("def f(): return 1\n".encode("utf-16") + b"\n", "ex1.py, line 2: cannot be decoded"),
        (b"def f(): return 1\n\0", "ex1.py, line 2: a null byte"),
        (b"def f(): return 1\n# \xff\x81\x81\n", "ex1.py, line 2: cannot be decoded"),
    ],
    ids=["UTF-16 of odd length", "null byte", "binary data"],
)
def test_undecodable_files_are_unreadable(source, word):
    problem = place(ex1=source).problem
    assert isinstance(problem, Unreadable)
    said = outcome_text(problem)
    assert word in said and "ex1.py" in said


def test_a_syntax_error_is_raised_with_line_and_column():
    problem = place(ex1="x = 1\ndef f(:\n    pass\n").problem
    assert isinstance(problem, Raised)
    assert problem.error == "SyntaxError"
    assert problem.place == SourceLine(2, "def f(:", 7)


@pytest.mark.parametrize("source", ["def f():\nreturn 1\n", "def f():\n\treturn 1\n        return 2\n"])
def test_wrong_indentation_is_raised_with_its_line(source):
    problem = place(ex1=source).problem
    assert problem.error in ("IndentationError", "TabError")
    assert problem.place.number > 0


def test_a_name_is_compared_as_python_compares_it():
    wide = chr(0xFF46)  # full-width f, which Python reads as f
    assert value(f"def {wide}(): return 1\n") == 1
    assert value(f"{wide} = lambda: 1\n") == 1


@pytest.mark.parametrize(
    "source",
    [
        "f = lambda: 1",
        "f: object = lambda: 1",
        "g, (f, h) = 0, (lambda: 1, 0)",
        "f = g = lambda: 1",
        "if True:\n    def f(): return 1",
        "if False:\n    pass\nelse:\n    f = lambda: 1",
        "try:\n    import nothing_of_that_name\nexcept ImportError:\n    def f(): return 1",
        "try:\n    pass\nfinally:\n    def f(): return 1",
        "import contextlib\nwith contextlib.suppress(Exception):\n    def f(): return 1",
        "for f in [0]:\n    f = lambda: 1",
        "def f(): return 0\ndef f(): return 1",
        "f = lambda: 0\ndef f(): return 1",
        "def f(): return 0\nf = lambda: 1",
    ],
)
def test_a_function_is_found_wherever_it_is_bound_and_the_last_definition_wins(source):
    assert value(source) == 1


@pytest.mark.parametrize(
    "source",
    [
        "class A:\n    def f(self): return 1",
        "def g():\n    def f(): return 1",
        "f: object",
        "# def f(): pass",
        "'def f()'",
    ],
)
def test_a_function_inside_something_else_is_missing(source):
    assert isinstance(place(ex1=source).problem, Missing)


def test_names_that_python_adds_to_a_module_are_ignored():
    """Python 3.14 binds `__annotate__` and more in a module with annotations: the same is written out here."""
    added = "__conditional_annotations__ = set()\ndef __annotate__(format): return {}\n"
    assert find_bound_names(compile(f"'doc'\n{added}import g\nf: object = 1\n", "ex1.py", "exec")) == {"f"}


def test_a_name_that_holds_no_function_is_missing():
    found = submission(ex1="def f(): return 1\nf = 3\n")
    located = found.locate(HOMES)["f"]
    found.load("ex1.py")
    assert isinstance(found.function("f", located), Missing)


def test_the_file_may_have_any_name_when_only_one_defines_the_function():
    assert place(final_version="def f(): return 1", helpers="def g(): return 1") == Located("final_version.py")


def test_in_two_files_the_stubs_file_name_wins():
    assert place(ex1="def f(): return 1", copy="def f(): return 2") == Located("ex1.py", other_files=("copy.py",))
    found = place(week__ex1="def f(): return 1", ex2="def f(): return 2")
    assert found == Located("week/ex1.py", other_files=("ex2.py",))


def test_an_attempt_in_any_file_is_preferred_to_the_untouched_stub():
    stub = "def f():\n    'doc'\n    'more'\n    raise NotImplementedError('f')"
    for untouched in (stub, f"@decorated\n{stub}", f"async {stub}"):
        assert place(ex1=untouched, mine="def f(): return 1") == Located("mine.py")
        assert place(ex1=untouched, copy=untouched) == Located("ex1.py")


@pytest.mark.parametrize("names", [("a", "b"), ("old__ex1", "new__ex1"), ("ex1_copy", "ex1 (1)")])
def test_two_files_without_a_preferred_one_need_review(names):
    problem = place(**dict.fromkeys(names, "def f(): return 1")).problem
    assert isinstance(problem, Unreadable)
    for name in names:
        assert f"{name.replace('__', '/')}.py" in outcome_text(problem)


def test_a_broken_stub_file_is_the_error_of_its_functions_unless_another_file_defines_them():
    assert isinstance(place(ex1="def f(:").problem, Raised)
    assert place(ex1="def f(:", other="def f(): return 1") == Located("other.py")


def test_a_broken_file_counts_only_if_no_file_is_named_like_the_stub():
    assert isinstance(place(mine="def f(:").problem, Raised)
    assert isinstance(place(ex1="x = 1", mine="def f(:").problem, Missing)


def test_a_function_of_an_empty_submission_is_missing():
    assert isinstance(place().problem, Missing)


def test_a_sibling_can_be_imported_from_any_folder(outcome):
    files = {
        "answer.py": "from pieces import one\ndef first(): return one()\n",
        "lib/pieces.py": "def one(): return 1.0\n",
    }
    assert outcome(files).values == {"value": 1.0}


def test_a_sibling_hides_no_installed_package(outcome):
    files = {"answer.py": "import torch\ndef first(): return torch.ones(()).item()\n", "torch.py": "ones = None\n"}
    assert outcome(files).values == {"value": 1.0}


def test_siblings_may_import_each_other_in_a_circle(outcome):
    files = {"answer.py": "import pieces\ndef first(): return pieces.two()\n"}
    files["pieces.py"] = "import answer\ndef two(): return 2.0 if answer else 0.0\n"
    assert outcome(files).values == {"value": 2.0}


def test_the_main_guard_is_not_run(outcome):
    source = "n = 1.0\ndef first(): return n\nif __name__ == '__main__':\n    n = 2.0\n"
    assert outcome(source).values == {"value": 1.0}


def test_a_future_import_and_dataclasses_work_as_in_any_module(outcome):
    source = "from __future__ import annotations\nfrom dataclasses import dataclass\n"
    source += "@dataclass\nclass A:\n    x: float = 1.5\ndef first(): return A().x\n"
    assert outcome(source).values == {"value": 1.5}


def test_a_file_nested_too_deeply_for_the_parser_costs_only_its_own_functions(run):
    deep = "first = " + "(" * 50_000 + "1" + ")" * 50_000 + "\n"
    result = run({"answer.py": deep, "other.py": "def second(): return 2.0\n"})
    assert not hasattr(result.outcomes["first::value_of_first", 0], "values")
    assert result.outcomes["second::value_of_second", 0].values == {"value": 2.0}
