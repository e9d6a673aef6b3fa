"""Measure grading against one pytest process per submission, on the same checks and the same submissions.

    make bench            a class of 8
    BENCH=full make bench a class of 40

Everything runs on this machine in one go, so only the ratios mean anything elsewhere.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.table import Table

from grader.judge.classroom import Student, make_class
from grader.judge.library import open_library

ROOT = Path(__file__).resolve().parent.parent
SKIPPED = ("endless", "broken")
"""Kinds of students left out: a time-out measures the time limit."""


def public_course(folder: Path) -> Path:
    """The course without its hidden checks: what is left, a plain pytest run decides as well."""
    for name in ("exercises", "solutions"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def run(*arguments: object, cwd: Path = ROOT) -> float:
    """Run the grader; the seconds it took."""
    started = time.monotonic()
    command = [str(Path(sys.executable).parent / "grader"), *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stdout + done.stderr)
    return time.monotonic() - started


def pytest_each(course: Path, folder: Path, students: list[Student], at_a_time: int) -> float:
    """One pytest process for each submission, so many at a time; the seconds for all."""
    places = []
    for student in students:
        place = folder / f"{at_a_time} {student.name}"
        shutil.copytree(course / "exercises", place)
        for name, content in student.files.items():
            (place / name).write_bytes(content)
        places.append(place)

    def check(place: Path) -> None:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(place)]
        subprocess.run(command, cwd=place, capture_output=True, check=False)

    started = time.monotonic()
    with ThreadPoolExecutor(at_a_time) as pool:
        list(pool.map(check, places))
    return time.monotonic() - started


def main() -> None:
    """Measure, and print the table."""
    size = 40 if os.environ.get("BENCH") == "full" else 8
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        course = public_course(folder / "course")
        students = [s for s in make_class(open_library(course), 3 * size) if s.kind not in SKIPPED][:size]
        for student in students:
            for file, content in student.files.items():
                path = folder / "class" / student.name / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        rows: list[tuple[str, float]] = []
        grade = ("grade", folder / "class", "--course", course, "--seed", 1)
        rows.append(("one pytest process each", pytest_each(course, folder / "pytest", students, 1)))
        rows.append(("the same, two at a time", pytest_each(course, folder / "pytest", students, 2)))
        for level in ("none", "core", "full"):
            rows.append((f"grader grade, level {level}", run(*grade, "--out", folder / level, "--sandbox", level)))
        rows.append(("again, nothing changed", run(*grade, "--out", folder / "full", "--sandbox", "full")))
        rows.append(("one worker, level full", run(*grade, "--out", folder / "one", "--sandbox", "full", "--jobs", 1)))
    show(rows, size)


def show(rows: list[tuple[str, float]], size: int) -> None:
    """The table: seconds, milliseconds a submission, and how many times faster than one pytest process each."""
    table = Table(title=f"{size} submissions, all functions, {os.cpu_count()} processors", box=None)
    for heading in ("", "s", "ms each", "times pytest"):
        table.add_column(heading, justify="left" if not heading else "right")
    first = rows[0][1]
    for what, seconds in rows:
        table.add_row(what, f"{seconds:.1f}", f"{1000 * seconds / size:.0f}", f"{first / seconds:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
