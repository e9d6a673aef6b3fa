"""Read the recorded behavior of mistakes: the checks that each passes, and the checks in which it raises an exception.

With this record, grading runs a mistake only on checks where a student's answer may resemble the mistake.

Theory of operation
    `grader sync` runs every mistake on all checks of its function with the public seed, and writes the behavior to
    solutions/mistakes/EXERCISE.json (`authoring.passed_checks_recording`). `grader doctor` tests that the result of a
    mistake in a check (passed, failed or an exception) is the same with ten seeds. So the recorded behavior holds for
    the seed of a grading run, too (`grading.verdicts.known_mistakes`). The file contains a hash of the sources. After a
    change of a source the file is ignored, and grading runs the mistakes on all checks.
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
    """Behavior of a mistake, which is the same with every seed.

    passes: names of the checks that the mistake passes; it fails all other checks.
    raises: names of the checks in which the mistake raises an exception; all other checks return observations.
    order_dependent: True if an outcome depends on the checks that ran before in the same process, for example because
        the function remembers its arguments.
    """

    passes: frozenset[str]
    raises: frozenset[str]
    order_dependent: bool = False


Behaviors: TypeAlias = Mapping[str, MistakeBehavior]
"""Mistake id -> behavior of the mistake, for each mistake whose behavior is recorded."""


class PassedChecksFile(msgspec.Struct):
    """Content of solutions/mistakes/EXERCISE.json: the hash of the sources, and names of checks by mistake id."""

    sources_hash: str = msgspec.field(name="made_from")
    passed_checks: dict[str, list[str]] = msgspec.field(name="passes")
    raising_checks: dict[str, list[str]] = msgspec.field(name="raises")
    order_dependent: list[str]


def passed_checks_file(root: Path, exercise: str) -> Path:
    """Return the path of solutions/mistakes/EXERCISE.json in the course at `root`."""
    return root / SOLUTIONS / "mistakes" / f"{exercise}.json"


def read_passed_checks(file: Path, sources: Iterable[bytes]) -> Behaviors | None:
    """Return the behaviors in a file; None if the file is missing, damaged, or belongs to other `sources`."""
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
    """Return a hash of the files on which the behavior of mistakes depends: 16 hexadecimal digits."""
    return digest(*sources)[:16]
