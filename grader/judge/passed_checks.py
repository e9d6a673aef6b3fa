"""Which checks each known mistake passes, read from the file beside the mistakes: grading observes only the others.

Theory of operation
    `grader sync` writes the file (`judge.passed_checks_making`). `grader doctor` proves with five seeds that no seed
    decides whether a mistake passes a check, so `judge.references` need not run a mistake on a check that it passes.
    A file that was made from other sources is not used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

import msgspec

from grader.core.digests import digest
from grader.declare.catalog import SOLUTIONS

PassedChecks: TypeAlias = Mapping[str, frozenset[str]]
"""By mistake, the names of the checks that it passes."""


class PassedChecksFile(msgspec.Struct):
    """The JSON of solutions/mistakes/EXERCISE.json: a hash of its sources; the names of checks, by mistake."""

    made_from: str
    passes: dict[str, list[str]]


def passed_checks_file(root: Path, exercise: str) -> Path:
    """Return the path of an exercise's file in the course at `root`."""
    return root / SOLUTIONS / "mistakes" / f"{exercise}.json"


def read_passed_checks(file: Path, sources: Iterable[bytes]) -> PassedChecks | None:
    """Read a file; None where it is missing, or was made from other sources."""
    try:
        found = msgspec.json.decode(file.read_bytes(), type=PassedChecksFile)
    except (OSError, msgspec.DecodeError):
        return None
    if found.made_from != hash_of_sources(sources):
        return None
    return {mistake: frozenset(names) for mistake, names in found.passes.items()}


def hash_of_sources(sources: Iterable[bytes]) -> str:
    """Return the hash of all that a file depends on."""
    return digest(*sources)[:16]
