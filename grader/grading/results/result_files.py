"""Write and read the result files of a run: results.jsonl, grades.csv, finals.jsonl.

A reader never sees half a file: each file appears under its name only when it is complete.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from grader.core.errors import DAMAGED, UsageError
from grader.core.files.atomic_files import open_atomically, remove_unfinished
from grader.core.files.regular_files import open_regular, read_regular
from grader.core.visible_text import escape_cell, unescape_cell
from grader.grading.policy.final_score import FinalScore, compute_final_score
from grader.grading.policy.policy import Policy
from grader.grading.results.final_result import FinalResult
from grader.grading.results.run_file import missing_results, read_run
from grader.grading.verdicts.record import FunctionRecord
from grader.submissions.people import people_from_run
from grader.submissions.students.look_alikes import ID_HASH, id_hash, ids_with_hash
from grader.submissions.submission import SubmissionMetadata

COLUMNS = ("student", "name", "email", "score", "max_score", "status")
"""First columns of grades.csv; the functions follow."""
POLICY_COLUMNS = ("raw_score", "penalty", "late", "overridden", "comment")
"""Columns of grades.csv after the functions, if there is a policy or an override."""
RESULTS, GRADES, FINALS = "results.jsonl", "grades.csv", "finals.jsonl"


class ResultFiles:
    """Writer of results.jsonl, grades.csv and finals.jsonl, student by student in the order of their ids.

    All files appear when the `with` block ends without an exception. `with_policy` is true if there is a policy or an
    override; otherwise grades.csv lacks POLICY_COLUMNS. `with_id_hash` is true if the id of a student needs a hash
    (`ids_with_hash`). Raises UsageError if a file cannot be written.
    """

    def __init__(self, folder: Path, functions: Sequence[str], with_policy: bool, with_id_hash: bool = False) -> None:
        self._folder, self._open_files = folder, ExitStack()
        self._table = GradeRows(functions, with_policy, with_id_hash)

    def __enter__(self) -> ResultFiles:
        names = (RESULTS, GRADES, FINALS)
        with ExitStack() as opened:  # if one file cannot be opened, the files before it are removed again
            for name in names:
                remove_unfinished(self._folder / name)
            self._write = {name: opened.enter_context(open_atomically(self._folder / name)) for name in names}
            self._write[GRADES](self._table.header().encode())
            self._open_files = opened.pop_all()
        return self

    def add(self, result: FinalResult) -> None:
        """Write the lines of one student."""
        self._write[RESULTS](b"".join(msgspec.json.encode(record) + b"\n" for record in result.records))
        self._write[GRADES](self._table.row(result).encode())
        self._write[FINALS](msgspec.json.encode(result.final) + b"\n")

    def __exit__(self, *why: Any) -> None:
        self._open_files.__exit__(*why)


def write_results(
    folder: Path, results: Sequence[FinalResult], functions: Sequence[str], with_policy: bool = False
) -> None:
    """Write the files of `ResultFiles` for a class that is in memory, sorted by student."""
    with_id_hash = bool(ids_with_hash(result.student for result in results))
    with ResultFiles(folder, functions, with_policy, with_id_hash) as files:
        for result in sorted(results, key=lambda one: one.student):
            files.add(result)


class GradeRows:
    """Lines of grades.csv, one per student.

    The cell of an ungraded function is empty. The total is then empty, too, until a person sets a score for the
    function or the total. All scores of a missing submission are empty. `score` is the final score; the columns of
    functions hold the points of the checks. With a policy or overrides, the columns after the functions explain the
    score. With `with_id_hash`, the last column is the hash of each id. The hash distinguishes ids that look alike, and
    still identifies an id that a spreadsheet program has changed.
    """

    def __init__(self, functions: Sequence[str], with_policy: bool, with_id_hash: bool = False) -> None:
        self._functions, self._policy_columns = functions, POLICY_COLUMNS if with_policy else ()
        self._hash_columns = (ID_HASH,) if with_id_hash else ()
        self._text = io.StringIO()
        self._writer = csv.writer(self._text, lineterminator="\n")

    def header(self) -> str:
        """Return the line of column names."""
        return self._line([*COLUMNS, *self._functions, *self._policy_columns, *self._hash_columns])

    def row(self, student: FinalResult) -> str:
        """Return the line of one student."""
        scores = {record.function: record.score for record in student.records}
        final, metadata = student.final, student.metadata
        row = [*map(escape_cell, (student.student, metadata.name, metadata.email))]
        row += [_format_points(final.score), _format_points(final.max_score), final.status]
        row += [_format_points(scores[function]) for function in self._functions]
        row += _policy_cells(final) if self._policy_columns else []
        return self._line([*row, *(id_hash(student.student) for _ in self._hash_columns)])

    def _line(self, cells: Sequence[str]) -> str:
        self._text.seek(0)
        self._text.truncate()
        self._writer.writerow(cells)
        return self._text.getvalue()


def _policy_cells(final: FinalScore) -> list[str]:
    """Return the cells of one student for POLICY_COLUMNS."""
    overridden = "; ".join(f"{function or 'total'} {_format_points(score)}" for function, score in final.scores.items())
    cells = [_format_points(final.raw_score), _format_points(final.penalty), final.why, overridden, final.comment]
    return [escape_cell(cell) for cell in cells]


def _format_points(score: float | None) -> str:
    return "" if score is None else f"{score:.2f}"


def _damaged(file: Path, error: Exception) -> UsageError:
    return UsageError("{file}: cannot be read ({error}). Grade again into this folder", file=file, error=error)


def read_finals(folder: Path) -> dict[str, FinalScore]:
    """Return the final scores by student; empty if finals.jsonl is missing. Raises UsageError."""
    path = folder / FINALS
    try:
        finals = [msgspec.json.decode(line, type=FinalScore) for line in read_regular(path).splitlines()]
    except OSError:
        return {}
    except DAMAGED as error:
        raise _damaged(path, error) from None
    return {final.student: final for final in finals}


def read_results(folder: Path) -> list[FunctionRecord]:
    """Return all records in results.jsonl. Raises UsageError."""
    with _open_results(folder) as file:
        return [msgspec.json.decode(line, type=FunctionRecord) for line in file]


@contextmanager
def _open_results(folder: Path) -> Iterator[BinaryIO]:
    """Open results.jsonl. Raises UsageError, also if the body of `with` cannot decode a line."""
    path = folder / RESULTS
    try:
        with open_regular(path) as file:
            yield file
    except OSError:
        raise missing_results(folder) from None
    except DAMAGED as error:
        raise _damaged(path, error) from None


def read_final_results(folder: Path) -> list[FinalResult]:
    """Return the final results of a run, read from its files. Raises UsageError.

    Release 0.1 wrote finals.jsonl only if there was a policy or an override. Release 0.1 wrote the reason for review
    into grades.csv.
    """
    by_student: dict[str, list[FunctionRecord]] = {}
    for record in read_results(folder):
        by_student.setdefault(record.student, []).append(record)
    people, finals, old_reasons = people_from_run(read_run(folder)), read_finals(folder), _read_old_reasons(folder)
    found = []
    for student, records in by_student.items():
        metadata = people.get(student, SubmissionMetadata())
        final = finals.get(student) or compute_final_score(records, metadata, Policy(), {})
        if reason := old_reasons.get(escape_cell(student)):
            final = msgspec.structs.replace(final, flags=[reason])
        found.append(FinalResult(student, tuple(records), final, metadata))
    return found


def _read_old_reasons(folder: Path) -> dict[str, str]:
    """Return the reason for review by student, from a grades.csv of release 0.1.

    The result is empty if a later release wrote the file, or if the file is missing.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(read_regular(folder / GRADES).decode("utf-8"), newline="")))
    except (OSError, UnicodeDecodeError, csv.Error):
        return {}
    rows = [] if rows and "name" in rows[0] else rows
    reasons = ((row.get("student"), row.get("status")) for row in rows)  # a row may be too short
    return {student: unescape_cell(status) for student, status in reasons if student and status not in (None, "", "ok")}


class AnswerOfLine(msgspec.Struct):
    """The student, the function and the fingerprint in a line of results.jsonl; the other keys are skipped."""

    student: str
    function: str
    fingerprint: str = ""


def read_fingerprints(folder: Path) -> Iterator[AnswerOfLine]:
    """Yield the lines of results.jsonl one by one, so that the file may be larger than memory. Raises UsageError."""
    decoder = msgspec.json.Decoder(AnswerOfLine)
    with _open_results(folder) as file:
        for line in file:
            yield decoder.decode(line)


class _StudentOfLine(msgspec.Struct):
    """The student of a line of results.jsonl; the other keys are skipped."""

    student: str


def read_students(folder: Path) -> list[str]:
    """Return the students in results.jsonl in its order; the file may be larger than memory. Raises UsageError."""
    return list(dict.fromkeys(student for student, _ in _lines_by_student(folder)))


def read_student_records(folder: Path, student: str) -> list[FunctionRecord]:
    """Return the records of one student. Raises UsageError."""
    lines = (line for line_student, line in _lines_by_student(folder) if line_student == student)
    try:
        return [msgspec.json.decode(line, type=FunctionRecord) for line in lines]
    except DAMAGED as error:
        raise _damaged(folder / RESULTS, error) from None


def _lines_by_student(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield a pair (student, line) for each line of results.jsonl."""
    decoder = msgspec.json.Decoder(_StudentOfLine)
    with _open_results(folder) as file:
        for line in file:
            yield decoder.decode(line).student, line
