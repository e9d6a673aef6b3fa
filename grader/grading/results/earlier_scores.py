"""Scores in the last grades.csv: `grade` stops before a run with fewer students or functions drops any of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from grader.core.errors import UsageError
from grader.core.files.regular_files import read_regular
from grader.core.visible_text import escape_cell, join_and_count_names, join_names, unescape_cell, visible
from grader.grading.policy.final_score import TOTAL
from grader.grading.results.final_result import FinalResult
from grader.grading.results.result_files import COLUMNS, GRADES, POLICY_COLUMNS
from grader.submissions.csv_encodings import decode_file
from grader.submissions.people import display_name
from grader.submissions.students.look_alikes import ID_HASH, id_hash

OTHER_COLUMNS = frozenset((*COLUMNS, *POLICY_COLUMNS, ID_HASH))
"""Columns of grades.csv that are not the score of a function."""


@dataclass(frozen=True)
class EarlierScores:
    """The scores in a grades.csv: `functions` maps a student to the functions with a score.

    TOTAL is among these functions if the student's total has a score. The key of a student is the cell `student`. If
    the table has a column with the hash of each id, the key is this hash, and `cells` maps the hash to the cell.
    """

    functions: Mapping[str, frozenset[str]]
    cells: Mapping[str, str] = field(default_factory=dict)

    def of(self, student: str) -> frozenset[str]:
        """Return the functions for which the student with this id has a score; TOTAL if the total has one."""
        return self.functions.get(self._key(student), frozenset())

    def lists_all(self, students: Iterable[str]) -> bool:
        """Return whether the table has a row for each of these students."""
        return all(self._key(student) in self.functions for student in students)

    def _key(self, student: str) -> str:
        return id_hash(student) if self.cells else escape_cell(student)

    def refuse_to_drop(self, students: Iterable[str], functions: Iterable[str], out: Path) -> None:
        """Raise UsageError if a student or a function that has a score is not among these students and functions."""
        scored = frozenset[str]().union(*self.functions.values()) - {TOTAL}
        present = set(map(self._key, students))
        lost_functions = sorted(scored - {*functions})
        lost_keys = [key for key, own in self.functions.items() if own and key not in present]
        lost_students = [unescape_cell(self.cells.get(key, key)) for key in lost_keys]
        if not lost_functions and not lost_students:
            return
        file = out / GRADES
        listed_functions, listed_students = (visible(join_and_count_names(s)) for s in (lost_functions, lost_students))
        if not lost_students:
            raise UsageError(
                "{file} has scores of functions that are not in this run: {functions}. To keep them, run again with "
                "these functions (what has not changed is not graded again), or choose another --out. To drop them "
                "from the files, add --replace. The journal keeps all verdicts",
                file=file,
                functions=listed_functions,
            )
        if not lost_functions:
            raise UsageError(
                "{file} has scores of students who are not in this run: {students}. To keep them, pass all "
                "submissions (what has not changed is not graded again), or choose another --out. To drop them from "
                "the files, add --replace. The journal keeps all verdicts",
                file=file,
                students=listed_students,
            )
        raise UsageError(
            "{file} has scores that are not in this run, of functions: {functions}; of students: {students}. To keep "
            "them, choose another --out. To drop them from the files, add --replace. The journal keeps all verdicts",
            file=file,
            functions=listed_functions,
            students=listed_students,
        )


def read_earlier_scores(out: Path) -> EarlierScores:
    """Return the scores in the grades.csv of a results folder; no scores if the file is missing. Raises UsageError."""
    try:
        text = decode_file(read_regular(out / GRADES))
    except OSError:
        return EarlierScores({})
    try:
        return _scores_in_table(csv.DictReader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise UsageError(
            "{file}: cannot be read as a table ({error}), so the scores that this run would drop are not known. "
            "Move the file away, then run the same command again",
            file=out / GRADES,
            error=error,
        ) from None


def _scores_in_table(rows: csv.DictReader[str]) -> EarlierScores:
    columns = {name: TOTAL if name == "score" else name for name in rows.fieldnames or ()}
    scores = [name for name in columns if name == "score" or name not in OTHER_COLUMNS]
    known: dict[frozenset[str], frozenset[str]] = {}  # stores each set once: most students have equal sets
    found, cells = dict[str, frozenset[str]](), dict[str, str]()
    for row in rows:
        own = frozenset(columns[name] for name in scores if row.get(name))
        cell, hash_ = row.get("student") or "", row.get(ID_HASH) or ""
        found[hash_ or cell] = known.setdefault(own, own)
        if hash_:
            cells[hash_] = cell
    return EarlierScores(found, cells)


@dataclass
class LostScores:
    """Collects functions that had a score in the last run and are ungraded now. Call `add` with each final result."""

    earlier: EarlierScores
    found: dict[str, list[str]] = field(default_factory=dict)

    def add(self, result: FinalResult) -> None:
        """Note the functions of one student that lost their score and that no person has scored."""
        had = self.earlier.of(result.student)
        overridden = result.final.overridden
        lost = [r.function for r in result.records if r.score is None and r.function in had]
        if lost := [function for function in lost if function not in overridden]:
            name = display_name(result.student, {result.student: result.metadata})
            self.found[name] = lost

    def lines(self, tr: Callable[[str], str]) -> Iterable[str]:
        """Yield one line that lists the collected functions by student; no line if there are none."""
        if self.found:
            students = [f"{name}: {join_and_count_names(functions)}" for name, functions in self.found.items()]
            text = tr("scored in the last run, ungraded now ({count}): {students}")
            count = sum(map(len, self.found.values()))
            yield visible(text.format(count=count, students=join_names(students, separator="; ")))
