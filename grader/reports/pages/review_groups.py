"""Group the students who need review by cause, with their functions and the command that helps, for the class page."""

from __future__ import annotations

import shlex
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.core.outcomes import Status
from grader.grading.results.final_result import FinalResult
from grader.grading.verdicts.entry import SecondTry
from grader.grading.verdicts.record import FunctionRecord

CAUSES = ("grader_fault", "unfinished", "unreadable", "several_files", "score")
"""Causes of a review in the order of the page. All causes but the last leave functions ungraded."""


@dataclass
class ReviewOfStudent:
    """The reasons for which one student needs review, all of one cause.

    `number` is the row number of the student. Each reason has its functions; none means the whole submission.
    """

    number: int
    reasons: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class ReviewGroup:
    """All students who need review for one cause; `students` holds their row numbers."""

    cause: str
    reviews: list[ReviewOfStudent] = field(default_factory=list)
    students: array[int] = field(default_factory=lambda: array("l"))

    def __len__(self) -> int:
        return len(self.students)

    @property
    def is_ungraded(self) -> bool:
        """True if functions of these students are ungraded."""
        return self.cause != "score"

    @property
    def shared_reason(self) -> str:
        """The reason, if several students are in the group and all have the same one; else an empty text."""
        reasons = {reason for review in self.reviews for reason in review.reasons}
        return reasons.pop() if len(reasons) == 1 and len(self.reviews) > 1 else ""


class ReviewGroups:
    """Collects the reasons for review, student by student."""

    def __init__(self) -> None:
        self._groups: dict[str, ReviewGroup] = {}

    def add(self, result: FinalResult, number: int) -> None:
        """Add the reasons of one student, whose row has this number."""
        for cause, reason, function in _reasons(result):
            group = self._groups.setdefault(cause, ReviewGroup(cause))
            if not group.reviews or group.reviews[-1].number != number:
                group.reviews.append(ReviewOfStudent(number))
                group.students.append(number)
            functions = group.reviews[-1].reasons.setdefault(reason, [])
            functions.extend([function] if function else [])

    @property
    def groups(self) -> list[ReviewGroup]:
        """The groups that have a student, in the order of CAUSES."""
        return [self._groups[cause] for cause in CAUSES if cause in self._groups]


def _reasons(result: FinalResult) -> Iterator[tuple[str, str, str]]:
    """Yield (cause, reason, function) for each reason of a student; an empty function means the whole submission."""
    records = {record.function: record for record in result.records}
    for function, reason in result.final.reviews.items():
        yield _cause_of(records[function]), reason, function
    for flag in result.final.flags:
        yield "score", flag, ""


def _cause_of(record: FunctionRecord) -> str:
    """Return the cause, one of CAUSES, for which a function is ungraded."""
    if record.outcome == Status.GRADER_FAULT:
        return "grader_fault"
    if record.second_try == SecondTry.LEFT:
        return "unfinished"
    return "several_files" if record.other_files else "unreadable"


def cause_titles(tr: Callable[[str], str]) -> dict[str, str]:
    """Return the heading of each cause."""
    return {
        "grader_fault": tr("Ungraded: the grader failed"),
        "unfinished": tr("Ungraded: the run ended before the second try"),
        "unreadable": tr("Ungraded: no code that can be graded"),
        "several_files": tr("Ungraded: several files define the function"),
        "score": tr("Graded: a person must confirm the score"),
    }


def cause_advice(tr: Callable[[str], str]) -> dict[str, str]:
    """Return for each cause the advice that the page shows above the commands."""
    return {
        "grader_fault": tr("Grade again. If the grader fails again, set the score by hand:"),
        "unfinished": tr("Finish the run, or set the score by hand:"),
        "unreadable": tr(
            "Ask for a .py file, a notebook or a .zip, put it in the place of the old file, and grade again. Or set "
            "the score by hand:"
        ),
        "several_files": tr("Choose the file to grade. The other functions keep their verdicts:"),
        "score": tr(
            "Look at the submission. If the score is wrong, set the right one. To set the total, leave out FUNCTION:"
        ),
    }


def cause_commands(group: ReviewGroup, results: str, student: str) -> list[str]:
    """Return the commands that help the students of a group.

    `results` is the results folder as written in a command. `student` is the only student of the group, or empty.
    """
    who = shlex.quote(student) if student else "STUDENT"
    override = f"grader override {who} FUNCTION --score POINTS --results {results} --apply"
    if group.cause == "several_files":
        return [f"grader accept {who} FILE --results {results} --apply"]
    if group.cause == "score":
        return [f"grader show {who} --results {results}", override]
    return [f"grader regrade {results}", override]


def results_in_command(folder: Path, run: Mapping[str, Any]) -> str:
    """Return the results folder as written in a command that is typed in the folder where the run was started."""
    start = run.get("folder")
    if isinstance(start, str) and folder.is_absolute() and folder.is_relative_to(start):
        folder = folder.relative_to(start)
    return shlex.quote(str(folder))


def name_functions(functions: Sequence[str], by_exercise: Mapping[str, Sequence[str]], tr: Callable[[str], str]) -> str:
    """Return functions as a short text: "all 11 functions", or their names.

    Instead of all functions of an exercise, it names the exercise. `by_exercise` holds all functions of the run.
    """
    chosen = set(functions)
    total = sum(map(len, by_exercise.values()))
    if len(chosen) == total and total > 1:
        return tr("all {number} functions").format(number=total)
    parts: list[str] = []
    for exercise, members in by_exercise.items():
        found = [function for function in members if function in chosen]
        if len(found) == len(members) > 1:
            parts.append(tr("{exercise} (all {number} functions)").format(exercise=exercise, number=len(members)))
        else:
            parts.extend(found)
    return ", ".join(parts)
