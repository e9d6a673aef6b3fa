"""What changed between two runs: who gains, who loses, and where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from grader.judge.record import CheckRecord, FunctionRecord


@dataclass(frozen=True)
class Change:
    """One function of one student that scored otherwise in the second run; None is no score, or no record at all.

    `checks` are the names of the checks whose verdict changed, with a sign: "+any_shape" passes now.
    """

    student: str
    function: str
    before: float | None
    after: float | None
    checks: tuple[str, ...]

    @property
    def gain(self) -> float:
        """Points won (or lost, when negative)."""
        return round((self.after or 0.0) - (self.before or 0.0), 2)


def changes(before: Iterable[FunctionRecord], after: Iterable[FunctionRecord]) -> Iterator[Change]:
    """The differences of two runs, by student and function."""
    old = {(record.student, record.function): record for record in before}
    new = {(record.student, record.function): record for record in after}
    for student, function in sorted({*old, *new}):
        a, b = old.get((student, function)), new.get((student, function))
        scores = (a.score if a else None, b.score if b else None)
        names = tuple(_flipped(a.checks if a else [], b.checks if b else []))
        if scores[0] != scores[1] or (a is None) != (b is None) or names:
            yield Change(student, function, *scores, names)


def _flipped(before: list[CheckRecord], after: list[CheckRecord]) -> Iterator[str]:
    old = {check.name: check.passed for check in before}
    for check in after:
        if check.name not in old:
            yield f"new {check.name}"
        elif check.passed != old[check.name]:
            yield f"{'+' if check.passed else '-'}{check.name}"
    yield from (f"gone {check.name}" for check in before if check.name not in {c.name for c in after})
