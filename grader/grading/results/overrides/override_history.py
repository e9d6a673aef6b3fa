"""overrides-history.jsonl: who changed which override, when, and the old and the new values.

Each line is one change (`OverrideChange`, docs/schemas/overrides-history.schema.json). `grader override` adds a line
after it has written overrides.csv; `edited_overrides` adds lines for changes that a person made in overrides.csv.
Only `grader forget` removes lines: those of the students that it names.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import msgspec

from grader.core.errors import DAMAGED, UsageError
from grader.core.files.atomic_files import append_durably, write_atomically
from grader.core.files.regular_files import read_regular
from grader.grading.policy.final_score import Override

HISTORY = "overrides-history.jsonl"
HISTORY_SCHEMA = 1
"""Version of a line; a reader skips lines of a version that it does not know."""


class How(StrEnum):
    """How an override was changed: by `grader override`, by hand in overrides.csv, or by `grader override --undo`."""

    COMMAND = "command"
    FILE = "file"
    UNDO = "undo"


class OverrideState(msgspec.Struct, frozen=True):
    """An override as it was in overrides.csv.

    `automatic` is the automatic score that the override replaced; it is known only if `noted` is true.
    """

    score: float | None
    comment: str = ""
    automatic: float | None = None
    noted: bool = False
    bonus: bool = False

    def is_same(self, other: OverrideState | None) -> bool:
        """True if score, comment and bonus are the same. The automatic score is only a note, so it is not compared."""
        return other is not None and (self.score, self.comment, self.bonus) == (other.score, other.comment, other.bonus)


class OverrideChange(msgspec.Struct, frozen=True, kw_only=True):
    """One change of an override. `function` is empty for the total.

    `old` is null if there was no override before the change, `new` if there is no override after the change.

    `time` is ISO 8601 with a time zone. For a change by hand it is the time at which the grader noticed it, and `user`
    is empty, because a file does not say who edited it.
    """

    schema: int
    time: str
    user: str
    how: How
    student: str
    function: str
    old: OverrideState | None
    new: OverrideState | None


DECODER = msgspec.json.Decoder(OverrideChange)


def state_of(override: Override | None) -> OverrideState | None:
    """Return an override in the form that the history stores; None for None."""
    if override is None:
        return None
    return OverrideState(override.score, override.comment, override.automatic, override.noted, override.bonus)


def new_change(
    student: str, function: str, old: OverrideState | None, new: OverrideState | None, how: How, user: str = ""
) -> OverrideChange:
    """Return a change with the present time."""
    time = datetime.now(UTC).isoformat(timespec="seconds")
    return OverrideChange(
        schema=HISTORY_SCHEMA, time=time, user=user, how=how, student=student, function=function, old=old, new=new
    )


def read_history(folder: Path) -> list[OverrideChange]:
    """Return all changes of the overrides in a results folder, the oldest first.

    Lines that cannot be read are left out; they stay in the file. Raises UsageError if the file cannot be read.
    """
    return [change for _, change in _read_lines(folder) if change is not None]


def append_changes(folder: Path, changes: Iterable[OverrideChange]) -> None:
    """Append changes to the history. Raises UsageError if they cannot be written."""
    data = b"".join(msgspec.json.encode(change) + b"\n" for change in changes)
    if data:
        append_durably(folder / HISTORY, data)


def undoable_changes(history: Sequence[OverrideChange], student: str, function: str) -> list[OverrideChange]:
    """Return the changes of one override that `grader override --undo` can still take back, the latest last."""
    found: list[OverrideChange] = []
    for change in history:
        if (change.student, change.function) == (student, function):
            if change.how != How.UNDO:
                found.append(change)
            elif found:
                found.pop()
    return found


def forget_history(folder: Path, students: Collection[str], names_student: Callable[[str], bool]) -> int:
    """Remove the lines of these students, and return the number of removed lines.

    `names_student` returns whether a text names one of the students. If `names_student` returns true for a line that
    cannot be decoded, this line is removed, too.
    """
    lines = _read_lines(folder)
    remaining = [
        line
        for line, change in lines
        if not (names_student(line.decode("utf-8", "replace")) if change is None else change.student in students)
    ]
    if len(remaining) < len(lines):
        write_atomically(folder / HISTORY, b"".join(line + b"\n" for line in remaining))
    return len(lines) - len(remaining)


def _read_lines(folder: Path) -> list[tuple[bytes, OverrideChange | None]]:
    """Return each line of the file with its change; None for a line that cannot be decoded."""
    path = folder / HISTORY
    try:
        lines = read_regular(path).splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UsageError("{file}: cannot be read ({error})", file=path, error=error.strerror) from None
    return [(line, _decode(line)) for line in lines]


def _decode(line: bytes) -> OverrideChange | None:
    try:
        change = DECODER.decode(line)
    except DAMAGED:
        return None
    return change if change.schema == HISTORY_SCHEMA else None
