"""`grader export --dry-run`: what an upload would change, student by student, without writing a byte."""

import shutil
from pathlib import Path

import pytest

from grader.exports.dry_run import sort_cells
from grader.exports.export_data import ScoreCell
from tests.exports.conftest import FAULTY
from tests.exports.targets.test_canvas import GRADEBOOK
from tests.exports.targets.test_moodle import DATE, HEAD
from tests.tools import COURSE, grader_in_process, unwrapped

WORKSHEET = HEAD + (
    f'"Participant 101","Ada Lovelace",ada,ada@x.edu,"Submitted for grading",,3.00,5.00,Yes,{DATE},-,\n'
    f'"Participant 102","Bob O\'Neill",bob,bob@x.edu,"Submitted for grading",,2.00,5.00,Yes,{DATE},-,\n'
    f'"Participant 103",王小明,王小明,w@x.edu,"Submitted for grading",,2.00,5.00,Yes,{DATE},-,\n'
    f'"Participant 104",Eve,eve,e@x.edu,"Submitted for grading",,4.00,5.00,Yes,{DATE},-,\n'
    f'"Participant 105",Una,utf16,u@x.edu,"Submitted for grading",,,5.00,No,{DATE},-,\n'
    f'"Participant 106","No Body",,n@x.edu,"No submission",,,5.00,Yes,-,-,\n'
)


@pytest.fixture
def place(graded, tmp_path):
    """A folder with the results and the files of Canvas and Moodle."""
    shutil.copytree(graded, tmp_path / "out")
    (tmp_path / "gradebook.csv").write_text(GRADEBOOK, "utf-8")
    (tmp_path / "worksheet.csv").write_text(WORKSHEET, "utf-8")
    return tmp_path


def everything(folder):
    """Return the content and the time of change of all files below a folder."""
    paths = (path for path in Path(folder).rglob("*") if path.is_file())
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in paths}


def preview(place, *arguments, **more):
    """Run an export as a dry run, and check that nothing below the folder has changed."""
    before = everything(place)
    done = grader_in_process("export", "out", "--course", COURSE, "--dry-run", "--to", *arguments, cwd=place, **more)
    assert everything(place) == before
    assert done.returncode in (0, 1), done.stdout
    return done.stdout


def test_canvas_shows_each_change_and_what_is_left_and_why(place):
    shown = preview(place, "canvas", "--from", "gradebook.csv", "--title", "Lab 2 losses", COLUMNS="80")
    assert all(len(line) <= 80 for line in shown.splitlines() if not line.startswith(("column", "Dry")))
    words = unwrapped(shown)
    assert "column: Lab 2 losses (5512)" in words
    assert "New scores (1) name student score Lovelace, Ada ada 10.00 " in words
    assert "王小明 王小明 EX excused in Canvas" in words
    assert f"Eve {FAULTY} 3.00 ungraded: descend" in words
    assert "Nobody Else 4025 4.00 no graded submission" in words
    assert "bob: not found in gradebook.csv, score not written" in words
    assert "changed: 0, of these lower: 0; new: 1; the same: 0; left as it is: " in words


def test_moodle_shows_the_largest_change_first_and_counts_those_that_become_lower(place):
    words = unwrapped(preview(place, "moodle", "--from", "worksheet.csv"))
    heading = "Changed scores (2) name student before after change"
    assert f"{heading} Ada Lovelace ada 3.00 5.00 +2.00 王小明 王小明 2.00 0.00 -2.00" in words
    assert "changed: 2, of these lower: 1; new: 0; the same: 1; left as it is: 4" in words
    assert "Dry run: nothing was written." in words
    assert "有变化的分数（2）" in preview(place, "moodle", "--from", "worksheet.csv", "--lang", "zh")


@pytest.mark.parametrize("target", ["csv", "gradescope", "github", "prairielearn", "junit"])
def test_a_target_without_a_file_of_an_lms_compares_with_the_earlier_export(place, target):
    into = "up.xml" if target == "junit" else "up"
    arguments = (target, "--into", into)
    words = unwrapped(preview(place, *arguments))
    assert "New scores (4)" in words and "Left as it is (2)" in words and "files: new" in words
    grader_in_process("export", "out", "--course", COURSE, "--to", *arguments, cwd=place)
    words = unwrapped(preview(place, *arguments))
    assert "changed: 0, of these lower: 0; new: 0; the same: 4; left as it is: 2" in words
    assert "files: new 0, changed 0, the same" in words
    finals, lower = place / "out/finals.jsonl", '"student":"ada","score":4.0'
    finals.write_text(finals.read_text("utf-8").replace('"student":"ada","score":5.0', lower), "utf-8")
    if target != "github":  # its score is the sum of the checks
        assert "Changed scores (1)" in unwrapped(preview(place, *arguments))


def test_a_file_that_no_export_wrote_counts_as_changed_only(place):
    (place / "up/ada").mkdir(parents=True)
    (place / "up/ada/results.json").write_text("[]")
    words = unwrapped(preview(place, "gradescope", "--into", "up"))
    assert "New scores (4)" in words and "files: new 5, changed 1, the same 0" in words


def test_without_a_file_of_an_lms_a_path_is_needed(place):
    done = grader_in_process("export", "out", "--to", "csv", "--dry-run", cwd=place)
    assert done.returncode == 2 and "Pass --into PATH" in done.stdout


def test_cells_are_sorted_by_what_happens_to_them():
    cells = [
        ScoreCell("a", "", "1,50", "1.50"),
        ScoreCell("b", "", "3", "4"),
        ScoreCell("c", "", "incomplete", "2.00"),
        ScoreCell("d", "", "", "2.00"),
        ScoreCell("e", "", "9", "9", "locked"),
    ]
    found = sort_cells(cells)
    assert [cell.student for cell in found.changed] == ["c", "b"]
    assert [[cell.student for cell in group] for group in (found.new, found.same, found.left)] == [["d"], ["a"], ["e"]]
    assert found.lower == 0
