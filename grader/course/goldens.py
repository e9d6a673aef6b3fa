"""Goldens: recorded outcomes of the solution and of the known mistakes on the public checks, with the public seed.

With a golden, a self-check can compare and show hints, although students get neither the solution nor the code of a
mistake. `authoring.golden_making` makes goldens; this module defines their format and reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from grader.core.outcome_encoding import outcome_from_plain
from grader.core.outcomes import Outcome
from grader.course.hints import Hints
from grader.experiments.declaration import PUBLIC_SEED as PUBLIC_SEED


class StaleGoldenError(Exception):
    """The golden file is missing or damaged."""


class GoldenFile(msgspec.Struct, frozen=True):
    """Content of exercises/golden/EXERCISE.json; the attributes are its keys.

    torch: minor version of PyTorch that the outcomes were recorded with, such as "2.13".
    points: points of each public check.
    expected: outcome of the solution on each check, encoded by `core.outcome_encoding`.
    mistakes: outcomes of each known mistake, only on the checks that it fails.
    hints: (English, Chinese) hint of each mistake.
    levels: the three hints of each function.
    signatures: signature of each function in the stub.
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
    """A golden file with decoded outcomes, for comparison with a learner's.

    references: outcome of the solution on each check.
    mistakes: function -> mistake -> check -> outcome, for all public checks of the function.
    The other attributes are those of GoldenFile.
    """

    torch: str
    points: Mapping[str, float]
    references: Mapping[str, Outcome]
    mistakes: Mapping[str, Mapping[str, Mapping[str, Outcome]]]
    hints: Mapping[str, tuple[str, str]]
    levels: Mapping[str, Hints] = field(default_factory=dict)
    signatures: Mapping[str, str] = field(default_factory=dict)


def torch_minor(version: str) -> str:
    """Return the minor version, "2.13" for "2.13.0+cpu": names of backward nodes do not change within one."""
    return ".".join(version.split("+")[0].split(".")[:2])


def read_file(path: Path) -> GoldenFile:
    """Decode a golden file, its outcomes still encoded. Raises StaleGoldenError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=GoldenFile)
    except FileNotFoundError:
        raise StaleGoldenError(f"{path.name} is missing") from None
    except (OSError, msgspec.DecodeError) as error:
        raise StaleGoldenError(f"{path.name} cannot be read: {error}") from None


def read_golden(path: Path) -> Golden:
    """Read a golden file and decode its outcomes. Raises StaleGoldenError."""
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
