"""Goldens: what the solution and the known mistakes give on the public checks with the public seed.

They let a student's self-check compare and hint without shipping a solution or the code of a mistake. This module has
their format and reads them; `judge.golden_making` makes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from grader.core.outcomes import Outcome
from grader.core.plain import outcome_from_plain
from grader.declare.hints import Hints

PUBLIC_SEED = 0
"""Known to everybody: hidden seeds decide the grade."""


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
