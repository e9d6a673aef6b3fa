"""Rules of all layouts: an unreadable file needs review, no student is lost, and odd names give a warning."""

import unicodedata
from dataclasses import replace

import pytest

from grader.core.errors import UsageError
from grader.core.outcome_text import reason_text
from grader.submissions.download_reader import read_download
from tests.downloads import as_folder, as_zip, canvas, moodle, zipped
from tests.submissions.layout_reading import ADA, CODE, STUBS, WANG, metadata, paths, problems, read


def test_every_possible_submission_is_a_student_and_other_names_give_a_warning(tmp_path):
    files = {"ada/ex1_small.py": CODE, "bob.zip": zipped({"b.py": CODE}), "cy.rar": b"Rar!", "dan.ipynb": CODE}
    download = read(as_folder(files | {"readme.txt": "x"}, tmp_path / "x"))
    assert set(problems(download)) == {"ada", "bob", "cy", "dan"}
    assert problems(download)["cy"] == ["cy.rar: not a readable archive"]
    assert download.warnings == ["ignored, not a submission: readme.txt"]


def test_a_folder_that_wraps_a_class_is_one_student_and_the_reason_says_what_to_do(tmp_path):
    path = as_folder({"class/ada/ex1_small.py": CODE, "class/bob/ex1_small.py": CODE}, tmp_path / "x")
    assert read(path).layout_reason == "one student, class; if this folder contains the class, pass the folder itself"
    assert set(paths(read(path / "class"))) == {"ada", "bob"}


@pytest.mark.parametrize("name", ["class.rar", "class.tar.gz", "class.7z"])
def test_an_archive_of_the_class_that_is_no_zip_is_a_usage_error(tmp_path, name):
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(UsageError, match="Unpack the archive"):
        read(tmp_path / name)


UNREADABLE = {
    "a rar": (
        {"hw.rar": b"Rar!\x1a\x07\x01\x00"},
        "hw.rar: an archive of a kind that is not supported: hand in a .zip file",
    ),
    "a 7z": ({"hw.7z": b"7z"}, "hw.7z: not a readable archive"),
    "a word document": ({"hw.docx": b"PK"}, "hw.docx: a document (2 B), not a .py or .ipynb file"),
    "a renamed file": (
        {"ex1_small.py.txt": CODE},
        "ex1_small.py.txt: source code with an added file extension: remove the last",
    ),
    "a zip of pictures": ({"hw.zip": zipped({"a.png": "x"})}, "hw.zip/a.png: not a .py or .ipynb file (1 B)"),
    "an empty zip": ({"hw.zip": zipped({})}, "hw.zip: an empty archive"),
    "a broken tar": ({"hw.tar.gz": b"\x1f\x8b broken"}, "hw.tar.gz: cannot be unpacked"),
    "a large file": ({"data.npz": bytes(6_000_000)}, "data.npz: not a .py or .ipynb file (6 MB)"),
    "a large script": ({"ex1_small.py": bytes(6_000_000)}, "ex1_small.py: larger than 1 MiB"),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_an_unreadable_file_needs_review_with_the_reason(tmp_path, kind):
    files, reason = UNREADABLE[kind]
    download = read(as_folder(moodle([replace(ADA, files=files), WANG]), tmp_path / "x"))
    (problem,) = problems(download)["4021"]
    assert problem.startswith(reason)
    assert problems(download)["4022"] == []
    assert metadata(download)["4021"].attempt == 1


def test_an_unmatched_name_equal_to_a_student_gets_a_separate_row(tmp_path):
    files = canvas([ADA]) | {"4021/a.py": CODE, "4021.py": CODE}
    download = read(as_folder(files, tmp_path / "x"), "canvas")
    assert paths(download) == {"4021": ["ex1_small.py"], "4021 (2)": ["a.py"], "4021.py": ["4021.py"]}


def test_a_notebook_with_pictures_may_be_larger_than_a_script(tmp_path):
    notebooks = {"small.ipynb": bytes(8 << 20), "large.ipynb": bytes((8 << 20) + 1)}
    download = read(as_folder(moodle([replace(ADA, files=notebooks)]), tmp_path / "x"))
    assert problems(download) == {"4021": ["large.ipynb: larger than 8 MiB"]}


def test_reasons_are_translated_and_the_message_of_a_library_is_not(tmp_path):
    files = {"a.zip": "PK", "l.py": CODE}
    path = as_folder(moodle([replace(ADA, files=files)]), tmp_path / "x")
    (submission,) = read_download(path, STUBS, "auto", str).submissions
    submission.read()
    (problem,) = submission.problems
    assert reason_text(problem) == "a.zip: not a readable zip file (File is not a zip file)"
    assert reason_text(problem, "zh") == "a.zip: 不是可以读取的 zip 文件 (File is not a zip file)"


def test_a_document_next_to_code_is_no_problem_and_an_unsupported_archive_is_one(tmp_path):
    files = {"ex1_small.py": CODE, "report.pdf": "%PDF", "readme.md": "x", "onlinetext.html": "x", "mnist.gz": "x"}
    download = read(as_folder(moodle([replace(ADA, files=files)]), tmp_path / "x"))
    assert problems(download) == {"4021": []}
    download = read(as_folder(moodle([replace(ADA, files=files | {"rest.rar": "x"})]), tmp_path / "y"))
    assert problems(download) == {"4021": ["rest.rar: not a readable archive"]}


def test_similar_names_are_separate_students_and_give_a_warning(tmp_path):
    nfc, nfd = (unicodedata.normalize(form, "José") for form in ("NFC", "NFD"))
    files = {f"{nfc}/a.py": CODE, f"{nfd}/a.py": CODE, "Ada/a.py": CODE, "ada/a.py": CODE}
    files |= {"bob/b.py": CODE, "bob.zip": zipped({"b.py": CODE})}
    download = read(as_zip(files, tmp_path / "class.zip"))
    assert set(paths(download)) == {nfc, nfd, "Ada", "ada", "bob", "bob.zip"}
    assert sorted(note.rpartition(": ")[2] for note in download.warnings) == [
        "Ada, ada",
        "Jose\\u0301, Jos\\xe9",
        "bob, bob.zip",
    ]
