"""What changed between two runs: who gains, who loses, by which checks, and who stands in one of them only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from msgspec import structs

from grader.grading.verdicts.record import CheckRecord, FunctionRecord


@dataclass(frozen=True)
class Change:
    """One function of one student that came out otherwise in the second run; a score of None is a grader fault.

    `checks` are the names of the checks whose verdict changed, with a sign: "+any_shape" passes now.
    """

    student: str
    function: str
    before: float | None
    after: float | None
    checks: tuple[str, ...]

    @property
    def gain(self) -> float:
        """Points won (or lost, when negative); none where a grader fault leaves the score open."""
        return 0.0 if self.before is None or self.after is None else round(self.after - self.before, 2)


@dataclass(frozen=True)
class Changes:
    """Two runs, compared where both have a record; `left` and `joined` are students of one of them only."""

    changes: tuple[Change, ...]
    compared: int
    left: tuple[str, ...]
    joined: tuple[str, ...]

    @property
    def by_check(self) -> list[tuple[str, str, int, int]]:
        """Function, check, how many pass it now and did not before, and the other way round; the most first."""
        counts = Counter((change.function, check[1:], check[0]) for change in self.changes for check in change.checks)
        names = {(function, check) for function, check, _ in counts}
        found = [
            (f, c, counts[f, c, "+"], counts[f, c, "-"]) for f, c in names if counts[f, c, "+"] + counts[f, c, "-"]
        ]
        return sorted(found, key=lambda one: (-one[2] - one[3], one))


def compare_runs(before: Iterable[FunctionRecord], after: Iterable[FunctionRecord]) -> Changes:
    """The differences of two runs, by student and function."""
    old = {(record.student, record.function): record for record in before}
    new = {(record.student, record.function): record for record in after}
    both = sorted(old.keys() & new.keys())
    earlier, later = {student for student, _ in old}, {student for student, _ in new}
    return Changes(
        tuple(change for key in both if (change := _change(old[key], new[key]))),
        len(both),
        tuple(sorted(earlier - later)),
        tuple(sorted(later - earlier)),
    )


def on_scale_of(before: FunctionRecord, after: FunctionRecord) -> FunctionRecord:
    """The second record with the points of the first: a policy may have changed them since the checks were run."""
    most = {check.name: check.max_points for check in before.checks}
    checks = [
        structs.replace(
            check,
            points=most.get(check.name, check.max_points) if check.passed else 0.0,
            max_points=most.get(check.name, check.max_points),
        )
        for check in after.checks
    ]
    score = None if after.score is None else round(sum(check.points for check in checks), 2)
    if [check.passed for check in checks] == [check.passed for check in before.checks] and score is not None:
        score = before.score  # a person may have set it
    return structs.replace(after, checks=checks, score=score, max_score=before.max_score)


def _change(before: FunctionRecord, after: FunctionRecord) -> Change | None:
    names = tuple(_flipped(before.checks, after.checks))
    if before.score == after.score and before.outcome == after.outcome and not names:
        return None
    return Change(before.student, before.function, before.score, after.score, names)


def _flipped(before: list[CheckRecord], after: list[CheckRecord]) -> Iterator[str]:
    old = {check.name: check.passed for check in before}
    for check in after:
        if check.name not in old:
            yield f"new {check.name}"
        elif check.passed != old[check.name]:
            yield f"{'+' if check.passed else '-'}{check.name}"
    yield from (f"gone {check.name}" for check in before if check.name not in {c.name for c in after})
