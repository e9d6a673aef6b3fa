"""Write what a batch found: results.jsonl, grades.csv and run.json. Every file appears whole or not at all."""

from __future__ import annotations

import csv
import io
import platform
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from grader.core.errors import UsageError
from grader.core.files import write_atomically
from grader.core.text import defused, fused
from grader.judge.journal import Judged
from grader.judge.policy.final import Final
from grader.judge.record import FunctionRecord

SAID = ("raw_score", "penalty", "late", "overridden", "comment")
"""Columns of grades.csv behind the functions, where a policy or a person had a say."""
RESULTS = "results.jsonl"


class _HandedIn(msgspec.Struct):
    layout: str
    why: str
    notes: list[str]
    nothing: list[str]
    unknown: list[str]
    twice: list[list[str]]
    attempts: dict[str, int]


PARTS: dict[str, Any] = {
    "seed": int,
    "versions": dict[str, str],
    "functions": list[str],
    "finished": str | None,
    "sandbox": str | None,
    "overrides": list[dict[str, str | float | None]],
    "policy": dict[str, Any] | None,
    "handed_in": _HandedIn,
    "people": dict[str, Any],
    "reproduce": str,
    "folder": str,
}
"""The parts of run.json that are read back, and of what kind each is."""


def write_results(folder: Path, graded: Sequence[Judged], functions: Sequence[str]) -> None:
    """results.jsonl and grades.csv, sorted by student."""
    by_student = sorted(graded, key=lambda g: g.student)
    records = [record for g in by_student for record in g.records]
    write_atomically(folder / RESULTS, b"".join(msgspec.json.encode(record) + b"\n" for record in records))
    write_atomically(folder / "grades.csv", grades_csv(by_student, functions).encode())
    finals = [msgspec.json.encode(g.final) + b"\n" for g in by_student if g.final]
    if finals:
        write_atomically(folder / "finals.jsonl", b"".join(finals))
    else:
        (folder / "finals.jsonl").unlink(missing_ok=True)


def grades_csv(graded: Sequence[Judged], functions: Sequence[str]) -> str:
    """One row per student; a grader fault is an empty cell, and leaves no total until a person decides.

    Where a policy or a person had a say, `score` is what counts, and columns behind the functions say how it came
    about; those of the functions hold what the checks gave.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    more = SAID if any(student.final for student in graded) else ()
    writer.writerow(["student", "score", "max_score", "status", *functions, *more])
    for student in graded:
        scores = {record.function: record.score for record in student.records}
        total = None if None in scores.values() else sum(score or 0.0 for score in scores.values())
        final = student.final
        maximum = _points(sum(record.max_score for record in student.records))
        row = [defused(student.student), _points(final.score if final else total), maximum]
        row += [defused(student.human or "ok"), *(_points(scores[function]) for function in functions)]
        writer.writerow([*row, *(_said(final) if final else [""] * len(more))])
    return text.getvalue()


def _said(final: Final) -> list[str]:
    """The cells behind the functions, as SAID names them."""
    overridden = "; ".join(f"{function or 'total'} {_points(score)}" for function, score in final.scores.items())
    cells = [_points(final.raw_score), _points(final.penalty), final.why, overridden, final.comment]
    return [defused(cell) for cell in cells]


def _points(score: float | None) -> str:
    return "" if score is None else f"{score:.2f}"


def write_run(folder: Path, facts: dict[str, Any]) -> None:
    """run.json: how this run was made, and how to make it again."""
    write_atomically(folder / "run.json", msgspec.json.format(msgspec.json.encode(facts), indent=2) + b"\n")


def read_run(folder: Path) -> dict[str, Any]:
    """The run.json of an earlier run into the same folder; empty when there is none that can be read.

    A part that is not of its kind, since somebody has edited the file, is left out.
    """
    try:
        found = msgspec.json.decode((folder / "run.json").read_bytes())
    except (OSError, msgspec.DecodeError):
        return {}
    parts = found.items() if isinstance(found, dict) else ()
    return {part: value for part, value in parts if part not in PARTS or _is_a(value, PARTS[part])}


def _is_a(value: object, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def read_finals(folder: Path) -> dict[str, Final]:
    """The final scores by student; empty when neither a policy nor a person had a say. Raises UsageError."""
    path = folder / "finals.jsonl"
    try:
        finals = [msgspec.json.decode(line, type=Final) for line in path.read_bytes().splitlines()]
    except OSError:
        return {}
    except msgspec.DecodeError as error:
        raise UsageError(
            "{file}: cannot be read ({error}). Grade again into this folder", file=path, error=error
        ) from None
    return {final.student: final for final in finals}


def read_results(folder: Path) -> list[FunctionRecord]:
    """The results.jsonl of a run. Raises UsageError."""
    with _results_of(folder) as file:
        return [msgspec.json.decode(line, type=FunctionRecord) for line in file]


@contextmanager
def _results_of(folder: Path) -> Iterator[BinaryIO]:
    """The results.jsonl of a run, to be read line by line. Raises UsageError, also for what goes wrong inside."""
    path = folder / RESULTS
    try:
        with path.open("rb") as file:
            yield file
    except OSError:
        raise UsageError(
            "{path}: no results.jsonl in it. Name a folder that `grader grade --out` wrote", path=folder
        ) from None
    except msgspec.DecodeError as error:
        raise UsageError(
            "{file}: cannot be read ({error}). Grade again into this folder", file=path, error=error
        ) from None


def read_status(folder: Path) -> dict[str, str]:
    """Why a human must look, by the student as grades.csv shows the name; empty when there is no such file."""
    try:
        rows = list(csv.DictReader(io.StringIO((folder / "grades.csv").read_text("utf-8"), newline="")))
    except OSError:
        return {}
    return {row["student"]: fused(row["status"]) for row in rows if row.get("status", "ok") != "ok"}


def read_judged(folder: Path) -> list[Judged]:
    """Everybody as the files of a run show them. Raises UsageError."""
    by_student: dict[str, list[FunctionRecord]] = {}
    for record in read_results(folder):
        by_student.setdefault(record.student, []).append(record)
    finals, status = read_finals(folder), read_status(folder)
    return [
        Judged(student, tuple(records), status.get(defused(student), ""), final=finals.get(student))
        for student, records in by_student.items()
    ]


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
        raise UsageError(
            "{file}: cannot be read ({error}). Grade again into this folder", file=folder / RESULTS, error=error
        ) from None


def _lines(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every line, with whose it is."""
    decoder = msgspec.json.Decoder(_Line)
    with _results_of(folder) as file:
        for line in file:
            yield decoder.decode(line).student, line


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
