"""What a student may see of a record: hidden checks tell as much as the policy says, and no more."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TypeAlias

import msgspec

from grader.core.language import translator
from grader.course.library import Library
from grader.grading.policy.policy import Hidden, Policy
from grader.grading.verdicts.record import CheckRecord, FunctionRecord

Seen: TypeAlias = Callable[[FunctionRecord], FunctionRecord]
"""Cuts a record down to what its student may see; scores stay."""
SUMMED = "hidden"
"""The name of the line that stands for all hidden checks of a function."""


def seen_by_student(record: FunctionRecord, library: Library, policy: Policy, language: str = "en") -> FunctionRecord:
    """The record with its hidden checks cut down to what the policy lets students see; scores stay.

    A check that the course does not know (any more) counts as hidden. `language` is that of the summed line.
    """
    if policy.hidden == Hidden.FULL:
        return record
    exercise = library.course.exercise_of.get(record.function)
    public = {check.name for check in exercise.checks_of(record.function) if not check.hidden} if exercise else set()
    hints = _hints(record, library)
    open_ones = [check for check in record.checks if check.name in public]
    hidden = [check for check in record.checks if check.name not in public]
    if policy.hidden == Hidden.NOTHING:
        checks = [*open_ones, *([_summed(hidden, language)] if hidden else [])]
    else:
        shown = hints if policy.hidden == Hidden.HINTS else {}
        checks = [check if check.name in public else _without_values(check, shown) for check in record.checks]
    named = [mistake for mistake in record.mistakes if any(_ends_with(check, hints[mistake]) for check in checks)]
    return msgspec.structs.replace(record, checks=checks, mistakes=named)


def _hints(record: FunctionRecord, library: Library) -> dict[str, tuple[str, ...]]:
    """The hints of the mistakes that were recognised, in every language that they have."""
    known = library.mistakes
    return {name: known[name].hint.every if name in known else () for name in record.mistakes}


def _without_values(check: CheckRecord, hints: dict[str, tuple[str, ...]]) -> CheckRecord:
    """The check without its call, with the hints at the end of its message only."""
    every = {hint for texts in hints.values() for hint in texts}
    return msgspec.structs.replace(check, message="\n".join(split_hints(check.message, every)[1]), call="")


def split_hints(message: str, known: Collection[str]) -> tuple[str, list[str]]:
    """A check's message, parted from the hints at its end."""
    hints = list[str]()
    while hint := next((hint for hint in known if message == hint or message.endswith(f"\n{hint}")), ""):
        message = message.removesuffix(hint).removesuffix("\n")
        hints.insert(0, hint)
    return message, hints


def _ends_with(check: CheckRecord, hints: Sequence[str]) -> bool:
    """Whether one of the hints stands in the message, as a line or lines of its own."""
    return any(f"\n{hint}\n" in f"\n{check.message}\n" for hint in hints)


def _summed(hidden: Sequence[CheckRecord], language: str) -> CheckRecord:
    """One line for all hidden checks."""
    return CheckRecord(
        name=SUMMED,
        claim=translator(language)("Hidden checks of this function"),
        passed=all(check.passed for check in hidden),
        points=round(sum(check.points for check in hidden), 2),
        max_points=round(sum(check.max_points for check in hidden), 2),
        message="",
    )
