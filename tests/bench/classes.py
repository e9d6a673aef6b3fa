"""Made-up classes with right, wrong and unfinished submissions, of which no two are equal."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice
from pathlib import Path

from grader.authoring.demo_students import make_demo_students
from grader.course.library import open_library

SKIPPED = ("endless", "broken")
"""Kinds of demo students that are left out. The time to grade an endless submission is only the time limit."""


def write_demo_class(course: Path, folder: Path, size: int, exercises: Collection[str] = ()) -> Path:
    """Write the submissions of `size` demo students, each in a folder; return `folder`.

    `exercises` are the exercises whose files are written; if it is empty, all files are written.
    """
    students = (s for s in make_demo_students(open_library(course), 2 * size) if s.kind not in SKIPPED)
    for number, student in enumerate(islice(students, size)):
        place = folder / student.name
        place.mkdir(parents=True)
        for name, content in student.files.items():
            if not exercises or name.removesuffix(".py") in exercises:
                (place / name).write_bytes(content + f"\n# {number}\n".encode())
    return folder
