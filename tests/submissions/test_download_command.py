"""`grader grade` on a messy Moodle zip of 40 students with a worksheet as roster, and on a Canvas download."""

import csv
import json

import pytest

from grader.grading.results.result_files import read_final_results
from tests.downloads import Student, as_folder, as_zip, canvas, messy_moodle, moodle, moodle_worksheet
from tests.tools import COURSE, SOLUTION, WRONG_SUM, grader_in_process, unwrapped

ABSENT = Student("79999", "缺席者", {}, "absent@example.edu", "20260999")
OPTIONS = ["--course", COURSE, "--sandbox", "none", "--time-limit", "5", "--jobs", "1", "--seed", "7"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("lms")
    students, _ = messy_moodle(SOLUTION, WRONG_SUM)
    as_zip(moodle(students), place / "CS101-Lab 1-4711.zip")
    (place / "worksheet.csv").write_text(moodle_worksheet([*students[1:], ABSENT], "zh"), "utf-8-sig")
    first, second = {"ex1_small.py": WRONG_SUM}, {"ex1_small-1.py": SOLUTION}
    files = canvas([Student("4021", "Ada Lovelace", first, late=True)]) | canvas(
        [Student("4021", "Ada Lovelace", second)], 950_000
    )
    as_folder(files | canvas([Student("4022", "王小明", first)], 960_000), place / "submissions")
    return place


@pytest.fixture(scope="module")
def ran(place):
    """{name: finished command}."""
    commands = {
        "moodle": ["CS101-Lab 1-4711.zip", "--out", "moodle", "--roster", "worksheet.csv"],
        "canvas": ["submissions", "--out", "canvas", "--lang", "zh"],
    }
    return {name: grader_in_process("grade", *given, *OPTIONS, cwd=place) for name, given in commands.items()}


def rows(out):
    with (out / "grades.csv").open(encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def test_every_student_of_the_zip_and_of_the_roster_has_a_row(ran, place):
    assert ran["moodle"].returncode == 1, ran["moodle"].stdout
    assert set(rows(place / "moodle")) == {*(str(70_000 + number) for number in range(40)), "79999"}
    lines = (place / "moodle/results.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == 2 * 41


MISSING = {"70001", "70002", "79999"}


def test_the_status_says_who_needs_review_and_the_final_result_why(ran, place):
    _, reasons = messy_moodle(SOLUTION, WRONG_SUM)
    found = {result.student: result.review_reason for result in read_final_results(place / "moodle")}
    for student, row in rows(place / "moodle").items():
        status = "needs review" if reasons.get(student) else "missing" if student in MISSING else "graded"
        assert row["status"] == status, student
        assert reasons.get(student, "") in found[student], student


def test_every_student_has_the_score_of_the_submitted_files(ran, place):
    _, reasons = messy_moodle(SOLUTION, WRONG_SUM)
    for student, row in rows(place / "moodle").items():
        wrong = (int(student) - 70_000) % 3 == 0 and student != "70006"  # only a copy of the file is wrong
        expected = "" if student in MISSING or reasons.get(student) else "4.00" if wrong else "5.00"
        assert row["score"] == expected, student


def test_a_missing_submission_is_missing_and_not_an_error(ran, place):
    found = [json.loads(line) for line in (place / "moodle/results.jsonl").read_text("utf-8").splitlines()]
    for student in MISSING:
        assert {line["outcome"] for line in found if line["student"] == student} == {"missing"}


def test_the_terminal_names_the_layout_and_missing_and_unknown_students(ran):
    shown = ran["moodle"].stdout
    assert "layout: moodle (41 folders are named NAME_ID_assignsubmission_…)" in shown
    assert "missing submissions (3): 李小明 (70001), 张小明 (70002), 缺席者 (79999)" in shown
    assert "not on the roster (1): 王小明 (70000)" in shown
    assert "(70006) (all 2 functions: ex1_small.py counts, not ex1_small (1).py)" in unwrapped(shown)
    assert shown.count("ex1_small (1).py") == 1, "said once"
    assert "刘小明 (70003)" in shown  # needs review
    assert "Traceback" not in shown


def test_run_json_holds_the_people_and_the_facts_of_the_download(ran, place):
    run = json.loads((place / "moodle/run.json").read_text("utf-8"))
    assert set(run["people"]) == set(rows(place / "moodle"))
    wang = run["people"]["70010"]
    assert (wang["name"], wang["email"], wang["attempt"]) == ("王娜", "s10@example.edu", 1)
    assert wang["submitted"].startswith("2026-03-01T14:58:00")
    assert run["people"]["79999"]["attempt"] == 0
    assert run["handed_in"]["layout"] == "moodle"
    assert run["handed_in"]["nothing"] == ["70001", "70002", "79999"]
    assert run["handed_in"]["unknown"] == ["70000"]


def test_the_latest_of_several_attempts_is_graded_and_their_number_shown(ran, place):
    assert ran["canvas"].returncode == 0, ran["canvas"].stdout
    assert {student: row["score"] for student, row in rows(place / "canvas").items()} == {
        "4021": "5.00",
        "4022": "4.00",
    }
    run = json.loads((place / "canvas/run.json").read_text("utf-8"))
    assert run["handed_in"]["attempts"] == {"4021": 2}
    assert (run["people"]["4021"]["attempt"], run["people"]["4021"]["late"]) == (2, True)
    assert "(4021) × 2" in ran["canvas"].stdout


USAGE = {
    "no such layout": (
        ["submissions", "--layout", "blackboard"],
        "Unknown layout: blackboard. Choose one of: auto, plain, moodle",
    ),
    "not that layout": (["submissions", "--layout", "moodle"], "no name in it follows the moodle layout"),
    "no such roster": (["submissions", "--roster", "nowhere.csv"], "nowhere.csv cannot be read"),
    "no students": (["empty"], "empty: no students found"),
}


@pytest.mark.parametrize("name", USAGE)
def test_wrong_usage_exits_with_2_and_one_clear_message(place, name):
    arguments, words = USAGE[name]
    (place / "empty").mkdir(exist_ok=True)
    found = grader_in_process("grade", *arguments, "--out", "none", *OPTIONS[:2], cwd=place)
    assert found.returncode == 2, found.stdout
    assert words in " ".join(found.stdout.split())
    assert "Traceback" not in found.stdout
