"""Fixtures: one class, graded once. Answers are right, wrong, not started, hostile, unreadable, or a grader fault."""

import shutil
from dataclasses import replace

import msgspec
import pytest

from grader.exports.export_data import ExportOptions
from grader.exports.results_loader import StudentView, load_class_results
from grader.exports.target_lookup import load_target
from grader.grading.policy.final_score import compute_final_score
from grader.grading.policy.policy import HiddenChecks, Policy
from grader.grading.results.result_files import read_final_results, write_results
from grader.grading.results.run_file import read_run, write_run
from tests.tools import COURSE, SOLUTION, STUB, WRONG_SUM, grader_in_process, write_files

NASTY = "</pre><script>alert(1)</script>\n::error::x\n##[error]y ]]> &amp; \x1b[31m\x00\ufffe =1+1"
HOSTILE_ID = "=cmd|' C'!A0"
CLASS = {
    "ada": SOLUTION,
    "bob": WRONG_SUM.replace("y - rate", "y + rate"),
    "王小明": STUB.read_text("utf-8"),
    HOSTILE_ID: SOLUTION.replace("return y\n", f"raise ValueError({NASTY!a})\n"),
    "utf16": SOLUTION.encode("utf-16") + b"\n",
    "eve": SOLUTION,
}
FAULTY = "eve"
"""A student with right answers, for whom `_with_fault` makes the grader fail on one function."""


@pytest.fixture(scope="session")
def graded(tmp_path_factory, library):
    """A results folder of the miniature course that `grader grade` wrote, with a grader fault and raw text added."""
    place = tmp_path_factory.mktemp("graded")
    for student, source in CLASS.items():
        write_files(place / "class" / student, {"ex1_small.py": source})
    options = ["--course", COURSE, "--sandbox", "none", "--time-limit", "1", "--jobs", "1", "--seed", "7"]
    done = grader_in_process("grade", "class", "--out", "out", *options, cwd=place)
    assert done.returncode == 1, done.stdout
    results = [_with_faults(result) for result in read_final_results(place / "out")]
    write_results(place / "out", results, list(library.course.exercise_of))
    return place / "out"


def _with_faults(result):
    records = tuple(map(_with_fault, result.records))
    reasons = result.final.reviews | {r.function: "a fault" for r in records if r.outcome == "grader_fault"}
    final = compute_final_score(records, result.metadata, Policy(), {}, reasons)
    return replace(result, records=records, final=final)


def _with_fault(record):
    if record.student == HOSTILE_ID:  # as if grading had not cleaned the text
        checks = [msgspec.structs.replace(c, message=f"{c.message}\n{NASTY}") for c in record.checks]
        return msgspec.structs.replace(record, checks=checks, source=NASTY)
    if (record.student, record.function) != (FAULTY, "descend"):
        return record
    checks = [msgspec.structs.replace(c, passed=False, points=0.0, message="a fault") for c in record.checks]
    return msgspec.structs.replace(record, score=None, outcome="grader_fault", checks=checks)


@pytest.fixture
def results(graded, library):
    """The results of the class, with what students may see by the default policy."""
    return load_class_results(graded, StudentView(Policy(), library, "en"))


@pytest.fixture
def results_with(graded, library, tmp_path):
    """A function that returns the results of the class with other people, policy, language or course."""

    def results_with(people=None, hidden=HiddenChecks.HINTS, language="en", course=library):
        folder = shutil.copytree(graded, tmp_path / "with", dirs_exist_ok=True)
        write_run(folder, read_run(folder) | ({"people": people} if people else {}))
        return load_class_results(folder, StudentView(Policy(hidden=hidden), course, language))

    return results_with


@pytest.fixture
def export(tmp_path):
    """A function that exports results to a target, into a file or folder of `tmp_path`."""

    def export(results, to, into="out", template=None, title=""):
        if isinstance(template, str | bytes):
            path = tmp_path / "template.csv"
            path.write_bytes(template if isinstance(template, bytes) else template.encode())
            template = path
        return load_target(to).export(results, ExportOptions(tmp_path / into, template, title))

    return export


def student(results, name):
    """Return the result of one student."""
    return next(s for s in results.students if s.id == name)
