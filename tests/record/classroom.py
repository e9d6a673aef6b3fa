"""Inputs of the recorded commands: downloads of the demo class with rosters, a policy, and answers of a learner."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests import archives, downloads
from tests.downloads import Student
from tests.record.normalizer import ROOT

FIRST_ID = 70001
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ON_TIME, LATE = "Sunday, 1 March 2026, 2:58 PM", "Tuesday, 3 March 2026, 2:58 PM"
SMALL = 6
"""Number of students in the downloads that only test how a layout is read."""

POLICY = """\
attempts = "best"
hidden = "hints"
time_zone = "Asia/Shanghai"
points = { compute_mse_loss = 2.5, ex5_backward = 20 }
deadlines = { course = 2026-03-02, ex2_lenet = 2026-03-10 }
late = { percent_per_day = 10, maximum_percent = 50, grace_minutes = 15 }
extensions = { 70011 = 7 }
keep = { names_days = 36500 }
"""

ANSWERS = '''

def compute_mse_loss(output, target):
    """A known mistake: it fits the tutorial's shapes only."""
    return torch.nn.MSELoss()(output, target.view(1, -1))


def mse_by_hand(output, target, reduction="mean"):
    """A wrong value: the absolute errors."""
    print("a word of the student's")
    return (output - target).abs().mean()


def cross_entropy_from_logits(logits, target):
    """Raises in a line of its own."""
    return logits[target.undefined]
'''
"""Answers that are appended to the stub, because the last definition of a function counts.

The fourth function has no answer, so it is not started.
"""

CHECKS = """\
import torch
from ex1_losses import bce_with_logits, compute_mse_loss, cross_entropy_from_logits, mse_by_hand
from grader import check

cards = check(compute_mse_loss, mse_by_hand)
print("passed:", cards.passed, "points:", cards.points, "of", cards.max_points)
print(cards._repr_html_())
check(cross_entropy_from_logits, bce_with_logits)
check(torch.nn.functional.mse_loss, 3)
"""


def copy_course(target: Path) -> None:
    """Copy the course of this project, so that commands can name it by a relative path and write into the copy."""
    ignore = shutil.ignore_patterns("__pycache__", ".autograded", ".pytest_cache")
    for part in ("exercises", "solutions", "tests/hidden"):
        shutil.copytree(ROOT / part, target / part, ignore=ignore)


def learner(target: Path) -> None:
    """Make a student's folder with several wrong answers and untouched stubs, and a script that checks them."""
    ignore = shutil.ignore_patterns("__pycache__", ".autograded")
    shutil.copytree(ROOT / "exercises", target / "exercises", ignore=ignore)
    stub = (target / "exercises" / "ex1_losses.py").read_text("utf-8")
    (target / "exercises" / "ex1_losses.py").write_text(stub + ANSWERS, "utf-8")
    (target / "exercises" / "try_out.py").write_text(CHECKS, "utf-8")


def downloads_of(demo: Path, target: Path) -> None:
    """Write the demo class as downloads from every LMS, with rosters, into the new folder `target`."""
    students = _students(demo)
    absent = [
        Student("70901", "Nora Absent", {}, "nora@example.edu", "s901"),
        Student("70902", "缺 席", {}, "", "s902"),
    ]
    # The last two students submitted, but are not on the roster.
    expected = [*students[:-2], *absent]
    target.mkdir()
    downloads.as_zip(downloads.moodle(students), target / "moodle.zip")
    _write(target / "worksheet.csv", _worksheet(expected))
    _write(target / "worksheet-zh.csv", downloads.moodle_worksheet(expected, "zh"))
    _write(target / "gradebook.csv", downloads.canvas_gradebook(expected, points=50))
    downloads.as_zip(_gradescope(students), target / "gradescope.zip")
    _write(target / "roster.csv", downloads.gradescope_roster(expected))
    few = students[:SMALL]
    downloads.as_folder(downloads.canvas([replace(few[0], late=True), *few[1:]]), target / "canvas")
    downloads.as_folder(downloads.nbgrader(few, "ex1_losses"), target / "nbgrader")
    downloads.as_folder(downloads.repositories(few), target / "github")
    # For `grader compare`, a second download: the same six students, each with the answers of the next student.
    turned = [replace(one, files=other.files) for one, other in zip(few, few[1:] + few[:1], strict=True)]
    downloads.as_folder(downloads.canvas([replace(turned[0], late=True), *turned[1:]]), target / "canvas-later")


def _students(demo: Path) -> list[Student]:
    """Return the students of the demo class, sorted by name, with ids and times. A few of them get odd files."""
    students = []
    for number, folder in enumerate(sorted(path for path in demo.iterdir() if path.is_dir())):
        files: dict[str, str | bytes] = {path.name: path.read_bytes() for path in sorted(folder.glob("*.py"))}
        submitted = NOON + timedelta(days=2 if number % 5 == 0 else 0, minutes=number)
        code = f"s{number:03}"
        students.append(
            Student(str(FIRST_ID + number), folder.name, files, f"{code}@example.edu", code, submitted=submitted)
        )
    source = bytes(students[1].files["ex1_losses.py"]).decode("utf-8")  # type: ignore[arg-type]
    students[1] = replace(students[1], files={"losses.ipynb": downloads.notebook(source)})
    students[2] = replace(students[2], files={"ex1_losses.py.txt": source})
    students[3] = replace(students[3], files={"homework.rar": archives.rar5(encrypted_headers=True)})
    return students


def _worksheet(students: list[Student]) -> str:
    """Return Moodle's worksheet, with the time LATE for students who submitted late."""
    lines = downloads.moodle_worksheet(students).splitlines(keepends=True)
    late = {f"Participant {student.id}," for student in students if student.submitted > NOON + timedelta(days=1)}
    return "".join(line.replace(ON_TIME, LATE) if line.startswith(tuple(late)) else line for line in lines)


def _gradescope(students: list[Student]) -> dict[str, str | bytes]:
    """Return Gradescope's download. One submission is of a group of two, and two students have a second attempt."""
    submissions = {number: (student,) for number, student in enumerate(students[4:], 1)}
    submissions[1] = (students[4], students[0])
    for number, (student, other) in {101: (students[5], students[6]), 102: (students[7], students[8])}.items():
        submissions[number] = (replace(student, files=other.files, submitted=student.submitted + timedelta(days=3)),)
    return downloads.gradescope(submissions)


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8", newline="")
