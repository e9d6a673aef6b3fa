"""Read what is known of each mistake without a run: grading observes a mistake only where an answer may resemble it.

Theory of operation
    `grader sync` writes the file (`authoring.passed_checks_making`) from a run of every mistake on all checks of its
    function with the public seed. `grader doctor` tests with ten seeds that the result of a mistake in a check (passed,
    failed or an exception) is the same with all seeds. So `grading.verdicts.known_mistakes` knows without a run which
    checks a mistake passes, and in which checks it raises an exception. The file holds a hash of the sources. After a
    change of a source the file is ignored, and mistakes are observed on all checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import msgspec

from grader.core.errors import DAMAGED
from grader.core.hashing import digest
from grader.course.discovery import SOLUTIONS


@dataclass(frozen=True)
class MistakeBehavior:
    """What is known of a mistake with every seed.

    passes: names of the checks that the mistake passes; it fails all others.
    raises: names of the checks in which it raises an exception; in all others it returns observations.
    order_dependent: True if an outcome depends on the checks that ran before it in the same process, as that of a
        function that remembers its arguments.
    """

    passes: frozenset[str]
    raises: frozenset[str]
    order_dependent: bool = False


Behaviors: TypeAlias = Mapping[str, MistakeBehavior]
"""Mistake id -> what is known of the mistake; mistakes of which nothing is known are left out."""


class PassedChecksFile(msgspec.Struct):
    """Content of solutions/mistakes/EXERCISE.json: the hash of its sources, and names of checks by mistake."""

    sources_hash: str = msgspec.field(name="made_from")
    passed_checks: dict[str, list[str]] = msgspec.field(name="passes")
    raising_checks: dict[str, list[str]] = msgspec.field(name="raises")
    order_dependent: list[str]


def passed_checks_file(root: Path, exercise: str) -> Path:
    """Return the path of solutions/mistakes/EXERCISE.json in the course at `root`."""
    return root / SOLUTIONS / "mistakes" / f"{exercise}.json"


def read_passed_checks(file: Path, sources: Iterable[bytes]) -> Behaviors | None:
    """Return the content of a file; None if it is missing, damaged, or made for other contents of `sources`."""
    try:
        content = msgspec.json.decode(file.read_bytes(), type=PassedChecksFile)
    except (OSError, *DAMAGED):
        return None
    if content.sources_hash != hash_of_sources(sources):
        return None
    return {
        mistake: MistakeBehavior(
            frozenset(names),
            frozenset(content.raising_checks.get(mistake, ())),
            mistake in content.order_dependent,
        )
        for mistake, names in content.passed_checks.items()
    }


def hash_of_sources(sources: Iterable[bytes]) -> str:
    """Return the hash of the files that the passed checks depend on: 16 hex digits."""
    return digest(*sources)[:16]
