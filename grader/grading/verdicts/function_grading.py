"""Grade one function of a submission: decide the verdicts from the outcomes of its checks, and name misconceptions.

Theory of operation
    Most answers of a class to a check have exactly the same outcome, so their grade is computed once and reused.
    `execution.guest.frames` and `execution.host.dask_serialization` decode equal bytes once (`ByteCache`). So equal
    outcomes are the same object, and their `id()` is the key of the grade. A stored grade keeps its outcomes alive, so
    no other object can get one of these ids. Equal outcomes that are different objects are graded twice, which costs
    time only. An outcome that student code forges may be a thousand times as large as a real one, so the cache is
    limited in bytes, not in grades.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

import msgspec

from grader.core.byte_cache import ByteCache
from grader.core.outcomes import Observed, Outcome, TimedOut
from grader.core.values import memory_of
from grader.course.library import Library
from grader.grading.verdicts.diagnosis import add_hints
from grader.grading.verdicts.entry import FunctionEntry, make_entry
from grader.grading.verdicts.pictures import Picture, make_picture
from grader.grading.verdicts.references import References
from grader.grading.verdicts.verdict import Verdict, decide
from grader.grading.verdicts.verdict_relations import add_relations
from grader.grading.verdicts.wrong_answer_fingerprint import fingerprint

MAX_PICTURES = 3
"""Maximum number of pictures that are kept for one function; further pictures usually repeat the first."""

GRADES_LIMIT = 32 << 20
"""Maximum memory, in bytes, of the stored grades and their outcomes. Most grades take a few kilobytes."""

GRADE_BYTES, DIFFERENCE_BYTES = 4096, 512
"""Approximate memory, in bytes, of a grade without its outcomes and pictures, and of each of its differences."""

PICTURE_TIMES = 8
"""Approximate memory of a picture, as a multiple of the length of its JSON text."""

GradeKey: TypeAlias = tuple[str, tuple[int, ...]]
"""The name of a function, and the `id()` of each of its outcomes."""

Outcomes: TypeAlias = tuple[Outcome, ...]
"""The outcomes of one function in the order of its checks."""


@dataclass(frozen=True)
class FunctionGrade:
    """The verdicts on one function, its journal entry, and its pictures by the name of their check."""

    verdicts: list[Verdict]
    entry: FunctionEntry
    pictures: Mapping[str, Picture]


class FunctionGrader:
    """Grades functions, and reuses the grade of a function for other students with the same outcomes."""

    def __init__(self, library: Library, references: References) -> None:
        self._library, self._references = library, references
        self._grades: ByteCache[GradeKey, tuple[Outcomes, FunctionGrade]] = ByteCache(GRADES_LIMIT)

    def grade(self, outcomes_by_function: Mapping[str, Outcomes]) -> dict[str, FunctionGrade]:
        """Return the grade of every function of a submission. The argument maps each function to its outcomes."""
        keys = {function: (function, tuple(map(id, outcomes))) for function, outcomes in outcomes_by_function.items()}
        known = {function: found[1] for function, key in keys.items() if (found := self._grades.get(key))}
        new = {f: self._decide(f, outcomes) for f, outcomes in outcomes_by_function.items() if f not in known}
        self._references.mistakes.prepare({f: v for f, v in new.items() if any(map(_may_be_known_mistake, v))})
        grades = {}
        for function, outcomes in outcomes_by_function.items():
            if function in known:
                grades[function] = known[function]
            else:
                grade = self._make_grade(function, new[function])
                grades[function] = self._grades.put(keys[function], (outcomes, grade), _memory_of(outcomes, grade))[1]
        return grades

    def _decide(self, function: str, outcomes: Outcomes) -> list[Verdict]:
        solution = self._references.solution(function)
        checks = self._library.course.exercise_of[function].checks_of(function)
        return [decide(check, outcome, solution[check.id]) for check, outcome in zip(checks, outcomes, strict=True)]

    def _make_grade(self, function: str, verdicts: list[Verdict]) -> FunctionGrade:
        exercise = self._library.course.exercise_of[function]
        if any(map(_may_be_known_mistake, verdicts)):
            of_mistakes, diagnosis = self._references.mistakes.diagnose(function, verdicts)
            verdicts = add_hints(verdicts, of_mistakes, diagnosis)
            verdicts, unexplained = self._describe(function, verdicts, bool(diagnosis.mistakes))
            known = self._library.mistake_hashes[function]
            entry = make_entry(exercise, function, verdicts, diagnosis.mistakes, unexplained, known)
        else:
            entry = make_entry(exercise, function, verdicts)
        return FunctionGrade(verdicts, entry, self._pictures(function, verdicts))

    def _describe(self, function: str, verdicts: list[Verdict], is_explained: bool) -> tuple[list[Verdict], str]:
        """Return the verdicts with relations, and the fingerprint of an answer that no known mistake explains.

        Neither changes whether a check passes. If the arithmetic with a student's values raises an exception, the
        verdicts are returned unchanged, with an empty fingerprint, so that one student cannot stop the run.
        """
        try:
            found = add_relations(verdicts, self._references.solution(function), self._references.calls(function))
            return found, "" if is_explained else fingerprint(verdicts)
        except Exception:  # noqa: BLE001  (a value that student code made up may break any arithmetic)
            return verdicts, ""

    def _pictures(self, function: str, verdicts: list[Verdict]) -> dict[str, Picture]:
        """Return the data of pictures of the first failed checks that a picture explains better than words."""
        solution = self._references.solution(function)
        drawn = ((v.check.name, make_picture(v, solution[v.check.id])) for v in verdicts if v.differences)
        return dict(islice(((name, picture) for name, picture in drawn if picture), MAX_PICTURES))


def _memory_of(outcomes: Outcomes, grade: FunctionGrade) -> int:
    """Return the approximate memory, in bytes, of a grade and its outcomes."""
    observed = sum(memory_of(outcome.values) for outcome in outcomes if isinstance(outcome, Observed))
    differences = sum(len(verdict.differences) for verdict in grade.verdicts)
    pictures = len(msgspec.json.encode(grade.pictures)) * PICTURE_TIMES if grade.pictures else 0
    return GRADE_BYTES + observed + differences * DIFFERENCE_BYTES + pictures


def _may_be_known_mistake(verdict: Verdict) -> bool:
    """Return whether a verdict is on a wrong answer, which is compared with the known mistakes.

    A check that was ended because the submission had used up its time in all checks says nothing about the answer.
    """
    if isinstance(verdict.outcome, TimedOut) and verdict.outcome.is_over_budget:
        return False
    return verdict.status.value in ("failed", "raised", "timed_out", "crashed")
