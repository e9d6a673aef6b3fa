"""Remove from a record the facts about hidden checks that the policy does not show to students."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TypeAlias

import msgspec

from grader.core.language import translator
from grader.core.outcomes import Status
from grader.course.library import Library
from grader.grading.policy.final_score import TOTAL, FinalScore
from grader.grading.policy.policy import HiddenChecks, Policy
from grader.grading.verdicts.record import CheckRecord, FunctionRecord

RecordFilter: TypeAlias = Callable[[FunctionRecord], FunctionRecord]
"""A function that returns a record without what its student may not see; the scores do not change."""
SET_BY_HAND = "set_by_hand"
"""Name of the single check that replaces all checks of a function if a person set its score."""
HIDDEN_SUM = "hidden"
"""Name of the single check that replaces all hidden checks of a function."""


def visible_record(record: FunctionRecord, library: Library, policy: Policy, language: str = "en") -> FunctionRecord:
    """Return the record without the facts about hidden checks that the policy hides; the scores do not change.

    A check that the course does not have counts as hidden. If the policy replaces all hidden checks by a single one,
    its claim is in `language`.
    """
    if policy.hidden == HiddenChecks.FULL:
        return record
    exercise = library.course.exercise_of.get(record.function)
    public = {check.name for check in exercise.checks_of(record.function) if not check.hidden} if exercise else set()
    public.add(SET_BY_HAND)
    hints = _hints_of_mistakes(record, library)
    public_checks = [check for check in record.checks if check.name in public]
    hidden = [check for check in record.checks if check.name not in public]
    if policy.hidden == HiddenChecks.NOTHING:
        checks = [*public_checks, *([_sum_hidden_checks(hidden, language)] if hidden else [])]
    else:
        visible_hints = hints if policy.hidden == HiddenChecks.HINTS else {}
        checks = [check if check.name in public else _without_values(check, visible_hints) for check in record.checks]
    visible_mistakes = [
        mistake for mistake in record.mistakes if any(_shows_a_hint(check, hints[mistake]) for check in checks)
    ]
    return msgspec.structs.replace(record, checks=checks, mistakes=visible_mistakes)


def records_with_set_scores(
    records: Sequence[FunctionRecord], final: FinalScore, language: str
) -> list[FunctionRecord]:
    """Return the records with the scores that a person set, each as a single check in place of the graded checks.

    A score of a function replaces the checks of the function. A score of the total replaces all records by one.
    """
    tr = translator(language)
    if TOTAL in final.scores:
        total = msgspec.structs.replace(records[0], function=tr("total"), max_score=final.max_score, seconds=0.0)
        return [_with_set_score(total, final.scores[TOTAL], tr)]
    scores = final.scores
    return [
        _with_set_score(record, scores[record.function], tr) if record.function in scores else record
        for record in records
    ]


def _with_set_score(record: FunctionRecord, score: float, tr: Callable[[str], str]) -> FunctionRecord:
    claim = tr("Score set by your instructor")
    check = CheckRecord(SET_BY_HAND, claim, passed=True, points=score, max_points=record.max_score, message="")
    outcome = Status.PASSED if score >= record.max_score else Status.FAILED
    return msgspec.structs.replace(record, score=score, outcome=outcome.value, mistakes=[], checks=[check])


def _hints_of_mistakes(record: FunctionRecord, library: Library) -> dict[str, tuple[str, ...]]:
    """Map each recognized mistake of a record to its hints in all languages."""
    known = library.mistakes
    return {name: known[name].hint.every if name in known else () for name in record.mistakes}


def _without_values(check: CheckRecord, hints: dict[str, tuple[str, ...]]) -> CheckRecord:
    """Return the check without its call and its relation, and with no message but the hints at its end."""
    all_hints = {hint for texts in hints.values() for hint in texts}
    return msgspec.structs.replace(
        check, message="\n".join(split_hints(check.message, all_hints)[1]), call="", relation=""
    )


def split_hints(message: str, known: Collection[str]) -> tuple[str, list[str]]:
    """Return a check's message without the hints at its end, and these hints; `known` are the hints to look for."""
    hints = list[str]()
    while hint := next((hint for hint in known if message == hint or message.endswith(f"\n{hint}")), ""):
        message = message.removesuffix(hint).removesuffix("\n")
        hints.insert(0, hint)
    return message, hints


def _shows_a_hint(check: CheckRecord, hints: Sequence[str]) -> bool:
    """True if the message holds one of the hints as whole lines."""
    return any(f"\n{hint}\n" in f"\n{check.message}\n" for hint in hints)


def _sum_hidden_checks(hidden: Sequence[CheckRecord], language: str) -> CheckRecord:
    """Return one check in place of all hidden checks: with the sum of their points, and without a message."""
    return CheckRecord(
        name=HIDDEN_SUM,
        claim=translator(language)("Hidden checks of this function"),
        passed=all(check.passed for check in hidden),
        points=round(sum(check.points for check in hidden), 2),
        max_points=round(sum(check.max_points for check in hidden), 2),
        message="",
    )
