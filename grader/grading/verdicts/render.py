"""Render entries of the journal as records of results.jsonl: add claims, messages and hints in one language.

Theory of operation
    `results.journal` decodes equal entries to the same object. So a record that was rendered once is reused for other
    students: the cache finds the record by the `id()` of the entry. The cache also keeps the entry alive, so that no
    other object gets the same `id()`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeAlias

from grader.core.byte_cache import ByteCache
from grader.core.language import translator
from grader.core.outcome_text import reason_text, review_text
from grader.core.outcomes import Crashed, Observed, Raised, TimedOut
from grader.course.library import Library
from grader.execution.guest.call_recording.recorded_call import RecordedCall
from grader.experiments.declaration import Check
from grader.grading.verdicts.call_text import call_text
from grader.grading.verdicts.entry import CheckEntry, FunctionEntry, JournalEntry, SecondTry
from grader.grading.verdicts.explanation import explain, explain_relations
from grader.grading.verdicts.record import CheckRecord, FunctionRecord

RECORDS_LIMIT = 16 << 20
"""Maximum memory, in bytes, of the cache of rendered records. Most records take a few kilobytes."""

RECORD_BYTES, CHECK_BYTES = 1024, 512
"""Approximate memory, in bytes, of a rendered record and of each of its checks, without their messages and calls."""


CallLookup: TypeAlias = Callable[[str], RecordedCall | None]
"""A function that takes the id of a check and returns its recorded call."""

CALLED = (Observed, Raised, TimedOut, Crashed)
"""Outcomes of checks that may have called the function."""


class Renderer:
    """Renders journal entries in one language.

    The course may have changed since the entries were written. The claim of a check that no longer exists is empty, and
    the hint of a mistake that no longer exists is the id of the mistake.
    """

    def __init__(self, library: Library, language: str, calls: CallLookup) -> None:
        self._library, self._language = library, language
        self._call_text = cache(lambda check: call_text(call) if (call := calls(check)) else "")
        # id(entry) -> the entry, which keeps its id in use, its record, and the reason why a person must review it
        self._rendered: ByteCache[int, tuple[FunctionEntry, FunctionRecord, str]] = ByteCache(RECORDS_LIMIT)

    def record(self, entry: JournalEntry, student: str) -> FunctionRecord:
        """Return the record of one function of a student from its entry."""
        (_, rendered, _), seconds = self._render_once(entry.result), round(entry.seconds, 4)
        return FunctionRecord(
            student,
            rendered.exercise,
            rendered.function,
            rendered.score,
            rendered.max_score,
            rendered.outcome,
            rendered.mistakes,
            rendered.checks,
            entry.file,
            seconds,
            rendered.fingerprint,
            encoding=str(dict(entry.remark.facts).get("encoding", "")) if entry.remark else "",
            remark=" ".join(filter(None, [self._encoding_remark(entry), rendered.remark])),
            other_files=rendered.other_files,
            second_try=rendered.second_try,
        )

    def _encoding_remark(self, entry: JournalEntry) -> str:
        return reason_text(entry.remark, self._language) if entry.remark else ""

    def review_reason(self, entry: JournalEntry) -> str:
        """Return why a person must review a function; an empty text if no review is needed."""
        return self._render_once(entry.result)[2]

    def _render_once(self, result: FunctionEntry) -> tuple[FunctionEntry, FunctionRecord, str]:
        cached = self._rendered.get(id(result))
        if cached is None:
            record, review = self._render(result), self._review_reason(result)
            texts = sum(CHECK_BYTES + 2 * len(check.message) + len(check.call) for check in record.checks)
            cached = self._rendered.put(id(result), (result, record, review), RECORD_BYTES + texts + len(review))
        return cached

    def _review_reason(self, result: FunctionEntry) -> str:
        if result.second_try == SecondTry.LEFT:
            tr = translator(self._language)
            return tr("the function timed out or crashed, and the run ended before the second try: finish the run")
        outcome = result.review_outcome
        return review_text(outcome, self._language) if outcome else ""

    def _render(self, result: FunctionEntry) -> FunctionRecord:
        exercise = self._library.course.exercise_of.get(result.function)
        declared = {check.name: check for check in exercise.checks_of(result.function)} if exercise else {}
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
            fingerprint=result.fingerprint,
            remark=second_try_text(result, self._language),
            other_files=list(result.other_files or result.files_to_choose),
            second_try=result.second_try.value,
        )

    def _check(self, function: str, check: CheckEntry, declared: Check | None) -> CheckRecord:
        has_call = not check.passed and isinstance(check.outcome, CALLED)
        lines = [explain(check, self._language), *map(self._hint, check.mistakes)]
        return CheckRecord(
            name=check.name,
            claim=declared.claim.in_(self._language) if declared else "",
            passed=check.passed,
            points=check.points,
            max_points=check.max_points,
            message="\n".join(lines),
            call=self._call_text(f"{function}::{check.name}") if has_call else "",
            relation="" if check.passed else explain_relations(check, self._language) or None,
        )

    def _hint(self, mistake: str) -> str:
        known = self._library.mistakes.get(mistake)
        return known.hint.in_(self._language) if known else mistake


def second_try_text(result: FunctionEntry, language: str) -> str:
    """Return a sentence for the student about the second try of a function; empty if no second try was needed."""
    tr = translator(language)
    if result.second_try == SecondTry.NONE:
        return ""
    texts = {
        SecondTry.SAME: tr("{function} was run twice and ended the same way."),
        SecondTry.OTHER: tr(
            "{function} was run twice. The first time it timed out or crashed; the second time counts."
        ),
        SecondTry.LEFT: tr("{function} timed out or crashed. The function will be run once more."),
    }
    return texts[result.second_try].format(function=result.function)
