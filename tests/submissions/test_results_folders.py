"""A results folder among the submissions is ignored and named; anything else is a student."""

import io
import sqlite3
import zipfile

import pytest

from grader.submissions.download_reader import read_download
from tests.tools import write_files

STUBS = {"ex1_small.py"}
RUN = '{\n  "schema": 1,\n  "seed": 5,\n  "versions": {}\n}\n'
ANSWER = {"ada/ex1_small.py": "x = 1\n"}


def journal(folder):
    """Return the bytes of a database."""
    with sqlite3.connect(folder / "made.sqlite") as db:
        db.execute("CREATE TABLE verdicts (student TEXT)")
    db.close()
    data = (folder / "made.sqlite").read_bytes()
    (folder / "made.sqlite").unlink()
    return data


def read(path, out=None):
    found = read_download(path, STUBS, "auto", str, out)
    passed_over = [line for line in found.warnings if line.startswith("ignored ")]
    return [submission.student for submission in found.submissions], passed_over


@pytest.mark.parametrize("zipped", [False, True])
def test_folders_whose_names_begin_with_a_dot_are_left_out_and_reported(tmp_path, zipped):
    files = ANSWER | {".ann/ex1_small.py": "x = 1\n", ".git/config": "", ".hidden.py": "x = 1\n", "ada/.idea/x.py": ""}
    path = tmp_path / "class.zip" if zipped else tmp_path / "class"
    if zipped:
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
    else:
        write_files(path, files)
    said = "ignored folders whose names begin with a dot (1): .ann"
    assert read(path) == (["ada"], [said])


def test_a_folder_with_journal_and_run_file_is_left_out_and_reported(tmp_path):
    results = {"old/run.json": RUN, "old/journal.sqlite": journal(tmp_path), "old/students/ada.html": "<p>"}
    results["old/mistake-outcomes.bin"] = b"autograded mistake outcomes 1\n\x80"
    write_files(tmp_path, ANSWER | results)
    assert read(tmp_path) == (["ada"], ["ignored results folders of the grader: old"])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, content in (ANSWER | results).items():
            archive.writestr(path, content)
    write_files(tmp_path / "zip", {"class.zip": packed.getvalue()})
    assert read(tmp_path / "zip/class.zip") == (["ada"], ["ignored results folders of the grader: old"])


@pytest.mark.parametrize(
    "change",
    [
        {"run.json": None},
        {"journal.sqlite": None},
        {"journal.sqlite": b"not a database"},
        {"run.json": "{}"},
        {"ex1_small.py": "x = 1\n"},
        {"deep/answer.zip": b""},
    ],
    ids=str,
)
def test_any_other_folder_is_a_student(tmp_path, change):
    files = {"run.json": RUN, "journal.sqlite": journal(tmp_path), "students/ex1_small.py": "x = 1\n"} | change
    written = {f"bob/{path}": content for path, content in files.items() if content is not None}
    write_files(tmp_path, ANSWER | written)
    assert read(tmp_path) == (["ada", "bob"], [])


@pytest.mark.parametrize("out", ["results", "ada/results", "work/results"])
def test_the_output_folder_of_the_run_is_never_a_student(tmp_path, out):
    write_files(tmp_path, ANSWER | {f"{out}/ex1_small.py": "x = 2\n"})
    assert read(tmp_path, tmp_path / out) == (["ada"], [f"ignored results folders of the grader: {out}"])
    assert read(tmp_path, tmp_path.parent / "elsewhere")[1] == []
