"""Group the wrong answers of a class that no known mistake explains: answers with the same fingerprint are one group.

Only a few bytes for each answer are kept, so that a class of a hundred thousand students fits into memory.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from grader.grading.results.final_result import FinalResult


@dataclass(frozen=True)
class AnswerGroup:
    """Answers to one function that are wrong in the same way.

    `students` holds the positions of their students in `UnexplainedAnswers.students`.
    """

    function: str
    fingerprint: str
    students: array[int]

    def __len__(self) -> int:
        return len(self.students)


@dataclass
class _FunctionAnswers:
    """The unexplained answers to one function.

    For each answer, `fingerprints` holds its fingerprint as a number, and `students` the position of its student in
    `UnexplainedAnswers.students`.
    """

    fingerprints: array[int] = field(default_factory=lambda: array("Q"))
    students: array[int] = field(default_factory=lambda: array("L"))

    def group_sizes(self) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.intp]]:
        """Return the different fingerprints, and the number of answers with each."""
        return np.unique(np.frombuffer(self.fingerprints, np.uint64), return_counts=True)

    def students_with(self, fingerprint: int) -> array[int]:
        found = (s for s, f in zip(self.students, self.fingerprints, strict=True) if f == fingerprint)
        return array("L", found)


class UnexplainedAnswers:
    """Collects the unexplained answers of a class. `students` holds the ids of all students added so far."""

    def __init__(self) -> None:
        self.students: list[str] = []
        self._functions: dict[str, _FunctionAnswers] = {}

    def add(self, result: FinalResult) -> None:
        """Collect the unexplained answers of one student."""
        for record in result.records:
            self.add_answer(result.student, record.function, record.fingerprint)

    def add_answer(self, student: str, function: str, fingerprint: str) -> None:
        """Add a student, and their answer unless its fingerprint is empty.

        Add all answers of a student before the first answer of the next student.
        """
        if not self.students or self.students[-1] != student:
            self.students.append(student)
        if fingerprint:
            answers = self._functions.setdefault(function, _FunctionAnswers())
            answers.fingerprints.append(int(fingerprint, 16))
            answers.students.append(len(self.students) - 1)

    def largest(self, limit: int, functions: Collection[str] = ()) -> list[AnswerGroup]:
        """Return the largest groups, at most `limit`; if `functions` is not empty, only groups of these functions."""
        sizes = [
            (-int(counts[n]), place, int(fingerprints[n]), function)
            for place, (function, answers) in enumerate(self._selected(functions))
            for fingerprints, counts in [answers.group_sizes()]
            for n in np.argsort(-counts, kind="stable")[:limit]
        ]
        return [
            AnswerGroup(function, f"{number:016x}", self._functions[function].students_with(number))
            for _, _, number, function in sorted(sizes)[:limit]
        ]

    def count_groups(self, functions: Collection[str] = ()) -> int:
        """Return the number of groups; if `functions` is not empty, count only groups of these functions."""
        return sum(len(answers.group_sizes()[0]) for _, answers in self._selected(functions))

    def _selected(self, functions: Collection[str]) -> Iterator[tuple[str, _FunctionAnswers]]:
        return ((f, answers) for f, answers in self._functions.items() if not functions or f in functions)
