"""Class page of a small class: what needs review comes first, and student text has no effect."""

import re

import pytest

from grader.reports.pages.page_files import write_pages
from grader.submissions.submission import Submission
from tests.tools import SOLUTION, WRONG_SUM, final_result, write_files

HOSTILE = "<script>alert(1)</script>\u202e\"'"
CLASS = {"ada": SOLUTION, HOSTILE: WRONG_SUM, "eve": "raise ValueError('<img src=x onerror=alert(2)>')\n" + SOLUTION}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, library, submission_grader):
    folder = tmp_path_factory.mktemp("pages")
    final_results = []
    for number, (student, answer) in enumerate(CLASS.items()):
        write_files(folder / "class" / str(number), {"ex1_small.py": answer})
        graded = submission_grader.grade(Submission(student, folder / "class" / str(number), ("ex1_small.py",)))
        final_results.append(final_result(student, tuple(graded.records), "look at it" if student == "ada" else ""))
    run = {"seed": 7, "sandbox": "none", "versions": {"torch": "2"}, "functions": ["mean_square", "descend"]}
    write_pages(folder, final_results, library, run, "en")
    return folder


def test_every_student_has_a_page_that_the_class_page_links(folder):
    page = (folder / "index.html").read_text("utf-8")
    pages = {path.name for path in (folder / "students").iterdir()}
    assert len(pages) == len(CLASS)
    assert all(f"students/{name}" in page for name in pages)


def test_what_needs_review_comes_before_the_scores(folder):
    page = (folder / "index.html").read_text("utf-8")
    assert 0 < page.index("look at it") < page.index("<h2>Scores<")


def test_the_page_shows_the_level_of_the_sandbox(folder):
    assert "There was no sandbox" in (folder / "index.html").read_text("utf-8").split("<h2>")[0]
    assert "<dd>none</dd>" in (folder / "index.html").read_text("utf-8")


def test_texts_of_students_are_inert_everywhere(folder):
    for path in [folder / "index.html", *(folder / "students").iterdir()]:
        page = path.read_text("utf-8")
        assert "<script>alert(1)" not in page
        assert "<img src=x" not in page
        assert "\u202e" not in page
    assert "&lt;script&gt;alert(1)" in (folder / "index.html").read_text("utf-8")


def test_nothing_is_fetched_from_anywhere(folder):
    for path in [folder / "index.html", *(folder / "students").iterdir()]:
        assert not re.findall(r"(?:src|href)=[\"']?(?:https?:)?//", path.read_text("utf-8"))
        assert "@import" not in path.read_text("utf-8")
