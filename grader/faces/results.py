"""Write what a batch found: results.jsonl, grades.csv and run.json. Every file appears whole or not at all."""

from __future__ import annotations

import csv
import io
import platform
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import msgspec

from grader.core.errors import UsageError
from grader.core.files import write_atomically
from grader.core.text import visible
from grader.judge.journal import Judged
from grader.judge.record import FunctionRecord

RESULTS = "results.jsonl"
DEFUSED = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""A cell that starts with one of these is a formula to a spreadsheet, in East Asia also with the wide ones."""


def write_results(folder: Path, graded: Sequence[Judged], functions: Sequence[str]) -> None:
    """results.jsonl and grades.csv, sorted by student."""
    by_student = sorted(graded, key=lambda g: g.student)
    records = [record for g in by_student for record in g.records]
    write_atomically(folder / RESULTS, b"".join(msgspec.json.encode(record) + b"\n" for record in records))
    write_atomically(folder / "grades.csv", grades_csv(by_student, functions).encode())


def grades_csv(graded: Sequence[Judged], functions: Sequence[str]) -> str:
    """One row per student; a grader fault is an empty cell, and leaves no total."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["student", "score", "max_score", "status", *functions])
    for student in graded:
        scores = {record.function: record.score for record in student.records}
        total = "" if None in scores.values() else _points(sum(score or 0.0 for score in scores.values()))
        maximum = _points(sum(record.max_score for record in student.records))
        cells = [_points(scores[function]) for function in functions]
        writer.writerow([_defused(student.student), total, maximum, _defused(student.human or "ok"), *cells])
    return text.getvalue()


def _points(score: float | None) -> str:
    return "" if score is None else f"{score:.2f}"


def _defused(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula, on one line, with nothing hidden in it."""
    cell = visible(" ".join(cell.split()))
    return f"'{cell}" if cell.startswith(DEFUSED) else cell


def write_run(folder: Path, facts: dict[str, Any]) -> None:
    """run.json: how this run was made, and how to make it again."""
    write_atomically(folder / "run.json", msgspec.json.format(msgspec.json.encode(facts), indent=2) + b"\n")


def read_run(folder: Path) -> dict[str, Any]:
    """The run.json of an earlier run into the same folder; empty when there is none that can be read."""
    try:
        found = msgspec.json.decode((folder / "run.json").read_bytes())
    except (OSError, msgspec.DecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def read_results(folder: Path) -> list[FunctionRecord]:
    """The results.jsonl of a run. Raises UsageError."""
    path = folder / RESULTS
    try:
        lines = path.read_bytes().splitlines()
        return [msgspec.json.decode(line, type=FunctionRecord) for line in lines]
    except OSError:
        raise UsageError(f"{folder}: no results.jsonl in it. Name a folder that `grader grade --out` wrote") from None
    except msgspec.DecodeError as error:
        raise UsageError(f"{path}: cannot be read ({error}). Grade again into this folder") from None


class _Line(msgspec.Struct):
    """Of a line of results.jsonl, whose it is."""

    student: str


def students_in(folder: Path) -> list[str]:
    """The students of a run, in order; the file may be larger than memory. Raises UsageError."""
    return list(dict.fromkeys(student for student, _ in _lines(folder)))


def records_of(folder: Path, student: str) -> list[FunctionRecord]:
    """The records of one student. Raises UsageError."""
    lines = (line for whose, line in _lines(folder) if whose == student)
    try:
        return [msgspec.json.decode(line, type=FunctionRecord) for line in lines]
    except msgspec.DecodeError as error:
        raise UsageError(f"{folder / RESULTS}: cannot be read ({error}). Grade again into this folder") from None


def _lines(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every line, with whose it is."""
    path = folder / RESULTS
    decoder = msgspec.json.Decoder(_Line)
    try:
        with path.open("rb") as file:
            for line in file:
                yield decoder.decode(line).student, line
    except OSError:
        raise UsageError(f"{folder}: no results.jsonl in it. Name a folder that `grader grade --out` wrote") from None
    except msgspec.DecodeError as error:
        raise UsageError(f"{path}: cannot be read ({error}). Grade again into this folder") from None


def versions() -> dict[str, str]:
    """The versions that a result depends on."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for package in ("autograded", "torch", "numpy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "unknown"
    return found


def outcome_counts(records: Sequence[FunctionRecord]) -> dict[str, int]:
    """How many functions had which outcome."""
    return dict(sorted(Counter(record.outcome for record in records).items()))
