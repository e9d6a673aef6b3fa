"""What a student's page tells of hidden checks: the one place that decides it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from grader.judge.library import Library
from grader.judge.record import CheckRecord, FunctionRecord

Seen: TypeAlias = Callable[[FunctionRecord], FunctionRecord]
"""Cuts a record down to what its student may see; scores stay."""


def with_hints(library: Library) -> Seen:
    """The default: of a hidden check its claim and its hints, but nothing of the inputs and the right values."""
    hidden = {(check.function, check.name) for e in library.course.exercises for check in e.checks if check.hidden}

    def seen(record: FunctionRecord) -> FunctionRecord:
        known = [library.mistakes[id] for id in record.mistakes if id in library.mistakes]
        hints = [mistake.hint(language) for mistake in known for language in ("en", "zh")]
        checks = [
            _hints_only(check, hints) if (record.function, check.name) in hidden else check for check in record.checks
        ]
        return msgspec.structs.replace(record, checks=checks)

    return seen


def _hints_only(check: CheckRecord, hints: list[str]) -> CheckRecord:
    return msgspec.structs.replace(check, message="\n".join(split_hints(check.message, hints)[1]))


def split_hints(message: str, known: list[str]) -> tuple[str, list[str]]:
    """A check's message, parted from the hints at its end."""
    hints = list[str]()
    while hint := next((hint for hint in known if message == hint or message.endswith(f"\n{hint}")), ""):
        message = message.removesuffix(hint).removesuffix("\n")
        hints.insert(0, hint)
    return message, hints
