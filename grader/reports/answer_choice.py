"""Find the wrong answer that `grader adopt` turns into a known mistake, and count the students who gave it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.core.errors import UsageError
from grader.course.function_lookup import resolve_function
from grader.grading.results.answer_lookup import Answer, AnswerLookup
from grader.grading.results.result_files import read_fingerprints, read_student_records, read_students
from grader.grading.results.run_file import JOURNAL_FILE
from grader.grading.verdicts.record import FunctionRecord
from grader.submissions.students.student_lookup import StudentIndex
from grader.submissions.submission import SubmissionMetadata


@dataclass(frozen=True)
class ChosenAnswer:
    """An answer that no known mistake explains, and the number of students who gave it."""

    answer: Answer
    students: int

    @property
    def function(self) -> str:
        """Name of the function that the answer defines."""
        return self.answer.entry.function


def choose_answer(folder: Path, student: str, function: str, people: Mapping[str, SubmissionMetadata]) -> ChosenAnswer:
    """Return the unexplained answer of a student to a function. Raises UsageError if there is none."""
    index = StudentIndex({one: people.get(one, SubmissionMetadata()) for one in read_students(folder)})
    name = index.require(student, by_beginning=True)
    records = {record.function: record for record in read_student_records(folder, name)}
    record = records[resolve_function(function, list(records))]
    if not record.fingerprint:
        raise _not_adoptable(record)
    with AnswerLookup(folder / JOURNAL_FILE) as journal:
        answer = journal.find(name, record.function, record.fingerprint)
    if answer is None or not answer.source:
        raise UsageError("The journal in {path} has no code of this answer. Grade again into this folder", path=folder)
    wanted = (record.function, record.fingerprint)
    return ChosenAnswer(answer, sum((one.function, one.fingerprint) == wanted for one in read_fingerprints(folder)))


def _not_adoptable(record: FunctionRecord) -> UsageError:
    """Return the error that says why this answer cannot be adopted."""
    function, student = record.function, record.student
    if record.mistakes:
        return UsageError(
            "{function} of {student} cannot be adopted: known mistakes explain this answer already: {known}",
            function=function,
            student=student,
            known=", ".join(record.mistakes),
        )
    if record.outcome == "passed":
        return UsageError(
            "{function} of {student} cannot be adopted: this answer is right", function=function, student=student
        )
    return UsageError(
        "{function} of {student} cannot be adopted: this answer did not run to its end in all checks, or an earlier "
        "version of the grader graded it. To list the answers that can be adopted, run: grader unexplained RESULTS",
        function=function,
        student=student,
    )
