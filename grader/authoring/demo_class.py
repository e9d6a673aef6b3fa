"""Make the class of `grader demo`: demo students, and among them hostile, missing and unreadable submissions.

Some students of the class hand in hostile code: an endless loop, a function that reads a file of the system, or a
function that prints 20,000 lines. The hostile code does no harm at any sandbox level. The pages of these students show
what the sandbox and the limits do. An unreadable submission is a PDF document with the name of a Python file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from grader.authoring.demo_students import DemoStudent, make_demo_students
from grader.course.library import Library

READS = """

def {function}(*args, **kwargs):
    with open("/etc/passwd") as file:
        return file.read()
"""
FLOODS = """

original = {function}


def {function}(*args, **kwargs):
    for number in range(20_000):
        print("a flood of output", number)
    return original(*args, **kwargs)
"""
HOSTILE = {"reads": READS, "floods": FLOODS}
"""Kind of student -> code that is added after the solution, and that replaces one function."""
DOCUMENT = b"%PDF-1.7\0 the answers, printed into a document that has the name of a program"
EVERY = 30
"""Number of students after which the pattern of special kinds (KINDS) and late submissions (LATE) repeats."""
KINDS = {18: "reads", 19: "missing", 28: "floods", 29: "unreadable"}
"""Number of the student modulo EVERY -> kind of student, which replaces the kind from `make_demo_students`."""
LATE = {5: 1, 13: 3, 22: 1}
"""Number of the student modulo EVERY -> days by which the submission is late."""
DUE = datetime(2026, 11, 20, 23, 59, tzinfo=UTC)
POLICY = """# The policy of the demo class. All keys: grader policy --new
[deadlines]
course = 2026-11-20T23:59:00Z

[late]
percent_per_day = 10
"""


def make_demo_class(library: Library, students: int, seed: int = 0, hostile: bool = True) -> Iterator[DemoStudent]:
    """Yield the students of a demo class. Equal arguments give equal students.

    A student with a missing submission has no files.

    hostile: False to replace hostile and endless submissions by right ones.
    """
    exercises = list(library.exercise_files.values())
    right = {files.file: files.solution.encode() for files in exercises}
    for number, student in enumerate(make_demo_students(library, students, seed)):
        kind = KINDS.get(number % EVERY, student.kind)
        if kind in (*HOSTILE, "endless") and not hostile:
            yield replace(student, kind="right", files=right)
            continue
        files = exercises[number // 10 % len(exercises)]
        if kind == "missing":
            changed = {}
        elif kind == "unreadable":
            changed = right | {files.file: DOCUMENT}
        elif kind in HOSTILE:
            code = HOSTILE[kind].format(function=next(iter(files.exercise.points)))
            changed = right | {files.file: (files.solution + code).encode()}
        else:
            changed = student.files
        yield replace(student, kind=kind, files=changed)


def roster_text(students: Iterable[DemoStudent]) -> str:
    """Return a roster as CSV with the time of each submission: most in the days before the deadline, a few after it."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("student", "name", "email", "submitted"))
    for number, student in enumerate(students):
        late = LATE.get(number % EVERY)
        away = timedelta(hours=-1 - number * 37 % 100) if late is None else timedelta(days=late, hours=-1)
        submitted = (DUE + away).isoformat() if student.files else ""
        rows.writerow((student.name, student.name, f"student{number + 1:02}@example.edu", submitted))
    return text.getvalue()
