"""Make the record that results.jsonl holds from what the journal keeps, in a language and with today's course."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from grader.core.outcome_text import outcome_text
from grader.core.outcomes import Crashed, Observed, Raised, TimedOut
from grader.course.library import Library
from grader.execution.guest.recorded_call import RecordedCall
from grader.experiments.declaration import Check
from grader.grading.verdicts.call_text import call_text
from grader.grading.verdicts.entry import CheckEntry, FunctionEntry, JournalEntry
from grader.grading.verdicts.explanation import explain
from grader.grading.verdicts.record import CheckRecord, FunctionRecord

REMEMBERED = 4096
"""Rendered functions that are remembered: a few kilobytes each."""


CallLookup: TypeAlias = Callable[[str], RecordedCall | None]
"""Returns the recorded call of a check, by the id of the check."""

CALLED = (Observed, Raised, TimedOut, Crashed)
"""Outcomes of checks that called the function."""


class Renderer:
    """Renders entries of the journal. In a class many are the same object, and then rendered once.

    A check that the course no longer has is shown without its claim, such a mistake by its id.
    """

    def __init__(self, library: Library, language: str, calls: CallLookup) -> None:
        self._library, self._language, self._calls = library, language, calls
        self._rendered: dict[int, tuple[FunctionEntry, FunctionRecord]] = {}  # by identity; it holds what it knows

    def record(self, entry: JournalEntry, student: str) -> FunctionRecord:
        """The record of one function of a student."""
        made, seconds = self._anonymous(entry.result), round(entry.seconds, 4)
        return FunctionRecord(
            student,
            made.exercise,
            made.function,
            made.score,
            made.max_score,
            made.outcome,
            made.mistakes,
            made.checks,
            entry.file,
            seconds,
        )

    def review(self, entry: JournalEntry) -> str:
        """Why a person must look at a function, or nothing."""
        outcome = entry.result.review
        return outcome_text(outcome, self._language) if outcome else ""

    def _anonymous(self, result: FunctionEntry) -> FunctionRecord:
        known = self._rendered.get(id(result))
        if known is None:
            if len(self._rendered) >= REMEMBERED:
                self._rendered.clear()
            known = self._rendered[id(result)] = result, self._render(result)
        return known[1]

    def _render(self, result: FunctionEntry) -> FunctionRecord:
        home = self._library.course.exercise_of.get(result.function)
        declared = {check.name: check for check in home.checks_of(result.function)} if home else {}
        return FunctionRecord(
            student="",
            exercise=result.exercise,
            function=result.function,
            score=result.score,
            max_score=result.max_score,
            outcome=result.outcome,
            mistakes=list(result.mistakes),
            checks=[self._check(result.function, check, declared.get(check.name)) for check in result.checks],
            source="",
            seconds=0.0,
        )

    def _check(self, function: str, check: CheckEntry, declared: Check | None) -> CheckRecord:
        call = (
            None if check.passed or not isinstance(check.outcome, CALLED) else self._calls(f"{function}::{check.name}")
        )
        lines = [explain(check, self._language), *map(self._hint, check.mistakes)]
        return CheckRecord(
            name=check.name,
            claim=declared.claim.in_(self._language) if declared else "",
            passed=check.passed,
            points=check.points,
            max_points=check.max_points,
            message="\n".join(lines),
            call=call_text(call) if call else "",
        )

    def _hint(self, mistake: str) -> str:
        known = self._library.mistakes.get(mistake)
        return known.hint.in_(self._language) if known else mistake
