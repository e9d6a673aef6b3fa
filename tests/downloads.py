"""Make downloads and rosters in the formats of each LMS.

The function for the downloads of an LMS returns {path: content}, which `as_zip` or `as_folder` writes. A path that ends
in a slash is an empty folder.
"""

import csv
import io
import json
import zipfile
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime


@dataclass(frozen=True)
class Student:
    """A student, with the files that they handed in and the facts that an LMS knows about them."""

    id: str
    name: str
    files: dict[str, str | bytes] = field(default_factory=dict)
    email: str = ""
    sid: str = ""
    late: bool = False
    submitted: datetime = datetime(2026, 3, 1, 14, 58, 23, 948203, tzinfo=UTC)


def as_zip(files, path):
    """Write files and empty folders into a zip; return its path."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def as_folder(files, path):
    """Write files and empty folders into a folder; return its path."""
    path.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        target = path / name
        if name.endswith("/"):
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def zipped(files):
    """Return the bytes of a zip with these files."""
    made = io.BytesIO()
    as_zip(files, made)
    return made.getvalue()


def canvas(students, attachment=900_000):
    """Return a Canvas download: flat files, each with the ids of the user and of the attachment."""
    files = {}
    for student in students:
        last_first = "".join(c for c in "".join(reversed(student.name.split())).lower() if c.isalnum())
        start = f"{last_first}{'_LATE' if student.late else ''}_{student.id}_"
        for name, content in student.files.items():
            attachment += 1
            typed = name in ("text.html", "link.html")
            files[start + (name if typed else f"{attachment}_{name.replace('/', '_')}")] = content
    return files


def moodle(students, style="new"):
    """Return a Moodle download in one of three styles.

    new: a folder for each participant.
    old: a folder for each participant, with an underscore at the end of its name.
    flat: files only.
    """
    files = {}
    for student in students:
        start = f"{student.name.replace('_', ' ')}_{student.id}_assignsubmission_"
        for name, content in student.files.items() or [("", "")]:
            plugin = "onlinetext" if name == "onlinetext.html" else "file"
            between = {"new": "/", "old": "_/", "flat": "_"}[style]
            if name or style != "flat":
                files[start + plugin + between + name] = content
    return files


def gradescope(submissions, assignment="12345"):
    """Return a Gradescope download.

    `submissions` maps the id of a submission to the students of its group. The files are those of the first student.
    """
    root, metadata, files = f"assignment_{assignment}_export/", [], {}
    for number, group in submissions.items():
        metadata += [f"submission_{number}:", "  :submitters:"]
        for student in group:
            metadata += [f"  - :name: {student.name}"]
            metadata += [f"    :sid: '{student.sid}'"] * bool(student.sid)
            metadata += [f"    :email: {student.email}"] * bool(student.email)
        moment = f"{group[0].submitted:%Y-%m-%d %H:%M:%S.%f}000 Z"
        metadata += [f"  :created_at: {moment}", "  :score: 0.0", "  :status: processed", "  :results: {}"]
        for name, content in group[0].files.items() or [("", "")]:
            files[f"{root}submission_{number}/{name}"] = content
    return {f"{root}submission_metadata.yml": "---\n" + "\n".join(metadata) + "\n"} | files


def nbgrader(students, assignment="ps1"):
    """Return nbgrader's folders submitted/STUDENT/ASSIGNMENT/, each with a file that holds the time of submission."""
    files = {}
    for student in students:
        folder = f"submitted/{student.id}/{assignment}/"
        files |= {folder + name: content for name, content in student.files.items()}
        files[folder + "timestamp.txt"] = f"{student.submitted:%Y-%m-%d %H:%M:%S.%f} UTC"
    return files


def repositories(students, assignment="lab1"):
    """Return the folders ASSIGNMENT-LOGIN of cloned repositories from GitHub Classroom."""
    files = {}
    for student in students:
        folder = f"{assignment}-submissions/{assignment}-{student.id}/"
        files |= {folder + name: content for name, content in student.files.items()}
        files[folder + ".git/HEAD"] = "ref: refs/heads/main\n"
        files[folder + ".github/workflows/classroom.yml"] = "on: push\n"
    return files


def table(rows, delimiter=","):
    """Return the text of a CSV file."""
    made = io.StringIO()
    csv.writer(made, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return made.getvalue()


def canvas_gradebook(students, assignment="Lab 2 losses (5512)", points=10):
    """Return the gradebook that Canvas exports, including the row of possible points and Canvas's test student."""
    rows = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", assignment, "Current Score"]]
    rows += [
        ["", "", "", "", "", "Manual Posting", ""],
        ["    Points Possible", "", "", "", "", str(points), "(read only)"],
    ]
    for student in students:
        name = ", ".join(reversed(student.name.split(" ", 1)))
        rows.append([name, student.id, student.sid, student.email.partition("@")[0], "Section 1", "", ""])
    return table([*rows, ["Student, Test", "99", "", "f00d", "Section 1", "", ""]])


MOODLE_HEADINGS = {
    "en": ("Identifier", "Full name", "ID number", "Email address", "Status", "Group", "Grade", "Maximum grade",
           "Grade can be changed", "Last modified (submission)", "Last modified (grade)", "Feedback comments"),
    "zh": ("标识号", "姓名", "学号", "电邮地址", "状态", "小组", "成绩", "最高分",
           "成绩可更改", "最后修改(提交)", "最后修改(成绩)", "反馈评语"),
    "de": ("ID", "Vollständiger Name", "ID-Nummer", "E-Mail-Adresse", "Status", "Gruppe", "Bewertung", "Bestwertung",
           "Bewertung kann geändert werden", "Zuletzt geändert (Abgabe)", "Zuletzt geändert (Bewertung)", "Feedback"),
}  # fmt: skip
PARTICIPANT = {"en": "Participant", "zh": "参与者", "de": "Teilnehmer/in"}


def moodle_worksheet(students, language="en", groups=None):
    """Return the grading worksheet that Moodle exports. `groups` maps the id of a student to the name of a group."""
    when = {"zh": "2026年3月1日 星期日 14:58"}.get(language, "Sunday, 1 March 2026, 2:58 PM")
    rows = [MOODLE_HEADINGS[language]]
    for student in students:
        identifier, handed_in = f"{PARTICIPANT[language]} {student.id}", bool(student.files)
        status = "Submitted for grading" if handed_in else "No submission"
        facts = [identifier, student.name, student.sid, student.email, status, (groups or {}).get(student.id, "")]
        rows.append([*facts, "", "10.00", "Yes", when if handed_in else "-", "-", ""])
    return table(rows)


def gradescope_roster(students):
    """Return the roster that Gradescope exports. It also lists an instructor."""
    rows = [["First Name", "Last Name", "SID", "Email", "Role", "Section"]]
    for student in students:
        first, _, last = student.name.partition(" ")
        rows.append([first, last, student.sid, student.email, "Student", "Section 1"])
    return table([*rows, ["Ada", "Teacher", "", "teacher@example.edu", "Instructor", ""]])


def classroom_roster(students):
    """Return the roster that GitHub Classroom exports."""
    headings = ["identifier", "github_username", "github_id", "name"]
    return table([headings, *([student.sid, student.id, "1", student.name] for student in students)])


FAMILY, GIVEN = "王李张刘陈杨赵黄周吴", ("小明", "娜", "伟", "静")


def messy_moodle(right, wrong):
    """Return the 40 students of a Moodle download, and for each id the reason why it needs review ("" for none).

    `right` and `wrong` are answers to the exercise of the miniature course.
    """
    students = []
    for number in range(40):
        name = FAMILY[number % 10] + GIVEN[number // 10]
        files = {"ex1_small.py": wrong if number % 3 == 0 else right}
        students.append(Student(str(70_000 + number), name, files, f"s{number:02}@example.edu", f"2026{number:04}"))
    review_reasons = dict.fromkeys((student.id for student in students), "")

    def oddity(number, files, why=""):
        students[number] = replace(students[number], files=files)
        review_reasons[students[number].id] = why

    oddity(1, {})
    oddity(2, {"__MACOSX/._x": "", ".DS_Store": ""})
    oddity(3, {"digits.npz": bytes(60_000_000)}, "digits.npz: not a .py or .ipynb file (60 MB)")
    oddity(4, {"作业1.ipynb": notebook(right)})
    oddity(
        5,
        {"作业.rar": b"Rar!\x1a\x07\x01\x00"},
        "作业.rar: an archive of this kind is opened only in a sandbox of level full or core",
    )
    oddity(6, {"ex1_small.py": right, "ex1_small (1).py": wrong})
    oddity(7, {"作业/代码/ex1_small.py": right})
    oddity(8, {"hw.zip": zipped({"hw/ex1_small.py": right, "__MACOSX/hw/._ex1_small.py": "x"})})
    oddity(9, {"onlinetext.html": "<p>def mean_square…</p>"}, "onlinetext.html: a text or a link")
    oddity(10, {"onlinetext.html": "<p>我的作业</p>", "ex1_small.py": right})
    oddity(11, {"report.pdf": b"%PDF-1.7\n"}, "report.pdf: a document (9 B), not a .py or .ipynb file")
    oddity(12, {"ex1_small.py": right.encode("utf-16") + b"\n"}, "cannot be decoded")
    oddity(13, {"ex1_small.py.txt": right}, "ex1_small.py.txt: source code with an added file extension")
    return students, review_reasons


def notebook(source):
    """Return a notebook with one code cell."""
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": source}
    return json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [cell]})
