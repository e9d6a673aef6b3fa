"""Goldens: recorded outcomes of the solution and of the known mistakes on the public checks, with the public seed.

With a golden, a self-check can compare outcomes and show hints, although students get neither the solution nor the code
of a mistake. `authoring.golden_recording` makes goldens; this module defines their format and reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from grader.core.errors import DAMAGED
from grader.core.outcome_encoding import outcome_from_plain
from grader.core.outcomes import Outcome
from grader.core.text import Text
from grader.course.hints import Hints
from grader.experiments.declaration import PUBLIC_SEED as PUBLIC_SEED

FORMAT = 2
"""Version of the format of golden files. Format 1 had hints as pairs (English, Chinese), format 2 by language code."""


class StaleGoldenError(Exception):
    """The golden file is missing, damaged or in another format."""


class OtherFormatError(StaleGoldenError):
    """A release of the grader with another format wrote the golden file; `is_earlier` is True for an earlier format."""

    def __init__(self, file: str, found: int) -> None:
        super().__init__(f"{file} has format {found}, but this version of the grader reads format {FORMAT}")
        self.is_earlier = found < FORMAT


class _Header(msgspec.Struct):
    """The key `format` of a golden file. Golden files of every format have this key."""

    format: int = 1


class GoldenFile(msgspec.Struct, frozen=True):
    """Content of exercises/golden/EXERCISE.json; the attributes are its keys.

    format: FORMAT of the grader that wrote the file; 1 if the file lacks this key.
    torch: minor version of PyTorch that recorded the outcomes, such as "2.13".
    points: points of each public check.
    expected: outcome of the solution on each check, encoded by `core.outcome_encoding`.
    mistakes: outcomes of each known mistake on the checks that the mistake fails.
    hints: hint of each mistake, by language code.
    levels: the three hints of each function, each by language code.
    signatures: signature of each function in the stub.
    """

    format: int
    torch: str
    points: dict[str, float]
    expected: dict[str, list[Any]]
    mistakes: dict[str, dict[str, list[Any]]]
    hints: dict[str, dict[str, str]]
    levels: dict[str, list[dict[str, str]]] = {}
    signatures: dict[str, str] = {}


@dataclass(frozen=True)
class Golden:
    """A golden file with decoded outcomes, for comparison with a learner's outcomes.

    references: outcome of the solution on each check.
    mistakes: function -> mistake -> check -> outcome, for all public checks of the function.
    The remaining attributes have the same meaning as in GoldenFile.
    """

    torch: str
    points: Mapping[str, float]
    references: Mapping[str, Outcome]
    mistakes: Mapping[str, Mapping[str, Mapping[str, Outcome]]]
    hints: Mapping[str, Text]
    levels: Mapping[str, Hints] = field(default_factory=dict)
    signatures: Mapping[str, str] = field(default_factory=dict)

    def hint(self, mistake: str, language: str) -> str:
        """Return the hint of a mistake in a language; an empty text if the golden has no hint for the mistake."""
        hint = self.hints.get(mistake)
        return hint.in_(language) if hint else ""


def torch_minor(version: str) -> str:
    """Return the minor version of a PyTorch version: "2.13" for "2.13.0+cpu".

    Outcomes of two patch versions may be compared, because only a new minor version changes names of backward nodes.
    """
    return ".".join(version.split("+")[0].split(".")[:2])


def read_file(path: Path) -> GoldenFile:
    """Read a golden file without decoding its outcomes. Raises StaleGoldenError, or OtherFormatError."""
    try:
        content = path.read_bytes()
        if (found := msgspec.json.decode(content, type=_Header).format) != FORMAT:
            raise OtherFormatError(path.name, found)
        return msgspec.json.decode(content, type=GoldenFile)
    except FileNotFoundError:
        raise StaleGoldenError(f"{path.name} is missing") from None
    except (OSError, *DAMAGED) as error:
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
        hints = {mistake: Text(**texts) for mistake, texts in file.hints.items()}
        levels = {function: tuple(Text(**texts) for texts in hints) for function, hints in file.levels.items()}
    except (ValueError, TypeError) as error:
        raise StaleGoldenError(f"{path.name} is damaged: {error}") from None
    return Golden(file.torch, file.points, references, known, hints, levels, file.signatures)
