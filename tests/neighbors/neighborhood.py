"""Grade a class in which every honest submission has hostile neighbors, on a machine that is busy with other work."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from grader.course.library import open_library
from grader.execution.guest.default_limits import MEMORY_LIMIT
from grader.execution.host.pool import make_sandboxed_pool
from grader.grading.runs.submission_grader import GradedSubmission, SubmissionGrader
from grader.submissions.submission import Submission
from tests.corpus import ATTACKS, FUNCTIONS, HONEST
from tests.tools import ROOT

WORST = (
    "235_time_threads_without_the_lock.py",
    "011_time_busy_threads.py",
    "207_out_floods_all_pipes.py",
    "208_proc_two_thousand_threads.py",
    "221_proc_pipes_in_packets.py",
    "228_mem_faults_and_files.py",
)
"""The hostile files that use most of what all submissions share: processors, pipes, threads, memory."""

SEED = 11


def grade_neighborhood(level: str, workers: int, worst: int, honest: int, time_limit: float) -> list[GradedSubmission]:
    """Grade a class with this many hostile and honest submissions; return the results of the honest submissions.

    The honest submissions are spread evenly among the hostile ones. `time_limit` is in seconds for each check.
    """
    library = open_library(ROOT)
    with make_sandboxed_pool(library.experiment_files, workers, level, MEMORY_LIMIT, time_limit) as pool:
        grader = SubmissionGrader(library, pool, SEED, FUNCTIONS, time_limit)
        running = [
            (is_honest, grader.start(Submission(name, ATTACKS, (name,)), ((name, source),), FUNCTIONS))
            for is_honest, name, source in _files(worst, honest)
        ]
        graded = [(is_honest, wait()) for is_honest, wait in running]
    return [submission for is_honest, submission in graded if is_honest]


def lost_points(honest: list[GradedSubmission]) -> list[str]:
    """Return a line for each function of an honest submission that did not get full marks."""
    return [
        f"{record.student}: {record.function} {record.outcome}, {record.score} of {record.max_score}"
        for submission in honest
        for record in submission.records
        if record.score != record.max_score
    ]


def _files(worst: int, honest: int) -> Iterator[tuple[bool, str, bytes]]:
    """Yield for each submission whether it is honest, its file name and its source.

    No two sources are equal, so the grader cannot reuse a verdict.
    """
    total = worst + honest
    for number in range(total):
        is_honest = number * honest // total != (number + 1) * honest // total
        name = HONEST if is_honest else WORST[number % len(WORST)]
        yield is_honest, f"{number}_{name}", (ATTACKS / name).read_bytes() + f"\n# {number}\n".encode()


@contextmanager
def busy_machine(loops: int) -> Iterator[None]:
    """Inside the block, keep the machine busy with this many processes that run an endless loop."""
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(loops)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()
