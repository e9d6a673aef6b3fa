"""Make goldens, and compare them with the goldens of the course. `course.goldens` defines the format of a golden."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from grader.authoring.readable_json import encode_readable
from grader.core.comparison import Tolerance, find_differences
from grader.core.outcome_encoding import outcome_from_plain, outcome_to_plain
from grader.core.outcomes import Observed, Outcome, Raised
from grader.course.goldens import FORMAT, GoldenFile, torch_minor
from grader.course.library import ExerciseFiles
from grader.course.stubs import signatures
from grader.experiments.declaration import Check
from grader.grading.verdicts.diagnosis import MistakeVerdicts

FRESH = 0.1
"""Maximum difference, as a multiple of the tolerance, between a number in an up-to-date golden and the same number
computed again. This maximum is not 0, because processors differ in the last bits of a number."""

FRESH_MISTAKE = Tolerance(rtol=1e-4, atol=1e-5)
"""Tolerance for the numbers of known mistakes. This tolerance is large, because a mistake may compute in float32."""


class CourseOutcomes(Protocol):
    """Outcomes of the solutions and known mistakes of a course, with the public seed, on all checks."""

    def solution(self, function: str) -> Mapping[str, Outcome]:
        """Return the solution's outcomes by check id, for all checks of a function, and perhaps for others."""
        ...

    def mistake_verdicts(self, function: str) -> MistakeVerdicts:
        """Return the verdicts on all known mistakes of a function; those that never return have declared outcomes."""
        ...


def make_golden(files: ExerciseFiles, outcomes: CourseOutcomes, torch_version: str, hidden: bool = False) -> GoldenFile:
    """Return the golden of one exercise, with its public checks; if `hidden` is true, with all its checks."""
    expected: dict[str, list[Any]] = {}
    mistakes: dict[str, dict[str, list[Any]]] = {}
    for function in files.exercise.points:
        checks = [check for check in files.exercise.checks_of(function) if hidden or not check.hidden]
        solution = outcomes.solution(function)
        expected |= {check.id: outcome_to_plain(solution[check.id]) for check in checks}
        for mistake, verdicts in outcomes.mistake_verdicts(function).items():
            wrong = [check.id for check in checks if not verdicts[check.id].passed]
            mistakes[mistake] = {check: outcome_to_plain(_without_code(verdicts[check].outcome)) for check in wrong}
    return GoldenFile(
        format=FORMAT,
        torch=torch_minor(torch_version),
        points={check: float(points) for check, points in files.exercise.shares.items() if check in expected},
        expected=expected,
        mistakes=mistakes,
        hints={mistake.id: mistake.hint.by_language for mistake in files.mistakes},
        levels={function: [hint.by_language for hint in hints] for function, hints in files.hints.items()},
        signatures=signatures(files.stub, files.exercise.points),
    )


def _without_code(outcome: Outcome) -> Outcome:
    """Return an outcome without the place of an exception.

    The place quotes a line of the mistake's code, which students must not see, and students get the goldens.
    """
    return Raised(outcome.error, outcome.message) if isinstance(outcome, Raised) else outcome


def write_golden(golden: GoldenFile) -> bytes:
    """Return the bytes of a golden file: JSON with one line for each check and each mistake."""
    return encode_readable(golden)


def is_fresh(old: GoldenFile, new: GoldenFile, checks: Mapping[str, Check]) -> bool:
    """Return whether two goldens are equal, apart from small differences between processors.

    Outcomes of the solution may differ by FRESH times the tolerance of their check, outcomes of mistakes by
    FRESH_MISTAKE.

    checks: id -> check, for all checks in the goldens.
    """
    texts = [(g.points, g.hints, g.torch, g.levels, g.signatures) for g in (old, new)]
    if texts[0] != texts[1]:
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
    """Return an outcome as it would be read from a golden file: JSON turns its bytes into base64."""
    return outcome_from_plain(msgspec.json.decode(msgspec.json.encode(plain)))


def _same(old: Outcome, new: Outcome, tolerance: Tolerance) -> bool:
    if isinstance(old, Observed) and isinstance(new, Observed):
        # An opaque value is never equal to itself, so a difference with equal descriptions does not count.
        return all(d.yours == d.expected for d in find_differences(old.values, new.values, tolerance))
    return old == new
