"""The evening before grades are due, as one story: a messy Moodle zip is graded, mended, exported and handed back.

The steps of `story` are in the order of an instructor's evening. Tests look at the output and the files of each step.
The last test forgets a student of whom every file of the results folder has a trace, and searches all bytes.
"""

import csv
import json
import re
import sqlite3
import zipfile
import zlib
from dataclasses import dataclass, replace

import pytest

from tests.archives import Entry, rar5, seven_zip
from tests.downloads import Student, as_zip, messy_moodle, moodle, moodle_worksheet, zipped
from tests.tools import SOLUTION, WRONG_SUM, copy_course, grader_in_process, unwrapped, write_files

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("sandbox")]

MARKER = "comment of one student 4711"
"""A text in the code of the student who is forgotten at the end."""
CHINESE = f'"""一步一步地求平均。"""\n\n{SOLUTION}'
POLICY = """
time_zone = "UTC"
deadlines = { course = 2026-03-01T20:00:00 }
late = { percent_per_day = 10, maximum_percent = 50 }
"""
GENTLE = POLICY.replace("percent_per_day = 10", "percent_per_day = 5")
ABSENT = Student("79999", "缺席者", {}, "absent@example.edu", "20260999")
LATE, TWO_FILES, BROKEN, ON_PAPER, FORGOTTEN, DEEP = "70023", "70022", "70024", "70011", "70025", "70017"
MORE = {
    14: {"作业.7z": seven_zip({"作业/ex1_small.py": SOLUTION})},
    15: {"hw.rar": rar5(Entry(b"hw/ex1_small.py", SOLUTION.encode()))},
    16: {"hw.zip": zipped({"inner.zip": zipped({"ex1_small.py": SOLUTION})})},
    17: {"hw.zip": zipped({"a.zip": zipped({"b.zip": zipped({"ex1_small.py": SOLUTION})})})},
    18: {"report.docx": b"PK\x03\x04 and no more"},
    19: {"ex1_small.py": CHINESE.encode("gbk")},
    20: {"ex1_small.py": CHINESE.encode("utf-16-le")},
    21: {"final_version (2).py": SOLUTION},
    22: {"first.py": "# first\n" + SOLUTION, "second.py": "# second\n" + WRONG_SUM},
    24: {"ex1_small.py": SOLUTION.replace("return y\n", "return (y\n")},
    25: {"hw.7z": seven_zip({"ex1_small.py": f"# {MARKER}\n{WRONG_SUM}"})},
}
"""What else is odd, by the number of the student: archives, encodings, names, two files, a syntax error."""
FULL = {"70014", "70015", "70016", "70019", "70020", "70021"}
"""Students whose files were refused by earlier graders, and who have all points."""


@dataclass
class Step:
    """What one command printed, its exit code, and the rows of grades.csv after it."""

    code: int
    output: str
    grades: dict

    def says(self, text):
        """Return whether the output holds a text, however it is wrapped."""
        return text in unwrapped(self.output)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A download of 40 students, their worksheet with a late one, and a course with a deadline."""
    place = tmp_path_factory.mktemp("evening")
    copy_course(place / "course")
    write_files(place, {"course/grader.toml": POLICY, "gentle.toml": GENTLE})
    students, _ = messy_moodle(SOLUTION, WRONG_SUM)
    for number, files in MORE.items():
        students[number] = replace(students[number], files=files)
    as_zip(moodle(students), place / "CS101-Lab 1-4711.zip")
    rows = moodle_worksheet([*students, ABSENT]).split("\r\n")
    rows = [
        row.replace("Sunday, 1 March 2026, 2:58 PM", "Monday, 2 March 2026, 2:58 PM") if f" {LATE}," in row else row
        for row in rows
    ]
    (place / "worksheet.csv").write_text("\r\n".join(rows), "utf-8-sig")
    mended = SOLUTION.replace("return y\n", "return (y)\n")
    write_files(place / "fixes", {f"{BROKEN}/ex1_small.py": mended, f"{FORGOTTEN}/extra.py": f"# {MARKER}\n"})
    return place


def run(place, *arguments):
    """Run a command in the course, and return the step."""
    done = grader_in_process(*arguments, cwd=place / "course")
    assert "Traceback" not in done.stdout
    grades = {}
    if (place / "out/grades.csv").is_file():
        with (place / "out/grades.csv").open(encoding="utf-8") as file:
            grades = {row["student"]: row for row in csv.DictReader(file)}
    return Step(done.returncode, done.stdout, grades)


@pytest.fixture(scope="module")
def story(place):
    """{name of a step: Step}, in the order of the evening."""
    steps = {}

    def step(name, *arguments):
        steps[name] = run(place, *arguments)

    download = ("../CS101-Lab 1-4711.zip", "--out", "../out", "--roster", "../worksheet.csv", "--seed", "7")
    moodle_upload = ("../out", "--to", "moodle", "--from", "../worksheet.csv")
    step("graded", "grade", *download, "--jobs", "2")
    step("one function", "grade", *download, "--only", "descend")
    step("accept", "accept", TWO_FILES, "first.py", "--results", "../out")
    step("fixes", "grade", *download, "--jobs", "2", "--fixes", "../fixes")
    step("without fixes", "grade", *download)
    step("without the worksheet", "grade", *download[:3], "--fixes", "../fixes", "--jobs", "2")
    step("on paper", "override", ON_PAPER, "--score", "4", "--comment", "read on paper", "--results", "../out")
    step("too early", "export", *moodle_upload, "--dry-run")
    change = ("override", FORGOTTEN, "mean_square", "--results", "../out", "--apply")
    step("applied", *change, "--score", "2", "--by", "Kim")
    step("gentle", "compare", "../out", "--policy", "../gentle.toml")
    step("preview", "export", *moodle_upload, "--dry-run")
    step("export", "export", *moodle_upload, "--into", "../upload")
    step("publish", "publish", "../out", "--by", "An Instructor")
    step("second thought", *change, "--score", "1", "--by", "Lee")
    step("export again", "export", "../out", "--to", "csv", "--into", "../csv")
    step("undo", *change, "--undo", "--by", "Kim")
    step("history", "override", FORGOTTEN, "--history", "--results", "../out")
    step("export at last", "export", "../out", "--to", "csv", "--into", "../csv")
    return steps


def test_files_saved_and_packed_in_unusual_ways_are_graded(story):
    grades = story["graded"].grades
    assert len(grades) == 41
    assert {student: grades[student]["score"] for student in FULL} == dict.fromkeys(FULL, "5.00")


def test_an_unreadable_file_has_no_score_and_the_report_says_what_to_ask_for(story, place):
    first = story["graded"]
    assert first.code == 1
    for student in (ON_PAPER, DEEP, TWO_FILES, "70003", "70005", "70009", "70012", "70013", "70018"):
        assert (first.grades[student]["score"], first.grades[student]["status"]) == ("", "needs review"), student
    assert first.says("an archive inside an archive inside an archive")
    assert first.says(f"grader accept --results ../out {TWO_FILES} first.py")


def test_missing_and_late_students_and_a_syntax_error_are_graded_as_such(story):
    grades = story["graded"].grades
    assert {student for student, row in grades.items() if row["status"] == "missing"} == {"70001", "70002", "79999"}
    assert (grades[LATE]["score"], grades[LATE]["status"]) == ("4.50", "graded; late")
    assert (grades[BROKEN]["score"], grades[BROKEN]["status"]) == ("0.00", "graded")


def test_a_run_of_one_function_does_not_overwrite_the_grades(story):
    narrow = story["one function"]
    assert narrow.code == 2 and "--replace" in narrow.output
    assert narrow.grades == story["graded"].grades


def test_the_chosen_file_and_the_mended_file_count_from_the_next_run_on(story):
    assert story["accept"].grades[TWO_FILES]["score"] == ""
    fixed = story["fixes"]
    assert fixed.grades[TWO_FILES]["score"] == "5.00"
    assert (fixed.grades[BROKEN]["score"], fixed.grades[BROKEN]["status"]) == ("5.00", "graded; fixed")


def test_a_run_that_leaves_out_the_fixes_is_refused(story):
    forgotten = story["without fixes"]
    assert forgotten.code == 2 and "--replace" in forgotten.output and BROKEN in forgotten.output
    assert forgotten.grades == story["fixes"].grades


def test_a_run_that_leaves_out_the_worksheet_with_the_times_is_refused(story):
    forgotten = story["without the worksheet"]
    assert forgotten.code == 2 and forgotten.says("--roster ../worksheet.csv") and "--replace" in forgotten.output
    assert forgotten.says("late penalties would be gone")
    assert forgotten.grades == story["fixes"].grades


def test_an_override_that_is_not_applied_is_named_before_the_export(story):
    early = story["too early"]
    assert early.code == 1 and ON_PAPER in early.output and "grader regrade" in early.output


def test_an_override_applied_at_once_applies_the_earlier_one_as_well(story):
    grades = story["applied"].grades
    assert grades[FORGOTTEN]["mean_square"] == "2.00"
    assert grades[ON_PAPER]["score"] == "4.00"


def test_a_gentler_policy_is_compared_without_changing_anything(story):
    gentle = story["gentle"]
    assert gentle.code in (0, 1) and LATE in gentle.output
    assert gentle.says("4.50") and gentle.says("4.75")
    assert gentle.grades == story["applied"].grades


def test_the_preview_writes_nothing_and_the_export_leaves_cells_without_a_score(story, place):
    assert story["preview"].says("9.00") and LATE in story["preview"].output  # Moodle grades out of 10
    others = {path.name for path in place.iterdir() if not path.name.startswith(("upload", "csv"))}
    assert others == {"CS101-Lab 1-4711.zip", "course", "fixes", "gentle.toml", "out", "worksheet.csv"}
    with (place / "upload/worksheet.csv").open(encoding="utf-8-sig") as file:
        grades = {row["Identifier"].rpartition(" ")[2]: row["Grade"] for row in csv.DictReader(file)}
    assert (grades[LATE], grades[ON_PAPER], grades[BROKEN]) == ("9.00", "8.00", "10.00")
    assert {grades[student] for student in ("70001", "79999", "70003", DEEP)} == {""}
    with zipfile.ZipFile(place / "upload/feedback.zip") as feedback:
        assert any(LATE in name for name in feedback.namelist())


def test_a_change_after_publishing_is_named_until_it_is_undone(story):
    assert story["publish"].code == 0
    for step in ("second thought", "export again"):
        assert FORGOTTEN in story[step].output and story[step].says("2.00 → 1.00"), story[step].output
    assert "→" not in story["export at last"].output


def test_the_history_says_who_set_what(story):
    assert story["undo"].grades[FORGOTTEN]["mean_square"] == "2.00"
    history = story["history"]
    assert re.findall(r"\b(?:Kim|Lee)\b", history.output) == ["Kim", "Lee", "Kim"], history.output
    assert history.says("2.00 → 1.00") and history.says("1.00 → 2.00"), history.output


def traces(folder, words):
    """Return (file, word) for each word that the name or the bytes of a file contain; packed blobs are unpacked."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file():
            texts = [path.name.encode(), path.read_bytes()]
            if path.suffix == ".sqlite":
                texts += list(blobs(path))
            found += [(path.name, word) for word in words if any(word.encode() in text for text in texts)]
    return found


def blobs(path):
    """Yield the blobs of a database; one that zlib has packed is unpacked."""
    with sqlite3.connect(path) as database:
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type='table'").fetchall():
            for row in database.execute(f"SELECT * FROM {table}"):
                for value in row:
                    if isinstance(value, bytes):
                        try:
                            yield zlib.decompress(value)
                        except zlib.error:
                            yield value


def test_no_file_names_a_forgotten_student(story, place):
    people = json.loads((place / "out/run.json").read_text("utf-8"))["people"][FORGOTTEN]
    words = [FORGOTTEN, people["name"], people["email"], MARKER]
    before = {name for name, _ in traces(place / "out", words)}
    assert before >= {
        *("journal.sqlite", "overrides.csv", "overrides-history.jsonl", "published.json"),
        *("results.jsonl", "finals.jsonl", "grades.csv", "run.json", "index.html"),
    }
    done = run(place, "forget", FORGOTTEN, "--yes", "--results", "../out", "--fixes", "../fixes")
    assert done.code in (0, 1), done.output
    assert traces(place / "out", words) == [] and traces(place / "fixes", words) == []
    assert done.grades[LATE] == story["undo"].grades[LATE]
