"""The hand-out: the public experiments and their goldens, in a learner's folder or inside the installed package."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from grader.core.package_paths import HANDOUT, SOURCE_ROOT
from grader.declare.catalog import PUBLIC, read_course
from grader.declare.exercise import Course, Exercise
from grader.judge.golden import Golden, read_golden


@dataclass(frozen=True)
class Handout:
    """A folder that has exercises/ with experiments and goldens."""

    root: Path

    @cached_property
    def course(self) -> Course:
        """The public part of the course. Raises AuthoringErrors."""
        return read_course(self.root, hidden=False)

    def golden(self, exercise: Exercise) -> Golden:
        """The golden observations of an exercise. Raises StaleGoldenError."""
        return read_golden(self.root / PUBLIC / "golden" / f"{exercise.name}.json")


def handouts(start: Path) -> Iterator[Handout]:
    """The nearest hand-out at or above a folder, then the one that came with the package; there may be none."""
    above = [start.resolve(), *start.resolve().parents]
    nearest = next(filter(_holds_exercises, above), None)
    carried = next(filter(_holds_exercises, (HANDOUT, SOURCE_ROOT)), None)
    yield from (Handout(root) for root in dict.fromkeys((nearest, carried)) if root)


def _holds_exercises(root: Path) -> bool:
    return any((root / PUBLIC / "golden").glob("*.json"))
