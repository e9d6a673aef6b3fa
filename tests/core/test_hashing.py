"""The hash of a package depends on the path and the content of each file."""

import pytest

from grader.core.hashing import code_hash
from tests.tools import write_files

PACKAGE = {"a.py": "1", "sub/b.py": "2", "sub/deep/c.py": "3", "sub/page.html": "4", "other/d.py": "5"}
EXCLUDED = ("other", "sub/deep/c.py")


@pytest.fixture
def package(tmp_path):
    return write_files(tmp_path / "package", PACKAGE)


@pytest.mark.parametrize("path", PACKAGE)
def test_a_changed_file_changes_the_hash_at_any_depth(package, path):
    before = code_hash(package)
    (package / path).write_text("changed")
    assert code_hash(package) != before


@pytest.mark.parametrize("path", ["new.py", "sub/new.py", "sub/deep/new.py", "room/new.py"])
def test_a_new_file_changes_the_hash_in_an_old_folder_and_in_a_new_one(package, path):
    before = code_hash(package, EXCLUDED)
    write_files(package, {path: ""})
    assert code_hash(package, EXCLUDED) != before


def test_a_file_that_moves_changes_the_hash(package):
    before = code_hash(package)
    (package / "a.py").rename(package / "sub" / "a.py")
    assert code_hash(package) != before


def test_moving_bytes_between_path_and_content_or_between_files_changes_the_hash(tmp_path):
    trees = ({"a": "bc"}, {"ab": "c"}, {"a": "b", "c": ""}, {"a": "", "b": "c"})
    assert len({code_hash(write_files(tmp_path / str(n), files)) for n, files in enumerate(trees)}) == len(trees)


@pytest.mark.parametrize("path", ["other/d.py", "other/new.py", "other/deep/new.py", "sub/deep/c.py"])
def test_an_excluded_file_or_folder_does_not_change_the_hash(package, path):
    before = code_hash(package, EXCLUDED)
    write_files(package, {path: "changed"})
    assert code_hash(package, EXCLUDED) == before


def test_an_exclusion_is_a_whole_path_and_no_prefix(package):
    before = code_hash(package, ["sub/b", "oth", "c.py"])
    for path in ("sub/b.py", "other/d.py", "sub/deep/c.py"):
        (package / path).write_text("changed")
        after = code_hash(package, ["sub/b", "oth", "c.py"])
        assert after != before
        before = after


@pytest.mark.parametrize("path", ["__pycache__/a.pyc", "sub/__pycache__/b.pyc", ".a.py.swp", "sub/.DS_Store"])
def test_byte_code_and_hidden_files_do_not_change_the_hash(package, path):
    before = code_hash(package)
    write_files(package, {path: "junk"})
    assert code_hash(package) == before


def test_the_folder_of_the_package_does_not_change_the_hash(package, tmp_path):
    assert code_hash(package) == code_hash(write_files(tmp_path / "elsewhere", PACKAGE))
