"""Change one row of the overrides.csv in a results folder, with the automatic score that it was made against."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from pathlib import Path

from grader.core.errors import UsageError
from grader.grading.policy.final_score import TOTAL, Override, raw_total
from grader.grading.policy.named_students import find_student, nearest_student
from grader.grading.policy.overrides import FILE, WHOLE, read_sheet, write_sheet
from grader.grading.results.final_result import FinalResult
from grader.grading.results.result_files import read_final_results
from grader.grading.results.run_file import read_run
from grader.submissions.people import people_from_run
from grader.submissions.submission import SubmissionMetadata


def change_override(
    folder: Path, name: str, function: str, score: float | None, comment: str, remove: bool, tr: Callable[[str], str]
) -> Iterator[str]:
    """Put or remove the row of a student and a function; what was done, in words. Raises UsageError."""
    results = {one.student: one for one in read_final_results(folder)}
    known = people_from_run(read_run(folder))
    people = {student: known.get(student, SubmissionMetadata()) for student in results}
    student = find_student(name, people)
    if student is None:
        near = nearest_student(name, people)
        if near:
            raise UsageError(
                "{path}: no results of {name!r} in it. Did you mean {near}?", path=folder, name=name, near=near
            )
        raise UsageError("{path}: no results of {name!r} in it", path=folder, name=name)
    if function.lower() in WHOLE:
        function = TOTAL
    automatic, maximum = _automatic(results[student], function)
    if score is not None and (score > maximum or round(score, 2) != score):
        raise UsageError(
            "--score {score:g}: a number from 0 to {maximum:g} is needed, with two decimals at most",
            score=score,
            maximum=maximum,
        )
    sheet, file = read_sheet(folder), folder / FILE
    what = function or tr("total")

    def same(cell: str) -> bool:
        return find_student(cell, people) == student

    if remove:
        if not sheet.remove(same, function):
            raise UsageError(
                "{file}: nothing about {student!r} and {what} in it", file=file, student=student, what=what
            )
        write_sheet(folder, sheet)
        yield tr("{file}: removed what it said of {student}, {what}").format(file=file, student=student, what=what)
    else:
        sheet.put(Override(student, function, score, comment, automatic, score is not None), same)
        write_sheet(folder, sheet)
        if score is None:
            yield tr("{file}: a comment for {student}, {what}").format(file=file, student=student, what=what)
        else:
            words = tr("{file}: {student}, {what}: {score} (automatic: {automatic})")
            yield words.format(
                file=file, student=student, what=what, score=_shown(score, tr), automatic=_shown(automatic, tr)
            )
    yield tr("Grade again with the same command to put it in force: what was judged is not judged again.")


def _automatic(result: FinalResult, function: str) -> tuple[float | None, float]:
    """What the grader gives for a function, or for the whole; and the most that could be had. Raises UsageError."""
    if function == TOTAL:
        total = result.final.automatic if result.final else raw_total(result.records)
        return total, sum(record.max_score for record in result.records)
    for record in result.records:
        if record.function == function:
            return record.score, record.max_score
    names = [record.function for record in result.records]
    close = get_close_matches(function, names, 1, 0.5)
    if close:
        raise UsageError("{name}: no such function. Did you mean {near}?", name=function, near=close[0])
    raise UsageError("{name}: no such function. There are {all}", name=function, all=", ".join(names))


def _shown(score: float | None, tr: Callable[[str], str]) -> str:
    return tr("none") if score is None else f"{score:.2f}"
