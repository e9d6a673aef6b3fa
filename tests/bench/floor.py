"""Measure the lowest possible time of grading ("the floor").

    python -m tests.bench.floor COURSE CLASS PROCESSES [FUNCTION ...]

This program forks one process for each submission, which only runs the checks: there is no sandbox, verdict, hint,
journal or report. Every grader that runs each submission in a separate process needs at least this time.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from grader.course.library import open_library
from grader.execution.guest.experiment_files import load_file, preload_torch_modules
from grader.execution.guest.job import CheckRequest, Job
from grader.execution.guest.job_runner import run_jobs
from grader.execution.guest.zygote import prepare_memory


def jobs(course: Path, folder: Path, only: list[str]) -> Iterator[Job]:
    """Yield a job for each student, like the job that the grader makes. `only` are the functions; empty for all."""
    library = open_library(course)
    functions = library.course.select(only)
    requests = tuple(
        CheckRequest(f, check.id, 1) for f in functions for check in library.course.exercise_of[f].checks_of(f)
    )
    for student in sorted(folder.iterdir()):
        files = tuple((file.name, file.read_bytes()) for file in sorted(student.iterdir()))
        yield Job(files, library.module_of, requests)


def main() -> None:
    """Fork a process for each submission, PROCESSES at a time; print the seconds without the imports at the start."""
    course, folder, at_a_time, only = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
    files = [(str(file), file.read_bytes()) for file in sorted((course / "exercises").glob("test_*.py"))]
    hidden = [(str(file), file.read_bytes()) for file in sorted((course / "tests/hidden").glob("test_*.py"))]
    experiments = {check: e for path, source in files + hidden for check, e in load_file(path, source).items()}
    for _, source in files + hidden:
        preload_torch_modules(source)
    prepare_memory()
    started, running = time.monotonic(), 0
    for job in jobs(course, folder, only):
        if running == at_a_time:
            os.wait()
            running -= 1
        if os.fork() == 0:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            run_jobs([job], experiments, lambda frame: None)
            os._exit(0)
        running += 1
    while running:
        os.wait()
        running -= 1
    sys.stdout.write(f"{time.monotonic() - started}\n")


if __name__ == "__main__":
    main()
