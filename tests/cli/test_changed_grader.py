"""After an update of the grader: changed code that decides grades the class again; other code only rewrites pages."""

import shutil
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from grader.core.package_paths import PACKAGE
from tests.tools import GENERATED, SOLUTION, WRONG_SUM, command, copy_course, write_files

SHOWN = (
    "grading/runs/final_results.py",
    "reports/writing.py",
    "cli/commands/instructors/grade.py",
    "grading/results/result_files.py",
    "reports/pages/templates/student.css",
    "exports/targets/csv.py",
    "authoring/doctor.py",
    "learner/progress.py",
)
"""Files that decide no verdict: policy, command line, reports, pages, exports, tools of authors and learners."""

CATALOG = "locale/zh_CN/LC_MESSAGES/grader.po"
SANDBOX = "沙箱：none"
"""Text that a run prints only if it starts workers. It is Chinese, because the tests also change translations."""


class Grader:
    """A copy of the package that grades one small class, in Chinese."""

    def __init__(self, folder):
        self.folder = folder
        self.package = Path(shutil.copytree(PACKAGE, folder / "source" / "grader", ignore=GENERATED))
        copy_course(folder / "course")
        write_files(folder / "class", {"ada/ex1_small.py": SOLUTION, "bob/ex1_small.py": WRONG_SUM})

    def grade(self):
        """Grade the class, and return the output."""
        options = ["--course", "course", "--sandbox", "none", "--jobs", "1", "--seed", "5", "--lang", "zh"]
        words = [str(option) for option in ["-m", "grader.cli", "grade", "class", "--out", "out", *options]]
        done = command(*words, cwd=self.folder, PYTHONPATH=str(self.package.parent))
        assert done.returncode == 0, done.stdout
        return done.stdout

    def pages(self):
        """Return the students' pages as one text."""
        return "".join(page.read_text("utf-8") for page in sorted((self.folder / "out/students").glob("*.html")))


@pytest.fixture(scope="module")
def grader(tmp_path_factory):
    """A class that was graded once, and the output of a second run that found nothing to grade."""
    grader = Grader(tmp_path_factory.mktemp("updated"))
    assert SANDBOX in grader.grade()
    assert SANDBOX not in grader.grade()
    return grader


def touch(grader, path):
    """Append an empty line to a file of the package."""
    with (grader.package / path).open("ab") as file:
        file.write(b"\n")


def retranslate(grader, english, chinese):
    """Change a translation, as a new version of the grader may do."""
    source = grader.package / CATALOG
    with source.open("rb") as file:
        catalog = read_po(file, locale="zh_CN")
    catalog[english].string = chinese
    with source.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalog)


def test_after_a_change_of_code_that_only_shows_verdicts_nothing_is_graded_again_but_pages_are_written(grader):
    before = grader.pages()
    for path in SHOWN:
        touch(grader, path)
    retranslate(grader, "Points", "另一种说法")
    template = grader.package / "reports/pages/templates/student.html"
    template.write_text(template.read_text("utf-8").replace("<footer>", "<footer>newly made "), "utf-8")
    said = grader.grade()
    assert SANDBOX not in said
    assert "没有变化、沿用日志中结果的作业：2" in said
    assert grader.pages().count("newly made") == 2
    assert grader.pages().count("另一种说法") == 2
    assert before.count("newly made") == before.count("另一种说法") == 0


def test_after_a_change_of_code_that_decides_verdicts_the_class_is_graded_again(grader):
    touch(grader, "grading/verdicts/verdict.py")
    assert SANDBOX in grader.grade()
