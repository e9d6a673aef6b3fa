"""Make goldens, and tell whether the one that a course has is still fresh (`course.goldens` has their format)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from grader.authoring.readable_json import encode_readable
from grader.core.comparison import Tolerance, find_differences
from grader.core.outcome_encoding import outcome_from_plain, outcome_to_plain
from grader.core.outcomes import Observed, Outcome, Raised
from grader.course.goldens import GoldenFile, torch_minor
from grader.course.library import Shelf
from grader.course.stubs import signatures
from grader.experiments.declaration import Declared
from grader.grading.verdicts.references import References
from grader.grading.verdicts.verdict import decide

FRESH = 0.1
"""Goldens are fresh within a tenth of the tolerance: last bits differ between processors."""

FRESH_MISTAKE = Tolerance(rtol=1e-4, atol=1e-5)
"""Known mistakes may compute in float32, whose last bits differ between processors."""


def make_golden(shelf: Shelf, references: References, torch_version: str, hidden: bool = False) -> GoldenFile:
    """Observe the solution and the mistakes of one exercise on its public checks; with `hidden` on all of them."""
    expected: dict[str, list[Any]] = {}
    mistakes: dict[str, dict[str, list[Any]]] = {}
    for function in shelf.exercise.points:
        checks = [check for check in shelf.exercise.checks_of(function) if hidden or not check.hidden]
        solution = references.solution(function)
        expected |= {check.id: outcome_to_plain(solution[check.id]) for check in checks}
        for mistake, outcomes in references.outcomes(function).items():
            wrong = [c for c in checks if not decide(c, outcomes[c.id], solution[c.id]).passed]
            mistakes[mistake] = {check.id: outcome_to_plain(_without_code(outcomes[check.id])) for check in wrong}
    return GoldenFile(
        torch=torch_minor(torch_version),
        points={check: float(points) for check, points in shelf.exercise.shares.items() if check in expected},
        expected=expected,
        mistakes=mistakes,
        hints={mistake.id: (mistake.hint_en, mistake.hint_zh) for mistake in shelf.mistakes},
        levels=dict(shelf.hints),
        signatures=signatures(shelf.stub, shelf.exercise.points),
    )


def _without_code(outcome: Outcome) -> Outcome:
    """A golden ships no line of a mistake's code."""
    return Raised(outcome.error, outcome.message) if isinstance(outcome, Raised) else outcome


def write_golden(golden: GoldenFile) -> bytes:
    """Return the bytes of a golden file: JSON with one line for each check and each mistake."""
    return encode_readable(golden)


def is_fresh(old: GoldenFile, new: GoldenFile, checks: Mapping[str, Declared]) -> bool:
    """Whether an old golden says what a new one says, as closely as another processor would repeat it."""
    words = [(g.points, g.hints, g.torch, g.levels, g.signatures) for g in (old, new)]
    if words[0] != words[1]:
        return False
    if old.expected.keys() != new.expected.keys() or old.mistakes.keys() != new.mistakes.keys():
        return False
    for check, outcome in new.expected.items():
        tolerance = checks[check].tolerance
        tight = Tolerance(tolerance.rtol * FRESH, tolerance.atol * FRESH)
        if not _same(_reread(old.expected[check]), _reread(outcome), tight):
            return False
    return all(
        old.mistakes[mistake].keys() == outcomes.keys()
        and all(_same(_reread(old.mistakes[mistake][c]), _reread(o), FRESH_MISTAKE) for c, o in outcomes.items())
        for mistake, outcomes in new.mistakes.items()
    )


def _reread(plain: list[Any]) -> Outcome:
    """An outcome as it comes back from the file (bytes become base64 on the way)."""
    return outcome_from_plain(msgspec.json.decode(msgspec.json.encode(plain)))


def _same(old: Outcome, new: Outcome, tolerance: Tolerance) -> bool:
    if isinstance(old, Observed) and isinstance(new, Observed):
        # An opaque value differs even from itself; what is shown of it tells.
        return all(d.yours == d.expected for d in find_differences(old.values, new.values, tolerance))
    return old == new
