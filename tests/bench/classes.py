"""Made-up classes: right, wrong and half done submissions, no two of them equal."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice
from pathlib import Path

from grader.authoring.demo_students import make_demo_students
from grader.course.library import open_library

SKIPPED = ("endless", "broken")
"""Kinds of students left out: a time-out measures the time limit."""


def made_class(course: Path, folder: Path, size: int, exercises: Collection[str] = ()) -> Path:
    """Write a class of this size, with a folder for each student; `exercises` limits the files to these exercises."""
    everybody = make_demo_students(open_library(course), 2 * size)
    students = (student for student in everybody if student.kind not in SKIPPED)
    for number, student in enumerate(islice(students, size)):
        place = folder / student.name
        place.mkdir(parents=True)
        for name, content in student.files.items():
            if not exercises or name.removesuffix(".py") in exercises:
                (place / name).write_bytes(content + f"\n# {number}\n".encode())
    return folder
