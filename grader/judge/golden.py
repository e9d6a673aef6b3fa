"""Goldens: what the solution and the known mistakes give on the public checks with the public seed.

They let a student's self-check compare and hint without shipping a solution or the code of a mistake.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from grader.core.compare import Tolerance, observations_differ
from grader.core.outcomes import Observed, Outcome, Raised
from grader.core.plain import outcome_from_plain, outcome_to_plain
from grader.declare.experiment import Declared
from grader.declare.hints import Hints
from grader.declare.stub import signatures
from grader.judge.library import Shelf
from grader.judge.references import References
from grader.judge.verdict import decide

PUBLIC_SEED = 0
"""Known to everybody: hidden seeds decide the grade."""

FRESH = 0.1
"""Goldens are fresh within a tenth of the tolerance: last bits differ between processors."""


class StaleGoldenError(Exception):
    """The golden file is missing, damaged, or was made for other experiments."""


class GoldenFile(msgspec.Struct, frozen=True):
    """The JSON of exercises/golden/EXERCISE.json.

    `expected` and `mistakes` hold outcomes as plain lists; of a mistake only the checks that it fails. `levels` are
    each function's own hints, from a nudge to the plan; `signatures` are as handed out.
    """

    torch: str
    points: dict[str, float]
    expected: dict[str, list[Any]]
    mistakes: dict[str, dict[str, list[Any]]]
    hints: dict[str, tuple[str, str]]
    levels: dict[str, Hints] = {}
    signatures: dict[str, str] = {}


@dataclass(frozen=True)
class Golden:
    """A golden file, ready to judge with.

    `torch` is the minor version it was made with; `mistakes` says by function, mistake and check what is given there;
    hints are (English, Chinese), and so is each of a function's `levels`.
    """

    torch: str
    points: Mapping[str, float]
    references: Mapping[str, Outcome]
    mistakes: Mapping[str, Mapping[str, Mapping[str, Outcome]]]
    hints: Mapping[str, tuple[str, str]]
    levels: Mapping[str, Hints] = field(default_factory=dict)
    signatures: Mapping[str, str] = field(default_factory=dict)


def torch_minor(version: str) -> str:
    """ "2.13.0+cpu" -> "2.13": names of backward nodes are stable within a minor version."""
    return ".".join(version.split("+")[0].split(".")[:2])


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
    """The bytes of a golden file: JSON with one entry a line."""
    return msgspec.json.format(msgspec.json.encode(golden), indent=1) + b"\n"


def read_file(path: Path) -> GoldenFile:
    """Decode a golden file. Raises StaleGoldenError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=GoldenFile)
    except FileNotFoundError:
        raise StaleGoldenError(f"{path.name} is missing") from None
    except (OSError, msgspec.DecodeError) as error:
        raise StaleGoldenError(f"{path.name} cannot be read: {error}") from None


def read_golden(path: Path) -> Golden:
    """Load a golden file for judging. Raises StaleGoldenError."""
    file = read_file(path)
    try:
        references = {check: outcome_from_plain(plain) for check, plain in file.expected.items()}
        known: dict[str, dict[str, Mapping[str, Outcome]]] = {}
        for mistake, outcomes in file.mistakes.items():
            function = mistake.partition("__")[0]
            passed = {check: outcome for check, outcome in references.items() if check.startswith(f"{function}::")}
            failed = {check: outcome_from_plain(plain) for check, plain in outcomes.items()}
            known.setdefault(function, {})[mistake] = passed | failed
    except ValueError as error:
        raise StaleGoldenError(f"{path.name} is damaged: {error}") from None
    return Golden(file.torch, file.points, references, known, file.hints, file.levels, file.signatures)


def is_fresh(old: GoldenFile, new: GoldenFile, checks: Mapping[str, Declared]) -> bool:
    """Whether an old golden says what a new one says, within a tenth of each check's tolerance."""
    words = [(g.points, g.hints, g.torch, g.levels, g.signatures) for g in (old, new)]
    if words[0] != words[1]:
        return False
    if old.expected.keys() != new.expected.keys() or old.mistakes.keys() != new.mistakes.keys():
        return False
    pairs = [(check, old.expected[check], new.expected[check]) for check in new.expected]
    for mistake, outcomes in new.mistakes.items():
        if old.mistakes[mistake].keys() != outcomes.keys():
            return False
        pairs += [(check, old.mistakes[mistake][check], outcomes[check]) for check in outcomes]
    return all(_same(_reread(a), _reread(b), checks[check].tolerance) for check, a, b in pairs)


def _reread(plain: list[Any]) -> Outcome:
    """An outcome as it comes back from the file (bytes become base64 on the way)."""
    return outcome_from_plain(msgspec.json.decode(msgspec.json.encode(plain)))


def _same(old: Outcome, new: Outcome, tolerance: Tolerance) -> bool:
    if isinstance(old, Observed) and isinstance(new, Observed):
        tight = Tolerance(tolerance.rtol * FRESH, tolerance.atol * FRESH)
        # An opaque value differs even from itself; what is shown of it tells.
        return all(d.yours == d.expected for d in observations_differ(old.values, new.values, tight))
    return old == new
