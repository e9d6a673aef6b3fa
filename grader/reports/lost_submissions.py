"""List the students who have 0 points because a file has a syntax error, or because no file defines a function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from grader.core.outcomes import Status
from grader.core.visible_text import join_names, visible
from grader.grading.policy.final_score import TOTAL
from grader.grading.results.final_result import FinalResult
from grader.grading.verdicts.record import FunctionRecord
from grader.grading.verdicts.wrong_answer_fingerprint import SYNTAX_ERRORS
from grader.submissions.people import display_name

SYNTAX_ERROR_STARTS = tuple(f"{error}:" for error in SYNTAX_ERRORS)
"""The message of a check begins with one of these texts if Python cannot compile the file of its function."""


@dataclass
class LostSubmissions:
    """Collects the students whose lost points a person may restore by editing a file. Call `add` with each result.

    Functions and totals whose score a person set are left out.
    """

    syntax_errors: list[tuple[str, int, int]] = field(default_factory=list)
    without_function: list[str] = field(default_factory=list)

    def add(self, result: FinalResult) -> None:
        """Note the student if a syntax error cost them all points of a function, or if no file defines any function."""
        if TOTAL in result.final.scores:
            return
        lost = [r for r in result.records if r.score == 0 and r.function not in result.final.scores]
        name = display_name(result.student, {result.student: result.metadata})
        if broken := sum(map(_has_syntax_error, lost)):
            self.syntax_errors.append((name, broken, len(result.records)))
        elif len(lost) == len(result.records) and all(record.outcome == Status.MISSING for record in lost):
            self.without_function.append(name)

    def lines(self, tr: Callable[[str], str]) -> Iterator[str]:
        """Yield one line for each cause that was found."""
        part = tr("{name} ({number} of {all} functions)")
        broken = [
            name if number == total else part.format(name=name, number=number, all=total)
            for name, number, total in self.syntax_errors
        ]
        for words, students in (
            (tr("0 points in all functions of a file with a syntax error ({count}): {students}"), broken),
            (tr("0 points because no file defines a function ({count}): {students}"), self.without_function),
        ):
            if students:
                yield visible(words.format(count=len(students), students=join_names(students)))


def _has_syntax_error(record: FunctionRecord) -> bool:
    return any(check.message.startswith(SYNTAX_ERROR_STARTS) for check in record.checks)
