"""Files of a folder that are read as sources."""

from grader.submissions.file_reading import find_source_files
from tests.tools import write_files


def test_hidden_files_are_no_sources_such_as_those_of_macos_and_the_locks_of_emacs(tmp_path):
    write_files(tmp_path, dict.fromkeys(["ex1.py", "._ex1.py", "part/ex2.py", ".part/ex3.py"], ""))
    (tmp_path / ".#ex1.py").symlink_to("ada@laptop.1234")
    assert find_source_files(tmp_path) == ("ex1.py", "part/ex2.py")
