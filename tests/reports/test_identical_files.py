"""Identical files are listed however short they are; what the course hands out is not."""

import pytest

from grader.reports.identical_files import IdenticalFiles
from grader.reports.pages.similar_page import write_similar
from tests.reports.test_similarity import compare, notebook  # noqa: F401  (a fixture)
from tests.tools import COURSE, SOLUTION, STUB

STUB_TEXT = STUB.read_text("utf-8")
SHORT = "def mean_square(x):\n    return (x * x).mean()\n"
CHANGED = '"""My own."""\n\ndef mean_square( x ):\n\n    # square it\n    return (x*x).mean()   # done\n'


@pytest.fixture
def identical(compare):  # noqa: F811
    return lambda files: compare(files).identical


def test_a_short_file_that_two_students_share_is_listed(identical):
    assert identical({"ada": SHORT, "bob": SHORT, "cy": SHORT.replace("mean", "sum")}) == [
        IdenticalFiles(("ada", "bob"), ("ex1_small.py",), True)
    ]


def test_files_that_differ_in_comments_docstrings_and_blanks_are_listed_as_not_exactly_equal(identical):
    files = {"ada": SHORT, "bob": CHANGED, "cy": {"hw.ipynb": notebook(SHORT)}}
    assert identical(files) == [IdenticalFiles(("ada", "bob", "cy"), ("ex1_small.py", "hw.ipynb"), False)]


def test_a_leaked_solution_is_listed(identical):
    assert [group.students for group in identical({"ada": SOLUTION, "bob": SOLUTION})] == [("ada", "bob")]


def test_stubs_checks_and_empty_files_are_not_listed(identical):
    checks = (COURSE / "exercises/test_ex1_small.py").read_text("utf-8")
    given = {"ex1_small.py": STUB_TEXT, "test_ex1_small.py": checks, "empty.py": "", "note.py": "# mine\n"}
    commented = given | {"ex1_small.py": f"# Ada\n\n{STUB_TEXT}"}
    assert identical({"ada": given, "bob": given, "cy": commented}) == []


def test_one_student_alone_with_two_copies_is_not_listed(identical):
    assert identical({"ada": {"a.py": SHORT, "b.py": SHORT}}) == []


def test_the_page_lists_identical_files(compare, tmp_path):  # noqa: F811
    found = compare({"ada": SHORT, "<b>bob": SHORT})
    write_similar(tmp_path / "page.html", found, {}, "en")
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "Identical files" in page and "the same file, byte for byte" in page and "<b>bob" not in page
