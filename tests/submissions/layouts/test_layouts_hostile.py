"""Hostile and random names in a download: no student becomes another, and only usage errors are raised."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.core.errors import UsageError
from grader.core.outcome_text import reason_text
from grader.submissions.download_reader import LAYOUTS
from grader.submissions.file_reading import find_source_files
from tests.downloads import as_folder, as_zip, canvas, moodle
from tests.submissions.layout_reading import ADA, CODE, WANG, paths, read


@pytest.mark.parametrize("name", ["a\u202egnp", "../x", "n" * 300, "👩‍🔬", "=1+1", "a b", "CON", "王" * 80])
@pytest.mark.parametrize("make", [canvas, moodle])
def test_a_hostile_name_does_not_change_the_owner_of_a_file(tmp_path, name, make):
    files = make([replace(ADA, name=name), WANG])
    download = read(as_zip(files, tmp_path / "class.zip"))
    outside_name = [path for path in files if path.startswith("../")]
    assert {submission.student for submission in download.submissions} == {*(outside_name or ["4021"]), "4022"}
    (problems,) = (
        [*map(reason_text, s.problems)] for s in download.submissions if s.student != "4022" and s.read() is not None
    )
    assert problems == [f"{path}: its path leads out of the archive" for path in outside_name]


def test_deeply_nested_folders_are_read(tmp_path):
    folder = as_folder({"ada/a.py": CODE}, tmp_path / "x")
    deep = folder / "ada"
    try:
        for _ in range(1500):
            deep = deep / "d"
            deep.mkdir()
        assert paths(read(folder)) == {"ada": ["a.py"]}
        assert find_source_files(folder) == ("ada/a.py",)
    finally:  # pytest's recursive cleanup would fail
        while deep != folder:
            deep.rmdir() if deep.name == "d" else (deep / "a.py").unlink(missing_ok=True)
            deep = deep.parent


@pytest.mark.parametrize("layout", [*LAYOUTS[2:], "blackboard"])
def test_a_requested_layout_that_does_not_match_is_a_usage_error(tmp_path, layout):
    path = as_zip({"ada.py": CODE, "bob.py": CODE}, tmp_path / "class.zip")
    with pytest.raises(UsageError, match=layout):
        read(path, layout)


WORDS = [
    "ada", "_LATE", "_", "12", "_4021_", "_987_", "ex1_small", "-1", ".py", ".ipynb", ".zip", ".rar", ".tar.gz",
    "/", "_assignsubmission_file", "_assignsubmission_", "onlinetext", "submission_", "submission_metadata.yml",
    "..", ".git/", "assignment_1_export/", "submitted/", "timestamp.txt", "source/", "anon_", "王小明", "(1)", ":",
    "text.html", "__MACOSX/", "...",
]  # fmt: skip
ODD = ("\\", "e\u0301", "\u202e", "\0", "\n", " ", "👩\u200d🔬", "n" * 300, "")
NAMES = st.lists(st.one_of(st.sampled_from([*WORDS, *ODD]), st.text(max_size=3)), max_size=7).map("".join)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(NAMES, max_size=6), layout=st.sampled_from(LAYOUTS))
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_random_names_raise_only_usage_errors_and_every_row_is_distinct(tmp_path, names, layout):
    path = tmp_path / "class.zip"
    try:
        as_zip({name.encode("utf-8", "replace").decode(): CODE for name in names}, path)
    except (ValueError, IndexError):
        return  # no zip program writes this name
    try:
        download = read(path, layout)
    except UsageError as error:
        assert str(error)
        return
    rows = [(submission.student, submission.metadata.attempt) for submission in download.submissions]
    assert len(set(rows)) == len(rows) and all(student for student, _ in rows)
    for submission in download.submissions:
        submission.read()
        assert all(reason_text(problem) for problem in submission.problems)


def test_another_students_id_in_a_file_name_does_not_change_its_owner(tmp_path):
    folder = as_folder(
        {
            "Vic_13_assignsubmission_file_a.py": CODE,
            "Eve_12_assignsubmission_file_x_13_assignsubmission_file_b.py": CODE,
        },
        tmp_path / "moodle",
    )
    found = paths(read(folder, "moodle"))
    assert found == {"13": ["a.py"], "12": ["x_13_assignsubmission_file_b.py"]}
    folder = as_folder({"vic_13_1_a.py": CODE, "eve_12_2_x_13_3_b.py": CODE}, tmp_path / "canvas")
    assert paths(read(folder, "canvas")) == {"13": ["a.py"], "12": ["x_13_3_b.py"]}


def test_an_id_with_two_names_in_canvas_is_two_students(tmp_path):
    folder = as_folder({"vic_13_1_a.py": CODE, "vic_LATE_13_2_b.py": CODE, "x_13_7__12_3_a.py": CODE}, tmp_path / "c")
    assert paths(read(folder, "canvas")) == {"13 vic": ["a.py", "b.py"], "13 x": ["_12_3_a.py"]}
