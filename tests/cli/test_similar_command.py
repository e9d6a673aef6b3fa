"""`grader similar` reads the same downloads as `grader grade`, and says that its list proves nothing."""

import sys
import zipfile
from contextlib import chdir
from importlib import import_module

import pytest
from typer.testing import CliRunner

from grader.cli.app import app
from grader.cli.command_lookup import command_modules
from grader.core.errors import GraderError, UsageError
from tests.reports.test_similarity import COPY, OTHER, OWN, notebook
from tests.tools import COURSE, SOLUTION, write_files

CLASS = {
    "ada/ex1_small.py": OWN,
    "b\u202eob/ex1_small.py": COPY,
    "cy/hw.ipynb": notebook(OWN),
    "dan/ex1_small.py": OTHER,
    "eve/ex1_small.py": SOLUTION,
}


def similar(folder, *arguments):
    for name in ("grade", "similar"):
        import_module(command_modules()[name])
    with chdir(folder):
        line = ["similar", *map(str, arguments), "--course", str(COURSE), "--lang", "en"]
        done = CliRunner().invoke(app, line, env={"COLUMNS": "160"})
    if isinstance(done.exception, GraderError):
        raise done.exception
    return done


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_a_class_is_compared_from_a_folder_or_a_zip_and_a_page_is_written(tmp_path, packed):
    write_files(tmp_path / "class", CLASS)
    if packed:
        with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
            for name, content in CLASS.items():
                archive.writestr(name, content)
    done = similar(tmp_path, "class.zip" if packed else "class", "--out", "page.html")
    assert done.exit_code == 0, "a list to look at is no failure"
    assert "100 %  ada, b\\u202eob, cy" in done.output and "dan" not in done.output
    assert "Groups: 1, students: 5. This list proves nothing;" in done.output
    page = (tmp_path / "page.html").read_text("utf-8")
    assert page.count('<details class="pair"') == 3 and "\u202e" not in page


def test_without_copydetect_the_command_to_install_it_is_named(tmp_path, monkeypatch):
    write_files(tmp_path / "class", CLASS)
    for name in ("grader.reports.similarity", "grader.reports.pages.similar_page"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "copydetect", None)
    with pytest.raises(
        UsageError, match=r"copydetect is not installed. Install it: pip install 'autograded\[instructor\]'"
    ):
        similar(tmp_path, "class")


def test_a_missing_folder_is_reported(tmp_path):
    with pytest.raises(UsageError, match="nowhere"):
        similar(tmp_path, "nowhere")
