"""Submissions from plain folders: students, files and problems."""

import os

import pytest

from grader.core.errors import UsageError
from grader.core.outcome_text import reason_text
from grader.core.reasons import Code, UnreadableError
from grader.submissions.download_reader import read_download
from grader.submissions.file_reading import read_limited
from grader.submissions.size_limits import MAX_FILE_BYTES, MAX_FILES
from tests.tools import unavailable, write_files

STUBS = {"ex1_small.py"}


def read_folder(folder, stubs):
    return read_download(folder, stubs, "auto", str).submissions


def students(folder, **files):
    made = write_files(folder, {path.replace("__", "/") + ".py": "x = 1\n" for path in files}) if files else folder
    return {s.student: tuple(path for path, _ in s.read()) for s in read_folder(made, STUBS)}


def read(folder):
    (submission,) = read_folder(folder, STUBS)
    return submission.read(), [*map(reason_text, submission.problems)]


def test_a_folder_per_student_with_files_at_any_depth(tmp_path):
    write_files(
        tmp_path, {"ada/ex1_small.py": "", "ada/lib/more/b.py": "", "bob/ex1_small.py": "", "ada/notes.txt": ""}
    )
    assert students(tmp_path) == {"ada": ("ex1_small.py", "lib/more/b.py"), "bob": ("ex1_small.py",)}


def test_a_file_per_student(tmp_path):
    write_files(tmp_path, {"ada.py": "", "bob.py": "", "readme.txt": ""})
    assert students(tmp_path) == {"ada": ("ada.py",), "bob": ("bob.py",)}


def test_stub_files_at_the_top_level_are_one_submission(tmp_path):
    write_files(tmp_path / "ada", {"ex1_small.py": "", "helpers.py": "", "lib/more.py": ""})
    assert students(tmp_path / "ada") == {"ada": ("ex1_small.py", "helpers.py", "lib/more.py")}


def test_a_single_file_is_one_submission(tmp_path):
    write_files(tmp_path, {"ada.py": "", "bob.py": ""})
    assert students(tmp_path / "ada.py") == {"ada": ("ada.py",)}


def test_an_empty_folder_is_a_student_without_files(tmp_path):
    (tmp_path / "ada").mkdir()
    assert students(tmp_path) == {"ada": ()}


@pytest.mark.parametrize("name", ["nowhere", "empty", "file.txt"])
def test_a_folder_without_students_is_a_usage_error_that_names_it(tmp_path, name):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.txt").write_text("x")
    with pytest.raises(UsageError, match=name):
        read_folder(tmp_path / name, STUBS)


def test_hidden_and_foreign_folders_and_files_are_ignored(tmp_path):
    own = {"ada/ex1_small.py": ""}
    junk = ["__MACOSX/ada/._ex1_small.py", ".git/x.py", "ada/.ipynb_checkpoints/ex1_small.py", "ada/__pycache__/x.py"]
    junk += ["ada/._ex1_small.py", "ada/node_modules/x.py", "ada/venv/site-packages/x.py", ".DS_Store"]
    write_files(tmp_path, own | dict.fromkeys(junk, ""))
    assert students(tmp_path) == {"ada": ("ex1_small.py",)}


@pytest.mark.parametrize(
    "name", ["Ada King", "O'Neill", 'the "best"', "王小明", "José", "a\nb", "=1+1", "-rf", "%s", "[bold]"]
)
def test_a_name_is_not_changed(tmp_path, name):
    write_files(tmp_path / name, {"ex1_small.py": ""})
    assert students(tmp_path) == {name: ("ex1_small.py",)}


def test_a_name_that_is_not_utf8_becomes_valid_unicode(tmp_path):
    try:
        folder = tmp_path / os.fsdecode("王".encode("gbk"))
        write_files(folder, {os.fsdecode(b"\xff.py"): "x = 1\n"})
    except OSError:
        unavailable("this file system takes UTF-8 only")
    (submission,) = read_folder(tmp_path, STUBS)
    ((path, data),) = submission.read()
    assert data == b"x = 1\n"
    assert (submission.student + path).encode()


def test_a_file_and_a_folder_of_the_same_name_are_two_students(tmp_path):
    write_files(tmp_path, {"ada.py": "", "ada/a.py": "", "ada/b.py": ""})
    assert students(tmp_path) == {"ada": ("a.py", "b.py"), "ada.py": ("ada.py",)}


def test_a_folder_with_a_single_file_and_a_file_of_the_same_name_are_two_students(tmp_path):
    write_files(tmp_path, {"ada.py": "", "ada/ex1.py": ""})
    assert students(tmp_path) == {"ada": ("ex1.py",), "ada.py": ("ada.py",)}


def test_a_symbolic_link_is_not_followed_and_needs_review(tmp_path):
    secret = tmp_path / "secret.py"
    secret.write_text("password = 1")
    folder = write_files(tmp_path / "class", {"ada/other.py": "x = 1\n"})
    (folder / "ada/ex1_small.py").symlink_to(secret)
    files, problems = read(folder)
    assert files == (("other.py", b"x = 1\n"),)
    assert len(problems) == 1 and "ex1_small.py" in problems[0] and "link" in problems[0]


def test_a_link_instead_of_a_students_folder_is_not_followed(tmp_path):
    write_files(tmp_path / "elsewhere", {"ex1_small.py": "password = 1"})
    (tmp_path / "class").mkdir()
    (tmp_path / "class/ada").symlink_to(tmp_path / "elsewhere")
    (submission,) = read_folder(tmp_path / "class", STUBS)
    assert (submission.student, submission.read()) == ("ada", ())
    assert submission.problems[0].code == Code.LINK


def test_a_link_to_a_folder_in_a_submission_is_not_followed(tmp_path):
    folder = write_files(tmp_path / "class", {"ada/ex1_small.py": ""})
    (folder / "ada/loop").symlink_to(folder)
    assert students(folder) == {"ada": ("ex1_small.py",)}


def test_a_named_pipe_does_not_block(tmp_path):
    (tmp_path / "ada").mkdir()
    os.mkfifo(tmp_path / "ada/ex1_small.py")
    files, problems = read(tmp_path)
    assert files == ()
    assert "not a regular file" in problems[0]


def test_a_file_of_two_megabytes_is_not_read_and_needs_review(tmp_path):
    write_files(
        tmp_path / "ada", {"ex1_small.py": "x = 1\n", "big.py": b"#" * (2 << 20), "full.py": b"#" * MAX_FILE_BYTES}
    )
    files, problems = read(tmp_path)
    assert [path for path, _ in files] == ["ex1_small.py", "full.py"]
    assert problems == ["big.py: larger than 1 MiB"]


def test_a_file_without_read_permission_needs_review(tmp_path):
    write_files(tmp_path / "ada", {"ex1_small.py": "x = 1\n"})
    (tmp_path / "ada/ex1_small.py").chmod(0)
    if os.access(tmp_path / "ada/ex1_small.py", os.R_OK):
        pytest.skip("this user may read everything")
    assert read(tmp_path)[1]


def test_too_many_files_need_review(tmp_path):
    write_files(tmp_path / "ada", {f"{i:04}.py": "" for i in range(MAX_FILES + 5)})
    files, problems = read(tmp_path)
    assert len(files) == MAX_FILES
    assert "more than" in problems[0]


def test_reading_twice_gives_each_problem_once(tmp_path):
    write_files(tmp_path / "ada", {"big.py": b"#" * (2 << 20)})
    (submission,) = read_folder(tmp_path, STUBS)
    submission.read()
    submission.read()
    assert len(submission.problems) == 1


def test_a_suffix_in_capitals_is_a_source_file(tmp_path):
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada/EX1_SMALL.PY").write_text("x = 1\n")
    assert students(tmp_path) == {"ada": ("EX1_SMALL.PY",)}


def test_many_large_files_are_read_up_to_a_limit_and_need_review(tmp_path):
    write_files(tmp_path / "ada", {f"part{number:02}.py": b"#" * (1 << 20) for number in range(18)})
    (ada,) = read_folder(tmp_path, {"ex1_small.py"})
    assert sum(len(data) for _, data in ada.read()) <= 16 << 20
    assert [*map(reason_text, ada.problems)] == [
        f"part{number}.py: the files before it reach the limit of 16 MiB" for number in (16, 17)
    ]


@pytest.mark.skipif(os.name != "posix", reason="opens a folder")
def test_a_folder_in_place_of_a_file_is_unreadable_and_leaves_no_open_descriptor(tmp_path):
    before = os.dup(0)  # the lowest free descriptor
    os.close(before)
    for _ in range(3):
        with pytest.raises(UnreadableError) as caught:
            read_limited(tmp_path, 10)
        assert caught.value.code == Code.NOT_REGULAR
    after = os.dup(0)
    os.close(after)
    assert after == before
