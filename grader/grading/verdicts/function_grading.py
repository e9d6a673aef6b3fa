"""What is decided about one function, whoever handed it in: the same outcomes are decided, explained and drawn once.

In a class most answers to a check are the same, down to the last bit, and then they are the same object, too.
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
from grader.grading.verdicts.pictures import Picture, picture_of
from grader.grading.verdicts.record import FunctionRecord, make_record, needs_human
from grader.grading.verdicts.references import References
from grader.grading.verdicts.verdict import Verdict, decide

MAX_PICTURES = 3
"""Pictures kept of one function: the first ones show the trouble, the rest repeat it."""

REMEMBERED = 2048
"""Judgements that are remembered: a few kilobytes each."""

Outcomes: TypeAlias = tuple[Outcome, ...]
"""What one function gave, in the order of its checks."""


@dataclass(frozen=True)
class Judgement:
    """The verdicts on one function, its record as if nobody had handed it in, pictures by the name of the check.

    `human` says why a person must look, if one must.
    """

    verdicts: list[Verdict]
    record: FunctionRecord
    human: str
    pictures: Mapping[str, Picture]


class Judge:
    """Decides on functions. Remembers outcomes by their identity, and so holds on to what it remembers."""

    def __init__(self, library: Library, references: References, language: str) -> None:
        self._library, self._references, self._language = library, references, language
        self._remembered: OrderedDict[tuple[str, tuple[int, ...]], tuple[Outcomes, Judgement]] = OrderedDict()

    def judge(self, found: Mapping[str, Outcomes]) -> dict[str, Judgement]:
        """The judgement on every function of a submission, given what each gave."""
        keys = {function: (function, tuple(map(id, outcomes))) for function, outcomes in found.items()}
        new = {f: self._decide(f, outcomes) for f, outcomes in found.items() if keys[f] not in self._remembered}
        self._references.prepare(f for f, verdicts in new.items() if any(map(_worth_a_hint, verdicts)))
        judgements = {}
        for function, key in keys.items():
            if function in new:
                self._remembered[key] = found[function], self._conclude(function, new[function])
            self._remembered.move_to_end(key)
            judgements[function] = self._remembered[key][1]
        while len(self._remembered) > REMEMBERED:
            self._remembered.popitem(last=False)
        return judgements

    def _decide(self, function: str, outcomes: Outcomes) -> list[Verdict]:
        solution = self._references.solution(function)
        checks = self._library.course.exercise_of[function].checks_of(function)
        return [decide(check, outcome, solution[check.id]) for check, outcome in zip(checks, outcomes, strict=True)]

    def _conclude(self, function: str, verdicts: list[Verdict]) -> Judgement:
        named: tuple[str, ...] = ()
        if any(map(_worth_a_hint, verdicts)):
            known = self._references.known(function)
            named = recognise(verdicts, known)
            verdicts = with_hints(verdicts, known, named)
        mistakes = [self._library.mistakes[mistake] for mistake in named]
        record = make_record(self._library.course.exercise_of[function], function, verdicts, mistakes, self._language)
        return Judgement(verdicts, record, needs_human(verdicts, self._language), self._pictures(function, verdicts))

    def _pictures(self, function: str, verdicts: list[Verdict]) -> dict[str, Picture]:
        """Pictures of the first few failed checks of a function that a picture says more of than words."""
        solution = self._references.solution(function)
        drawn = ((v.check.name, picture_of(v, solution[v.check.id])) for v in verdicts if v.differences)
        return dict(islice(((name, picture) for name, picture in drawn if picture), MAX_PICTURES))


def _worth_a_hint(verdict: Verdict) -> bool:
    """Whether a known mistake could explain it: something was tried, and it is wrong."""
    return verdict.status.value in ("failed", "raised", "timed_out", "crashed")
