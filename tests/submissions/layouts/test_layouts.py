"""Downloads of every system, as zip and as folder: which files belong to which student."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest

from grader.core.errors import UsageError
from grader.submissions.layouts.github import common_prefix
from tests.downloads import (
    Student,
    as_folder,
    as_zip,
    canvas,
    gradescope,
    moodle,
    nbgrader,
    notebook,
    repositories,
    zipped,
)
from tests.submissions.layout_reading import ADA, CODE, PAIR, WANG, metadata, paths, problems, read, submitted_files


@pytest.fixture(params=["zip", "folder", "wrapped folder"])
def place(request, tmp_path):
    """A function that puts files into a zip, a folder, or a folder in a folder: read(place(files))."""

    def place(files, name="download"):
        if request.param == "zip":
            return as_zip(files, tmp_path / f"{name}.zip")
        inner = tmp_path / name / "CS101 Lab 1" if request.param == "wrapped folder" else tmp_path / name
        as_folder(files, inner)
        return tmp_path / name

    return place


# Canvas


def test_canvas_files_are_grouped_by_the_id_of_the_user(place):
    download = read(place(canvas([ADA, WANG])))
    assert (download.layout, download.layout_reason) == ("canvas", "3 files are named NAME_USER_ATTACHMENT_FILE")
    assert paths(download) == {"4021": ["ex1_small.py"], "4022": ["ex1_small.py", "lib_b.py"]}
    ada, wang = metadata(download)["4021"], metadata(download)["4022"]
    assert (ada.name, ada.late, ada.filed_as[:18]) == ("lovelaceada", False, "lovelaceada_4021_9")
    assert (wang.name, wang.late) == ("王小明", True)


def test_canvas_numbers_resubmitted_files_and_each_number_is_an_attempt(place):
    files = {"doe_7_100_ex1_small.py": "1", "doe_7_101_notes.py": "n", "doe_7_200_ex1_small-1.py": "2"}
    download = read(place(files | {"roe_8_300_ex1_small-2.py": "3", "roe_8_301_homework-1.py": "h"}))
    found = [(s.student, s.metadata.attempt, dict(s.read())) for s in download.submissions]
    assert found == [
        ("7", 1, {"ex1_small.py": b"1", "notes.py": b"n"}),
        ("7", 2, {"ex1_small.py": b"2", "notes.py": b"n"}),
        ("8", 1, {"homework-1.py": b"h"}),
        ("8", 3, {"ex1_small.py": b"3", "homework-1.py": b"h"}),
    ]


def test_canvas_notebooks_zips_texts_links_and_anonymous_students(place):
    files = canvas([replace(ADA, files={"work.ipynb": notebook(CODE), "text.html": "<p>see file</p>"})])
    files |= {"doe_LATE_7_100_hw.zip": zipped({"hw/ex1_small.py": CODE}), "anon_a1B2c_300_ex1_small.py": CODE}
    download = read(place(files))
    assert paths(download) == {"4021": ["work.ipynb"], "7": ["hw/ex1_small.py"], "a1B2c": ["ex1_small.py"]}
    assert metadata(download)["7"].late


def test_an_online_text_alone_needs_review(place):
    linked = replace(WANG, files={"link.html": "<a href='https://example.edu'>"})
    reason = "link.html: a text or a link (30 B) typed into the page, not a .py or .ipynb file"
    assert problems(read(place(canvas([ADA, linked]))))["4022"] == [reason]


def test_a_partly_matching_download_is_read_as_plain_and_the_reason_says_so(place):
    path = place(canvas([ADA]) | {"bob.py": CODE})
    download = read(path)
    assert download.layout == "plain"
    assert "names that follow the canvas layout: 1; other names: bob.py" in download.layout_reason
    requested = read(path, "canvas")
    assert paths(requested) == {"4021": ["ex1_small.py"], "bob": ["bob.py"]}
    assert requested.warnings == ["names that do not follow the canvas layout, each read as one student: bob.py"]


# Moodle


@pytest.mark.parametrize("style", ["new", "old", "flat"])
def test_moodle_folders_old_and_new_and_flat_files(place, style):
    wang = replace(WANG, name="王_小明", files={"ex1_small.py": CODE, "onlinetext.html": "<p>看文件</p>"})
    missing = Student("4023", "José Núñez_99")
    download = read(place(moodle([ADA, wang, missing], style)))
    assert download.layout == "moodle"
    empty = {} if style == "flat" else {"4023": []}
    assert paths(download) == {"4021": ["ex1_small.py"], "4022": ["ex1_small.py"]} | empty
    assert metadata(download)["4022"].name == "王 小明"
    assert "onlinetext" not in metadata(download)["4022"].filed_as
    if empty:
        assert (metadata(download)["4023"].name, metadata(download)["4023"].attempt) == ("José Núñez 99", 0)


def test_a_folder_with_only_system_files_is_a_missing_submission(place):
    system_files = {"__MACOSX/._x": "", ".DS_Store": ""}
    download = read(place(moodle([ADA, replace(WANG, files=system_files)]) | {"__MACOSX/._top": "", ".hidden/x": ""}))
    assert paths(download) == {"4021": ["ex1_small.py"], "4022": []}
    assert metadata(download)["4022"].attempt == 0


@pytest.mark.parametrize("flat", [canvas, partial(moodle, style="flat")])
def test_system_files_among_flat_files_are_ignored_and_their_student_stays(place, flat):
    system_files = {".DS_Store": "x", "__MACOSX/._ex1_small.py": "x", "._ex1_small.py": "\0"}
    download = read(
        place(flat([replace(ADA, files={"ex1_small.py": CODE} | system_files), replace(WANG, files=system_files)]))
    )
    assert paths(download) == {"4021": ["ex1_small.py"], "4022": []}
    assert problems(download) == {"4021": [], "4022": []}
    assert (metadata(download)["4022"].attempt, download.warnings) == (0, [])


def test_moodle_with_a_prefix_blind_marking_and_groups(place):
    files = dict.fromkeys(
        ("u123_Ada L_5_assignsubmission_file/a.py", "Participant_6_assignsubmission_file/a.py"), CODE
    ) | {"Group A_7_assignsubmission_file/sub/a.py": CODE, "Grading worksheet.csv": "x"}
    download = read(place(files))
    assert paths(download) == {"5": ["a.py"], "6": ["a.py"], "7": ["sub/a.py"]}
    assert download.warnings == ["ignored, not a submission: Grading worksheet.csv"]


# Gradescope


def test_gradescope_students_groups_and_times(place):
    missing = Student("1", "Kurt Gödel", {}, "kurt@example.edu")
    files = gradescope({"101": (ADA, WANG), "102": (missing,), "103": (PAIR,)})
    download = read(place(files))
    assert (download.layout, download.layout_reason) == ("gradescope", "submission_metadata.yml is next to the folders")
    code = ["ex1_small.py"]
    assert paths(download) == {"s4021": code, "s4022": code, "kurt@example.edu": [], "103": code}
    people = metadata(download)
    assert people["s4022"].group == ("Ada Lovelace", "王小明")
    assert people["s4022"].submitted == datetime(2026, 3, 1, 14, 58, 23, 948203, tzinfo=UTC)
    assert people["s4021"].ids == ("s4021", "101")
    assert people["kurt@example.edu"].attempt == 0
    assert people["103"].group == ()


def test_gradescope_members_of_a_group_without_ids_are_separate_students(place):
    group = (PAIR, replace(PAIR, name="Kurt Gödel"))
    download = read(place(gradescope({"103": group})))
    assert [(s.student, s.metadata.attempt) for s in download.submissions] == [
        ("103 Emmy Noether", 1),
        ("103 Kurt Gödel", 1),
    ]


def test_gradescope_submissions_of_one_student_are_attempts_in_the_order_of_time(place):
    early = replace(ADA, files={"ex1_small.py": "old = 1\n"}, submitted=datetime(2026, 2, 1, tzinfo=UTC))
    download = read(place(gradescope({"101": (ADA,), "102": (early,)})))
    assert [(s.student, s.metadata.attempt) for s in download.submissions] == [("s4021", 1), ("s4021", 2)]
    assert submitted_files(download) == {"s4021": {"ex1_small.py": CODE.encode()}}


def test_gradescope_without_metadata_names_students_by_number_and_says_so(place):
    files = {f"assignment_5_export/submission_{n}/a.py": CODE for n in (1, 2)}
    download = read(place(files | {"assignment_5_export/submission_3.pdf": "%PDF"}))
    assert "submission_metadata.yml, which holds the names, is missing" in download.layout_reason
    assert problems(download) == {
        "1": [],
        "2": [],
        "3": ["submission_3.pdf: a document (4 B), not a .py or .ipynb file"],
    }


@pytest.mark.parametrize("text", ["a: [", "\x00", "- 1\n- 2", "submission_1: 3", "submission_1:\n  :submitters: [[1]]"])
def test_broken_metadata_is_a_usage_error_or_ignored(place, text):
    files = {"submission_metadata.yml": text, "submission_1/a.py": CODE}
    try:
        assert paths(read(place(files))) == {"1": ["a.py"]}
    except UsageError as error:
        assert "submission_metadata.yml" in str(error)


def test_yaml_tags_make_no_objects_and_yaml_aliases_take_no_memory(tmp_path):
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
    evil = f"{bomb}submission_1: !!python/object/apply:os.mkdir [{tmp_path}/made]\n"
    files = {"submission_metadata.yml": evil, "submission_1/a.py": CODE}
    assert paths(read(as_folder(files, tmp_path / "x"))) == {"1": ["a.py"]}
    assert not (tmp_path / "made").exists()


# nbgrader


@pytest.mark.parametrize(
    "course_files", [{}, {"source/ps1/p1.ipynb": "{}", "gradebook.db": "x", "release/ps1/p1.ipynb": ""}]
)
def test_nbgraders_submitted_tree_alone_and_in_its_course(place, course_files):
    early = replace(WANG, id="wang", submitted=datetime(2026, 2, 1, tzinfo=UTC))
    files = nbgrader([replace(ADA, id="ada"), early]) | nbgrader([replace(WANG, id="wang")], "ps2") | course_files
    download = read(place(files))
    assert (download.layout, download.layout_reason) == ("nbgrader", "a submitted/ folder of nbgrader with ps1, ps2")
    assert paths(download)["ada"] == ["ps1/ex1_small.py"]
    assert len(paths(download)["wang"]) == 4
    assert metadata(download)["wang"].submitted == WANG.submitted


# Cloned repositories


def test_repositories_are_found_by_their_git_folder_and_the_login_by_the_common_prefix(place):
    logins = ("li-ming", "li-na", "octocat")
    files = repositories([replace(ADA, id=login, files={"exercises/ex1_small.py": CODE}) for login in logins])
    download = read(place(files))
    assert (download.layout, download.layout_reason) == ("github", "3 folders are clones of repositories")
    assert paths(download) == {login: ["exercises/ex1_small.py"] for login in logins}
    assert metadata(download)["li-na"].filed_as == "lab1-li-na"


@pytest.mark.parametrize(
    ("folder", "names", "expected"),
    [
        ("lab1-submissions", ["lab1-li-ming", "lab1-li-na"], "lab1-"),
        ("class", ["lab1-ada", "lab1-bob"], "lab1-"),
        ("class", ["lab1-ada"], ""),
        ("class", ["ada", "bob"], ""),
        ("class", ["lab1-", "lab1-bob"], ""),
        ("class", ["lab1-ada_b", "lab1-bob"], ""),
    ],
)
def test_the_common_prefix_of_repository_names(folder, names, expected):
    assert common_prefix(folder, names) == expected
