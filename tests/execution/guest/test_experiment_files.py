"""The experiments of a file are its own functions of a student's function and `given`."""

from grader.execution.guest.experiment_files import load_file

SOURCE = b"""
def helper(given): ...
def __annotate__(f, given): ...
def drawn(f, given): ...
number: int = 1
"""


def test_helpers_and_names_that_python_adds_to_a_module_are_no_experiments(tmp_path):
    """Python 3.14 adds a function `__annotate__` to a module with annotations: a similar one is written out here."""
    assert load_file(str(tmp_path / "test_ex1.py"), SOURCE).keys() == {"f::drawn"}


def test_an_empty_file_has_no_experiments_and_is_not_read_from_the_disk(tmp_path):
    """In the sandbox there is no file to read: the zygote gets the content of each file."""
    assert load_file(str(tmp_path / "test_empty.py"), b"") == {}
