"""Read the names of the checks that each known mistake passes: grading runs mistakes only on checks that they fail.

Theory of operation
    `grader sync` writes the file (`authoring.passed_checks_making`). `grader doctor` tests with ten seeds that
    each mistake passes a check with all seeds or with none. So `grading.verdicts.references` need not run a mistake on
    a check that it passes. The file holds a hash of the sources. After a change of a source the file is ignored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

import msgspec

from grader.core.hashing import digest
from grader.course.discovery import SOLUTIONS

PassedChecks: TypeAlias = Mapping[str, frozenset[str]]
"""Mistake id -> names of the checks that the mistake passes."""


class PassedChecksFile(msgspec.Struct):
    """Content of solutions/mistakes/EXERCISE.json: the hash of its sources, and names of passed checks by mistake."""

    sources_hash: str = msgspec.field(name="made_from")
    passed_checks: dict[str, list[str]] = msgspec.field(name="passes")


def passed_checks_file(root: Path, exercise: str) -> Path:
    """Return the path of solutions/mistakes/EXERCISE.json in the course at `root`."""
    return root / SOLUTIONS / "mistakes" / f"{exercise}.json"


def read_passed_checks(file: Path, sources: Iterable[bytes]) -> PassedChecks | None:
    """Return the content of a file; None if it is missing, damaged, or made for other contents of `sources`."""
    try:
        content = msgspec.json.decode(file.read_bytes(), type=PassedChecksFile)
    except (OSError, msgspec.DecodeError):
        return None
    if content.sources_hash != hash_of_sources(sources):
        return None
    return {mistake: frozenset(names) for mistake, names in content.passed_checks.items()}


def hash_of_sources(sources: Iterable[bytes]) -> str:
    """Return the hash of the files that the passed checks depend on: 16 hex digits."""
    return digest(*sources)[:16]
