"""The name of a file tells which student it belongs to; `mentions_name` finds a name in a text."""

from pathlib import Path

import pytest

from grader.core.errors import UsageError
from grader.reports.forgetting.class_folders import forget_fixes, is_filed
from grader.reports.forgetting.name_removal import mentions_name

CANVAS = ("4021", "doejane_LATE_4021_987654_")
MOODLE = ("123", "Jane Doe_123_assignsubmission_file")


@pytest.mark.parametrize(
    ("entry", "who", "is_theirs"),
    [
        ("ada", ("ada", ""), True),
        ("ada.py", ("ada", ""), True),
        ("adam", ("ada", ""), False),
        ("ada-2", ("ada", ""), False),
        ("doejane_LATE_4021_987654_ex1.py", CANVAS, True),
        ("doejane_LATE_4021_987655_ex2-1.py", CANVAS, True),
        ("doejane_LATE_40219_987654_ex1.py", CANVAS, False),
        ("Jane Doe_123_assignsubmission_file", MOODLE, True),
        ("Jane Doe_123_assignsubmission_onlinetext", MOODLE, True),
        ("Jane Doe_1234_assignsubmission_file", MOODLE, False),
        ("submission_3", ("s1002", "submission_3"), True),
        ("submission_31", ("s1002", "submission_3"), False),
        ("submission_metadata.yml", ("s1002", "submission_3"), False),
    ],
)
def test_an_entry_of_the_submissions_is_of_one_student_by_its_name(entry, who, is_theirs):
    assert is_filed(Path(entry), *who) == is_theirs


def test_a_folder_belongs_to_a_student_by_its_whole_name(tmp_path):
    for name in ("ada", "ada.b", "ada "):
        (tmp_path / name).mkdir()
    assert [path.name for path in tmp_path.iterdir() if is_filed(path, "ada", "")] == ["ada"]


def test_fixes_are_removed_only_inside_their_folder(tmp_path):
    for name in ("fixes/ada", "fixes/bob", "other"):
        (tmp_path / name).mkdir(parents=True)
    said = forget_fixes(tmp_path / "fixes", ["..", ".", "../other", "ada", "eve"], str)
    assert said.endswith("removed: ada")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["bob", "fixes", "other"]


def test_a_missing_folder_of_fixes_is_an_error(tmp_path):
    with pytest.raises(UsageError, match="Folder of fixes not found"):
        forget_fixes(tmp_path / "fixed", ["ada"], str)


@pytest.mark.parametrize(
    ("text", "name", "there"),
    [
        ("score of ada: 3", "ada", True),
        ('"ada"', "ada", True),
        ("adaptive", "ada", False),
        ("学生王小明的成绩", "王小明", True),
        ("O&#39;Neill", "O'Neill", True),
        ("a.b", "a+b", False),
    ],
)
def test_a_name_is_found_as_a_word_and_as_html(text, name, there):
    assert mentions_name(text, name) == there
