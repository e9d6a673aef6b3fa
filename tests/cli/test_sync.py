"""`grader sync` writes nothing if anything is wrong, and with --only it generates only what is named."""

import sys

import pytest

from grader.authoring.sync_preconditions import require_all
from grader.core.errors import GraderErrors
from tests.tools import COURSE, edit, grader_in_process

HIDDEN = "tests/hidden/test_ex1_small.py"


def generated(course):
    """Return the content of all files of a course that `grader sync` generates."""
    files = [*(course / "exercises").rglob("*"), *(course / "solutions").rglob("*.json")]
    return {path: path.read_bytes() for path in files if path.is_file() and "__pycache__" not in path.parts}


@pytest.fixture
def stale(course):
    """A course whose stub is out of date, so that `grader sync` has something to write."""
    edit(course / "exercises/ex1_small.py", "import torch", "import torch  # stale")
    return course


def refused(course, *arguments):
    """Run `grader sync`, which must end with an error and leave all files as they are; return what it said."""
    before = generated(course)
    done = grader_in_process("sync", "--jobs", "1", *arguments, cwd=course)
    assert done.returncode == 2, done.stdout
    assert generated(course) == before
    assert "The grader failed" not in done.stdout
    return done.stdout


def test_a_missing_package_is_named_before_anything_is_written(stale, monkeypatch):
    monkeypatch.setitem(sys.modules, "nbformat", None)  # Python then refuses to import it
    said = refused(stale)
    assert "Not installed: nbformat" in said and "pip install 'autograded[author]'" in said


def test_all_obstacles_are_reported_together(stale):
    (stale / "exercises/notebooks/ex1_small.ipynb").unlink()
    (stale / "exercises/notebooks/ex1_small.ipynb").mkdir()
    golden = stale / "exercises/golden"
    (golden / "ex1_small.json").unlink()
    golden.rmdir()
    golden.touch()
    said = refused(stale)
    assert "ex1_small.ipynb is a folder, but a file is generated there" in said
    assert "golden is a file, but generated files need a folder there" in said


def test_a_folder_that_cannot_be_written_is_refused(library, tmp_path):
    """/proc takes no file, not even from the administrator who may run this test."""
    root = tmp_path / "course"
    root.mkdir()
    (root / "exercises").symlink_to("/proc/self")
    with pytest.raises(GraderErrors, match=r"Cannot write into .*exercises"):
        require_all(root, library.exercise_files.values(), write=True)


@pytest.mark.parametrize("file", ["solutions/ex1_small.py", "solutions/mistakes/ex1_small.toml"])
def test_a_file_that_is_no_utf_8_is_named(stale, file):
    (stale / file).write_bytes('名 = "平方"'.encode("gb18030"))
    assert f"{file}: cannot be read: no UTF-8 at byte 0" in refused(stale)


def test_a_folder_in_place_of_experiments_is_named(stale):
    (stale / "exercises/test_ex2_more.py").mkdir()
    assert "test_ex2_more.py: cannot be read: Is a directory" in refused(stale)


def test_an_experiment_that_raises_is_named_with_its_line(stale):
    edit(stale / HIDDEN, "far = descend(x, 0.25, 30)", "far = descend(x, 0.25, 30).far()")
    said = refused(stale)
    assert "descend::comes_close: the solution gives no observation with seed 0: AttributeError: 'Tensor'" in said
    assert f"in {HIDDEN}:17: far = descend(x, 0.25, 30).far()" in said
    assert "descend(x, 0.25, 30)\n    What to do: correct tests/hidden/test_ex1_small.py:17" in said


def test_experiments_that_cannot_be_loaded_are_named_with_their_line(stale):
    edit(stale / HIDDEN, "from grader import Given, experiment", "from grader import Given, experiment, Givn")
    said = refused(stale)
    assert f"{HIDDEN}:3: the file cannot be loaded: ImportError: cannot import name 'Givn'" in said


def test_only_generates_the_files_of_what_is_named(stale):
    assert grader_in_process("new", "ex2_squares", "square", "cube", cwd=stale).returncode == 0
    done = grader_in_process("sync", "--only", "cube", "--jobs", "1", cwd=stale)
    assert done.returncode == 0 and "4 generated files, 0 fresh" in done.stdout
    assert "ex1_small" not in done.stdout and "written: exercises/ex2_squares.py" in done.stdout
    assert "import torch  # stale" in (stale / "exercises/ex1_small.py").read_text("utf-8")
    check = grader_in_process("sync", "--check", "--only", "square,ex1_small", "--jobs", "1", cwd=stale)
    assert check.returncode == 1 and "8 generated files, 7 fresh" in check.stdout


def test_an_unknown_name_is_refused_with_the_names_that_are_near(tmp_path):
    done = grader_in_process("sync", "--course", COURSE, "--only", "mean_sqare", cwd=tmp_path)
    assert done.returncode == 2 and "--only mean_sqare. Did you mean mean_square?" in done.stdout
