"""Compare two runs: which scores changed, because of which checks, and which students are in one run only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from msgspec import structs

from grader.grading.verdicts.record import CheckRecord, FunctionRecord


@dataclass(frozen=True)
class FunctionChange:
    """A function of a student whose result differs between the two runs; a score of None means ungraded.

    `checks` are the names of the checks whose verdict changed, each after a mark: "+any_shape" passes in the second
    run, "-any_shape" fails there, "new any_shape" is only in the second run, "gone any_shape" only in the first.
    """

    student: str
    function: str
    before: float | None
    after: float | None
    checks: tuple[str, ...]

    @property
    def gain(self) -> float:
        """Points gained (negative: lost) in the second run; 0 if one of the scores is None."""
        return 0.0 if self.before is None or self.after is None else round(self.after - self.before, 2)

    @property
    def is_graded_now(self) -> bool:
        """True if only the second run has a score."""
        return self.before is None and self.after is not None

    @property
    def is_graded_no_more(self) -> bool:
        """True if only the first run has a score."""
        return self.before is not None and self.after is None


@dataclass(frozen=True)
class RunChanges:
    """Differences between two runs.

    compared: number of (student, function) pairs that both runs contain.
    left: students of the first run only.
    joined: students of the second run only.
    """

    changes: tuple[FunctionChange, ...]
    compared: int
    left: tuple[str, ...]
    joined: tuple[str, ...]

    @property
    def by_check(self) -> list[tuple[str, str, int, int]]:
        """Rows of function, check, number of students who newly pass and who newly fail; most changes first."""
        counts = Counter(
            (change.function, check[1:], check[0])
            for change in self.changes
            for check in change.checks
            if check[0] in "+-"
        )
        rows = [(f, c, counts[f, c, "+"], counts[f, c, "-"]) for f, c in {(f, c) for f, c, _ in counts}]
        return sorted(rows, key=lambda one: (-one[2] - one[3], one))


def compare_runs(before: Iterable[FunctionRecord], after: Iterable[FunctionRecord]) -> RunChanges:
    """Return the differences between two runs, by student and function."""
    before_by_key = {(record.student, record.function): record for record in before}
    after_by_key = {(record.student, record.function): record for record in after}
    common = sorted(before_by_key.keys() & after_by_key.keys())
    earlier, later = {student for student, _ in before_by_key}, {student for student, _ in after_by_key}
    return RunChanges(
        tuple(change for key in common if (change := _compare_records(before_by_key[key], after_by_key[key]))),
        len(common),
        tuple(sorted(earlier - later)),
        tuple(sorted(later - earlier)),
    )


def with_points_of(before: FunctionRecord, after: FunctionRecord) -> FunctionRecord:
    """Return the record `after` with the points of `before`, so that only verdicts differ.

    The policy may have changed the points of the checks between the two runs.
    """
    points_before = {check.name: check.max_points for check in before.checks}
    checks = [
        structs.replace(
            check,
            points=points_before.get(check.name, check.max_points) if check.passed else 0.0,
            max_points=points_before.get(check.name, check.max_points),
        )
        for check in after.checks
    ]
    score = None if after.score is None else round(sum(check.points for check in checks), 2)
    same_verdicts = [check.passed for check in checks] == [check.passed for check in before.checks]
    if same_verdicts and score is not None and before.score is not None:
        score = before.score  # may differ from the sum of the points of the checks, because a person set the score
    return structs.replace(after, checks=checks, score=score, max_score=before.max_score)


def _compare_records(before: FunctionRecord, after: FunctionRecord) -> FunctionChange | None:
    names = tuple(_changed_checks(before.checks, after.checks))
    if before.score == after.score and before.outcome == after.outcome and not names:
        return None
    return FunctionChange(before.student, before.function, before.score, after.score, names)


def _changed_checks(before: list[CheckRecord], after: list[CheckRecord]) -> Iterator[str]:
    passed_before = {check.name: check.passed for check in before}
    for check in after:
        if check.name not in passed_before:
            yield f"new {check.name}"
        elif check.passed != passed_before[check.name]:
            yield f"{'+' if check.passed else '-'}{check.name}"
    yield from (f"gone {check.name}" for check in before if check.name not in {c.name for c in after})
