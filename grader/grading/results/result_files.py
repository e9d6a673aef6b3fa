"""Write what a batch found: results.jsonl, grades.csv and finals.jsonl. Every file appears whole or not at all."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from grader.core.atomic_files import open_atomically, remove_unfinished
from grader.core.errors import UsageError
from grader.core.visible_text import escape_cell, unescape_cell
from grader.grading.policy.final_score import Final
from grader.grading.results.final_result import FinalResult
from grader.grading.verdicts.record import FunctionRecord

SAID = ("raw_score", "penalty", "late", "overridden", "comment")
"""Columns of grades.csv behind the functions, where a policy or a person had a say."""
RESULTS, GRADES, FINALS = "results.jsonl", "grades.csv", "finals.jsonl"


class ResultFiles:
    """results.jsonl, grades.csv and finals.jsonl of a folder, written student by student, by name.

    They appear together when the body of `with` has ended well. `said` tells whether a policy or a person had a say in
    anything. Raises UsageError when a file cannot be written.
    """

    def __init__(self, folder: Path, functions: Sequence[str], said: bool) -> None:
        self._folder, self._table = folder, Grades(functions, said)
        self._said, self._open = said, ExitStack()

    def __enter__(self) -> ResultFiles:
        names = (RESULTS, GRADES, FINALS) if self._said else (RESULTS, GRADES)
        with ExitStack() as opened:  # when the second cannot be opened the first is taken back
            for name in names:
                remove_unfinished(self._folder / name)
            self._write = {name: opened.enter_context(open_atomically(self._folder / name)) for name in names}
            self._write[GRADES](self._table.head().encode())
            self._open = opened.pop_all()
        return self

    def add(self, result: FinalResult) -> None:
        """Write the lines of a student."""
        self._write[RESULTS](b"".join(msgspec.json.encode(record) + b"\n" for record in result.records))
        self._write[GRADES](self._table.row(result).encode())
        if result.final:
            self._write[FINALS](msgspec.json.encode(result.final) + b"\n")

    def __exit__(self, *why: Any) -> None:
        self._open.__exit__(*why)
        if why == (None, None, None) and not self._said:
            (self._folder / FINALS).unlink(missing_ok=True)


def write_results(folder: Path, results: Sequence[FinalResult], functions: Sequence[str]) -> None:
    """Write the same files for a class that is in memory, sorted by student."""
    with ResultFiles(folder, functions, any(result.final for result in results)) as files:
        for result in sorted(results, key=lambda one: one.student):
            files.add(result)


class Grades:
    """The lines of grades.csv, one per student.

    An ungraded function is an empty cell, and leaves the total empty until a person sets a score. With a policy or
    overrides (`said`), `score` is the final score, and columns after the functions explain it; the columns of functions
    hold the points of the checks.
    """

    def __init__(self, functions: Sequence[str], said: bool) -> None:
        self._functions, self._more = functions, SAID if said else ()
        self._text = io.StringIO()
        self._writer = csv.writer(self._text, lineterminator="\n")

    def head(self) -> str:
        """The names of the columns."""
        return self._line(["student", "score", "max_score", "status", *self._functions, *self._more])

    def row(self, student: FinalResult) -> str:
        """One student."""
        scores = {record.function: record.score for record in student.records}
        total = None if None in scores.values() else sum(score or 0.0 for score in scores.values())
        final = student.final
        maximum = _points(sum(record.max_score for record in student.records))
        row = [escape_cell(student.student), _points(final.score if final else total), maximum]
        row += [escape_cell(student.human or "ok"), *(_points(scores[function]) for function in self._functions)]
        return self._line([*row, *(_said(final) if final else [""] * len(self._more))])

    def _line(self, cells: Sequence[str]) -> str:
        self._text.seek(0)
        self._text.truncate()
        self._writer.writerow(cells)
        return self._text.getvalue()


def _said(final: Final) -> list[str]:
    """The cells behind the functions, as SAID names them."""
    overridden = "; ".join(f"{function or 'total'} {_points(score)}" for function, score in final.scores.items())
    cells = [_points(final.raw_score), _points(final.penalty), final.why, overridden, final.comment]
    return [escape_cell(cell) for cell in cells]


def _points(score: float | None) -> str:
    return "" if score is None else f"{score:.2f}"


def read_finals(folder: Path) -> dict[str, Final]:
    """The final scores by student; empty when neither a policy nor a person had a say. Raises UsageError."""
    path = folder / FINALS
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
            "No results.jsonl in this folder: {path}. Name a results folder of `grader grade --out`", path=folder
        ) from None
    except msgspec.DecodeError as error:
        raise UsageError(
            "{file}: cannot be read ({error}). Grade again into this folder", file=path, error=error
        ) from None


def read_status(folder: Path) -> dict[str, str]:
    """Return the reasons for review by student, as grades.csv names them; empty when there is no such file."""
    try:
        rows = list(csv.DictReader(io.StringIO((folder / GRADES).read_text("utf-8"), newline="")))
    except OSError:
        return {}
    return {row["student"]: unescape_cell(row["status"]) for row in rows if row.get("status", "ok") != "ok"}


def read_final_results(folder: Path) -> list[FinalResult]:
    """Read the final results of a run from its files. Raises UsageError."""
    by_student: dict[str, list[FunctionRecord]] = {}
    for record in read_results(folder):
        by_student.setdefault(record.student, []).append(record)
    finals, status = read_finals(folder), read_status(folder)
    return [
        FinalResult(student, tuple(records), status.get(escape_cell(student), ""), final=finals.get(student))
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
