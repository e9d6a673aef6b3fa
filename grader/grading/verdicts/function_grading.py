"""Decide on one function from its outcomes: verdicts, misconceptions, record, pictures.

Theory of operation
    Most answers of a class to a check are equal to the last bit. `execution.guest.frames` and
    `execution.host.dask_serialization` decode equal bytes once (`lru_cache`), so equal outcomes are the same object,
    and `id()` is the key under which a decision is reused. A decision keeps its outcomes alive, so no other object can
    get one of these ids. Outcomes that are equal but not the same object are only decided twice.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

from grader.core.outcomes import Outcome
from grader.course.library import Library
from grader.grading.verdicts.diagnosis import recognise, with_hints
from grader.grading.verdicts.entry import FunctionEntry, make_entry
from grader.grading.verdicts.pictures import Picture, picture_of
from grader.grading.verdicts.references import References
from grader.grading.verdicts.verdict import Verdict, decide

MAX_PICTURES = 3
"""Pictures kept of one function: the first ones show the trouble, the rest repeat it."""

REMEMBERED = 2048
"""Grades that are remembered: a few kilobytes each."""

Outcomes: TypeAlias = tuple[Outcome, ...]
"""What one function gave, in the order of its checks."""


@dataclass(frozen=True)
class FunctionGrade:
    """The verdicts on one function, what the journal keeps of them, pictures by the name of the check."""

    verdicts: list[Verdict]
    entry: FunctionEntry
    pictures: Mapping[str, Picture]


class FunctionGrader:
    """Grades functions; equal outcomes are graded once."""

    def __init__(self, library: Library, references: References) -> None:
        self._library, self._references = library, references
        self._remembered: OrderedDict[tuple[str, tuple[int, ...]], tuple[Outcomes, FunctionGrade]] = OrderedDict()

    def grade(self, found: Mapping[str, Outcomes]) -> dict[str, FunctionGrade]:
        """Return the grade of every function of a submission, from its outcomes."""
        keys = {function: (function, tuple(map(id, outcomes))) for function, outcomes in found.items()}
        new = {f: self._decide(f, outcomes) for f, outcomes in found.items() if keys[f] not in self._remembered}
        self._references.prepare(f for f, verdicts in new.items() if any(map(_worth_a_hint, verdicts)))
        grades = {}
        for function, key in keys.items():
            if function in new:
                self._remembered[key] = found[function], self._conclude(function, new[function])
            self._remembered.move_to_end(key)
            grades[function] = self._remembered[key][1]
        while len(self._remembered) > REMEMBERED:
            self._remembered.popitem(last=False)
        return grades

    def _decide(self, function: str, outcomes: Outcomes) -> list[Verdict]:
        solution = self._references.solution(function)
        checks = self._library.course.exercise_of[function].checks_of(function)
        return [decide(check, outcome, solution[check.id]) for check, outcome in zip(checks, outcomes, strict=True)]

    def _conclude(self, function: str, verdicts: list[Verdict]) -> FunctionGrade:
        named: tuple[str, ...] = ()
        if any(map(_worth_a_hint, verdicts)):
            known = self._references.known(function)
            named = recognise(verdicts, known)
            verdicts = with_hints(verdicts, known, named)
        entry = make_entry(self._library.course.exercise_of[function], function, verdicts, named)
        return FunctionGrade(verdicts, entry, self._pictures(function, verdicts))

    def _pictures(self, function: str, verdicts: list[Verdict]) -> dict[str, Picture]:
        """Pictures of the first few failed checks of a function that a picture says more of than words."""
        solution = self._references.solution(function)
        drawn = ((v.check.name, picture_of(v, solution[v.check.id])) for v in verdicts if v.differences)
        return dict(islice(((name, picture) for name, picture in drawn if picture), MAX_PICTURES))


def _worth_a_hint(verdict: Verdict) -> bool:
    """Whether a known mistake could explain it: something was tried, and it is wrong."""
    return verdict.status.value in ("failed", "raised", "timed_out", "crashed")
