"""Targets: the files of a results folder, which another person may have changed."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from grader.core.errors import GraderError
from grader.exports.export_data import ExportOptions
from grader.exports.results_loader import StudentView, load_class_results
from grader.exports.targets import csv as csv_target
from grader.grading.policy.policy import Policy, policy_from_run
from grader.grading.results.earlier_scores import read_earlier_scores
from grader.grading.results.overrides.override_history import forget_history, read_history, undoable_changes
from grader.grading.results.published_scores import compare_with_published, forget_published, read_published
from grader.grading.results.result_files import (
    read_final_results,
    read_fingerprints,
    read_results,
    read_student_records,
    read_students,
)
from grader.grading.results.run_file import finishing_command, is_interrupted, missing_results, read_run
from grader.grading.runs.earlier_run import read_earlier_run, refuse_to_leave_out_policy
from grader.reports.comparison.run_comparison import compare_runs
from grader.submissions.people import display_name, people_from_run
from tests.fuzz.target import Target
from tests.fuzz.targets.results import final_results, results_folder
from tests.fuzz.targets.scratch import empty_folder

WORDS = (b"null", b"true", b"{}", b"[]", b'"\\ud800"', b"\n", b"\r", b"\xff", b'"student"', b'"score"', b"[" * 3000)
"""Words of JSON. The last one opens so many lists that a recursive reader exceeds its stack."""


def changed_folder(name: str, data: bytes) -> Path:
    """Return a copy of the results folder in which one file has this content."""
    folder = empty_folder("changed")
    shutil.copytree(results_folder(), folder, dirs_exist_ok=True)
    (folder / name).write_bytes(data)
    return folder


def read_result_file(name: str, data: bytes) -> None:
    """Read results.jsonl, finals.jsonl or grades.csv as each command does."""
    folder = changed_folder(name, data)
    for read in (_read_lines, _compare, _export, lambda folder: read_earlier_scores(folder).of("ada")):
        _allow(GraderError, read, folder)


def _read_lines(folder: Path) -> None:
    _allow(GraderError, lambda folder: list(read_fingerprints(folder)), folder)
    for student in read_students(folder)[:5]:
        read_student_records(folder, student)


def _compare(folder: Path) -> None:
    compare_with_published(read_published(results_folder()), read_final_results(folder))
    compare_runs(read_results(results_folder()), read_results(folder))


def _export(folder: Path) -> None:
    results = load_class_results(folder, StudentView(Policy(), None, "en"))
    csv_target.export(results, ExportOptions(folder / "out.csv", collected={}))


def _allow(error: type[Exception], read: Callable[[Path], object], folder: Path) -> None:
    try:
        read(folder)
    except error as found:
        assert str(found) and found.say("zh")  # type: ignore[attr-defined]  # making the message must not fail


def read_run_file(data: bytes) -> None:
    """Read run.json as commands do."""
    folder = changed_folder("run.json", data)
    run = read_run(folder)
    people = people_from_run(run)
    for student in people:
        display_name(student, people)
    is_interrupted(folder)
    str(missing_results(folder))
    finishing_command(folder)
    _allow(GraderError, lambda folder: read_earlier_run(folder, run), folder)
    _allow(GraderError, lambda folder: policy_from_run(run), folder)
    for replacement in (False, True):
        _allow(GraderError, partial(_leave_out_policy, replacement), folder)
    _allow(GraderError, _export, folder)


def _leave_out_policy(replacement: bool, folder: Path) -> None:
    from grader.grading.results.plan import Plan

    refuse_to_leave_out_policy(folder, Plan(submissions="class", policy="x" if replacement else ""))


def read_published_file(data: bytes) -> None:
    """Read published.json, compare it with the final results, and remove a student from it."""
    folder = changed_folder("published.json", data)
    for change in compare_with_published(read_published(folder), final_results()):
        assert change.functions is not None
        assert change.size >= 0
    forget_published(folder, ["ada"])


def read_history_file(data: bytes) -> None:
    """Read overrides-history.jsonl, and remove a student from it."""
    folder = changed_folder("overrides-history.jsonl", data)
    undoable_changes(read_history(folder), "bob", "descend")
    forget_history(folder, ["bob"], lambda text: "bob" in text)


def _seeds(name: str) -> Callable[[], list[bytes]]:
    return lambda: [(results_folder() / name).read_bytes()]


TARGETS = (
    *(
        Target(name.partition(".")[0], partial(read_result_file, name), _seeds(name), words=WORDS)
        for name in ("results.jsonl", "finals.jsonl", "grades.csv")
    ),
    Target("run", read_run_file, _seeds("run.json"), words=WORDS),
    Target("published", read_published_file, _seeds("published.json"), (GraderError,), WORDS),
    Target("history", read_history_file, _seeds("overrides-history.jsonl"), (GraderError,), WORDS),
)
