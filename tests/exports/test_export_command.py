"""`grader export` as an instructor runs it: from the download of an LMS to the upload."""

import io
import json
import zipfile

import pytest

from tests.exports.conftest import FAULTY, HOSTILE_ID
from tests.exports.importers import moodle_owner, read_canvas, read_moodle
from tests.tools import COURSE, SOLUTION, WRONG_SUM, command, grader_in_process

GRADEBOOK = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Lab (55)\n    Points Possible,,,,,10\n"
    '"Doe, Jane",4021,s1,jane,S,\n"Roe, Rob",4022,s2,rob,S,\n"Late, Lea",4023,s3,lea,S,\n'
)
WORKSHEET = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments\n"
    "Participant 71,Jane Doe,j@x,Submitted,,5.00,Yes,-,-,\nParticipant 72,Rob Roe,r@x,Submitted,,5.00,Yes,-,-,\n"
)
DOWNLOADS = {
    "canvas": {
        "doejane_4021_900_ex1_small.py": SOLUTION,
        "roerob_LATE_4022_901_ex1_small-1.py": WRONG_SUM,
        "latelea_4023_902_notes.txt": "nothing",
    },
    "moodle": {
        "Jane Doe_71_assignsubmission_file/ex1_small.py": SOLUTION,
        "Rob Roe_72_assignsubmission_file/ex1_small.py": WRONG_SUM,
    },
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """The folder with downloads of two systems, graded and exported, and the finished export commands."""
    place = tmp_path_factory.mktemp("uploads")
    (place / "gradebook.csv").write_text(GRADEBOOK)
    (place / "worksheet.csv").write_text(WORKSHEET)
    return place, {name: round_trip(place, name) for name in DOWNLOADS}


def round_trip(place, name):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path, text in DOWNLOADS[name].items():
            archive.writestr(path, text)
    (place / f"{name}.zip").write_bytes(made.getvalue())
    options = ["--course", COURSE, "--sandbox", "none", "--seed", "7", "--jobs", "1"]
    graded = grader_in_process("grade", f"{name}.zip", "--out", name, *options, cwd=place)
    assert graded.returncode in (0, 1), graded.stdout
    template = {"canvas": "gradebook.csv", "moodle": "worksheet.csv"}[name]
    arguments = ["--to", name, "--into", f"{name}-up.csv", "--from", template, "--course", COURSE]
    return grader_in_process("export", name, *arguments, cwd=place)


def test_a_download_of_canvas_is_graded_and_exported_to_its_gradebook(place):
    folder, done = place
    assert done["canvas"].returncode == 1, "one student handed in no code"
    assert done["canvas"].stdout.endswith("students: 3; scores: 2; ungraded: 1\n")
    users = {"4021": ("s1", "jane", ""), "4022": ("s2", "rob", ""), "4023": ("s3", "lea", "")}
    _, scores = read_canvas((folder / "canvas-up.csv").read_bytes(), users)
    assert scores == {("4021", "Lab"): 10.0, ("4022", "Lab"): 8.0}


def test_a_download_of_moodle_is_graded_and_exported_to_its_worksheet_and_feedback(place):
    folder, done = place
    assert done["moodle"].returncode == 0, done["moodle"].stdout
    taken = read_moodle(WORKSHEET.encode(), (folder / "moodle-up.csv").read_bytes())
    assert {who: grade for who, (grade, _) in taken.items()} == {71: 5.0, 72: 4.0}
    with zipfile.ZipFile(folder / "moodle-up-feedback.zip") as archive:
        assert {moodle_owner(name, {71, 72})[0] for name in archive.namelist()} == {71, 72}


def test_a_student_without_a_score_is_named_and_the_exit_code_is_1(graded, tmp_path):
    done = grader_in_process("export", graded, "--to", "gradescope", "--into", "out", "--course", COURSE, cwd=tmp_path)
    assert done.returncode == 1, done.stdout
    details = (tmp_path / "out-details.txt").read_text("utf-8")
    assert f"{FAULTY}: ungraded (descend), left as it is; so far 3 of 5 points; please review: a fault\n" in details
    assert "utf16: ungraded (mean_square, descend), left as it is; so far 0 of 5 points; please review: " in details
    assert "Written: files in out: 6\nDetails: out-details.txt\nstudents: 6; scores: 4; ungraded: 2\n" in done.stdout
    assert json.loads((tmp_path / "out/ada/results.json").read_text())["score"] == 5.0


def test_a_student_not_in_the_gradebook_is_named_in_plain_text(graded, tmp_path):
    (tmp_path / "book.csv").write_text(GRADEBOOK)
    arguments = ["--to", "canvas", "--into", "up.csv", "--template", "book.csv", "--course", COURSE]
    done = grader_in_process("export", graded, *arguments, cwd=tmp_path)
    assert done.returncode == 1
    details = (tmp_path / "up-details.txt").read_text("utf-8")
    assert f"{HOSTILE_ID}: not found in book.csv, score not written\n" in details
    assert "students: 6; scores: 4; scores not written: 4; ungraded: 2\n" in done.stdout
    assert (tmp_path / "up.csv").read_text() == GRADEBOOK


def test_without_a_course_the_output_says_that_students_see_only_claims(graded, tmp_path):
    done = grader_in_process("export", graded, "--to", "junit", "--into", "out.xml", cwd=tmp_path)
    assert "To show messages, add --course" in done.stdout
    assert "expected" not in (tmp_path / "out.xml").read_text("utf-8")


def test_no_torch_is_loaded_for_an_export(graded, tmp_path):
    code = (
        "import sys; sys.argv[1:] = %r\nfrom grader.cli.main import main\ntry: main()\n"
        "finally: print('torch' in sys.modules)"
    )
    arguments = ["export", str(graded), "--to", "csv", "--into", "out", "--course", str(COURSE)]
    assert command("-c", code % arguments, cwd=tmp_path).stdout.splitlines()[-1] == "False"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere", "--to", "csv", "--into", "x"], "No results.jsonl in this folder"),
        (["DIR", "--to", "blackboard", "--into", "x"], "--to blackboard: no such target. Known: canvas"),
        (["DIR", "--to", "moodle", "--into", "x"], "Download grading worksheet"),
        (["DIR", "--to", "canvas", "--into", "x", "--from", "no.csv"], "no.csv cannot be read"),
        (["DIR", "--to", "csv", "--into", "x", "--course", "."], "No course found at or above"),
    ],
)
def test_wrong_usage_exits_with_2_and_one_clear_message(graded, tmp_path, arguments, words):
    done = grader_in_process("export", *[str(graded) if a == "DIR" else a for a in arguments], cwd=tmp_path)
    assert done.returncode == 2, done.stdout
    assert words in " ".join(done.stdout.split()) and "Traceback" not in done.stdout
