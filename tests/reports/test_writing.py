"""Files of a run are written in one pass through the journal, so the class need not fit into memory."""

import csv
import tracemalloc
from contextlib import nullcontext

from grader.grading.policy.policy import Policy
from grader.grading.results.plan import Plan
from grader.grading.results.result_files import read_results
from grader.grading.runs.grading_run import GradingRun
from grader.grading.runs.score_inputs import read_score_inputs
from grader.reports.writing import write_files
from grader.submissions.submission import Submission
from tests.tools import WRONG_SUM, grader_in_process
from tests.tools import write_files as write_folder

SMALL, LARGE = 150, 750
WRITING = 1100
"""Limit in bytes of memory per student, for a row of the class page and of run.json. Records would take 2,600 bytes."""


def handed_in(number):
    """Return a submission in memory that equals all others, so that it runs once."""
    files = [("ex1_small.py", WRONG_SUM.encode)]
    return Submission(f"s{number:05}", None, (), list_files=lambda _: iter(files))


def test_writing_the_reports_takes_little_memory_for_each_student(tmp_path, library, pool):
    peaks = {}
    for size in (SMALL, LARGE):
        out = tmp_path / str(size)
        plan = Plan(submissions="class", seed=1, sandbox=pool.level.value, student_pages=False)
        with GradingRun.open(out, plan, library) as run:
            for _ in run.grade([handed_in(n) for n in range(size)], lambda: nullcontext(pool)):
                pass
            write_files(run, read_score_inputs(run, Policy()), {}, 1.0)
            tracemalloc.start()
            write_files(run, read_score_inputs(run, Policy()), {}, 1.0)
            peaks[size] = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert len(read_results(out)) == 2 * size
    assert (peaks[LARGE] - peaks[SMALL]) / (LARGE - SMALL) < 2 * WRITING


def test_pages_stay_where_nothing_changed_and_can_be_left_out(tmp_path, library):
    out, course = tmp_path / "out", ("--course", library.course.root)
    write_folder(tmp_path / "class", {"ada/ex1_small.py": WRONG_SUM, "bob/ex1_small.py": f"{WRONG_SUM}\n"})

    def pages():
        return {path.name: path.stat().st_mtime_ns for path in (out / "students").glob("*")}

    def grade(comment, *more):
        write_folder(out, {"overrides.csv": f"student,comment\nbob,{comment}\n"})
        command = ("grade", tmp_path / "class", "--out", out, "--sandbox", "none", "--jobs", "1", *course, *more)
        done = grader_in_process(*command, cwd=tmp_path)
        assert done.returncode == 0, done.stdout
        return pages()

    first = grade("seen")
    assert len(first) == 2
    assert grade("seen") == first
    changed = grade("seen twice")
    assert len(changed) == 2 and len(first.items() & changed.items()) == 1
    assert any("seen twice" in path.read_text("utf-8") for path in (out / "students").glob("*"))

    assert grade("seen twice", "--no-student-pages") == {}
    assert "students/" not in (out / "index.html").read_text("utf-8").partition("<script")[0]
    done = grader_in_process("forget", "ada", "--results", out, "--yes", *course, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert pages() == {}
    assert [row["student"] for row in csv.DictReader((out / "grades.csv").read_text("utf-8").splitlines())] == ["bob"]
