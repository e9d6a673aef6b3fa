"""Change one row of the overrides.csv in a results folder, and note in it the automatic score that it replaces."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from math import isfinite
from pathlib import Path

from grader.core.errors import UsageError
from grader.core.visible_text import visible
from grader.grading.policy.final_score import TOTAL, Override
from grader.grading.policy.override_students import StudentCells
from grader.grading.policy.overrides import FILE, TOTAL_NAMES, read_override_table, write_override_table
from grader.grading.results.final_result import FinalResult
from grader.grading.results.result_files import read_final_results
from grader.grading.results.run_file import read_run
from grader.submissions.people import people_from_run
from grader.submissions.students.look_alikes import ID_HASH, id_hash
from grader.submissions.students.student_lookup import StudentIndex
from grader.submissions.submission import SubmissionMetadata


def change_override(
    folder: Path,
    name: str,
    function: str,
    score: float | None,
    comment: str,
    remove: bool,
    tr: Callable[[str], str],
    bonus: bool = False,
) -> Iterator[str]:
    """Write or remove the row of a student and a function; yield what was done as sentences.

    `bonus` allows a score above the maximum. Raises UsageError.
    """
    results = {result.student: result for result in read_final_results(folder)}
    metadata_by_student = people_from_run(read_run(folder))
    index = StudentIndex({student: metadata_by_student.get(student, SubmissionMetadata()) for student in results})
    student = index.require(name)
    if function.lower() in TOTAL_NAMES:
        function = TOTAL
    automatic, maximum = _automatic_score(results[student], function)
    if score is not None and not isfinite(score):
        raise UsageError("--score {score:g} is not a number of points. Use a number such as 1.5", score=score)
    if score is not None and score > maximum and not bonus and round(score, 2) == score:
        raise UsageError(
            "--score {score:g} is above the maximum of {maximum:g} points. To give it all the same, add --bonus",
            score=score,
            maximum=maximum,
        )
    if score is not None and round(score, 2) != score:
        raise UsageError(
            "Invalid --score {score:g}. Use a number from 0 to {maximum:g} with at most two decimals",
            score=score,
            maximum=maximum,
        )
    table, file = read_override_table(folder), folder / FILE
    what, who = function or tr("total"), visible(index.spelling(student))
    needs_hash = student in index.students_with_hash or table.column_index(ID_HASH) is not None

    def is_student(cells: StudentCells) -> bool:
        return cells.matches(index) == [student]

    if remove:
        if not table.remove(is_student, function):
            raise UsageError("{file} has no row for {student} and {what}", file=file, student=who, what=what)
        write_override_table(folder, table)
        yield tr("{file}: row of {student}, {what} removed").format(file=file, student=who, what=what)
    else:
        override = Override(student, function, score, comment, automatic, score is not None, bonus=bonus)
        table.put(override, is_student, id_hash(student) if needs_hash else "")
        write_override_table(folder, table)
        if score is None:
            yield tr("{file}: a comment for {student}, {what}").format(file=file, student=who, what=what)
        else:
            words = tr("{file}: {student}, {what}: {score} (automatic: {automatic})")
            yield words.format(
                file=file,
                student=who,
                what=what,
                score=_format_score(score, tr),
                automatic=_format_score(automatic, tr),
            )


def _automatic_score(result: FinalResult, function: str) -> tuple[float | None, float]:
    """Return the automatic score of a function or of the total, and its maximum. Raises UsageError."""
    if function == TOTAL:
        return result.final.automatic, sum(record.max_score for record in result.records)
    for record in result.records:
        if record.function == function:
            return record.score, record.max_score
    names = [record.function for record in result.records]
    close = get_close_matches(function, names, 1, 0.5)
    if close:
        raise UsageError("No function {name}. Did you mean {near}?", name=function, near=close[0])
    raise UsageError("No function {name}. Known: {all}", name=function, all=", ".join(names))


def _format_score(score: float | None, tr: Callable[[str], str]) -> str:
    return tr("none") if score is None else f"{score:.2f}"
