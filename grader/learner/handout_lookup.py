"""Find the hand-out that a learner works in: in the current folder, in a folder above it, or in the installed package.

`check(f)` and the nbgrader cell use this module; the nbgrader cell reads the instructor's course as a hand-out.
The commands use `exercise_folder` instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from grader.core.package_paths import HANDOUT, SOURCE_ROOT
from grader.course.discovery import PUBLIC, read_course
from grader.course.exercise import Course, Exercise
from grader.course.goldens import Golden, read_golden


@dataclass(frozen=True)
class Handout:
    """A folder that holds exercises/ with public experiments and goldens. Each file is read on first use."""

    root: Path

    @cached_property
    def course(self) -> Course:
        """The exercises with their public checks only. Raises AuthoringErrors."""
        return read_course(self.root, hidden=False)

    def golden(self, exercise: Exercise) -> Golden:
        """Read the golden of an exercise. Raises StaleGoldenError."""
        return read_golden(self.root / PUBLIC / "golden" / f"{exercise.name}.json")


def find_handouts(start: Path) -> Iterator[Handout]:
    """Yield the nearest hand-out at or above `start`, then the hand-out in the installed package.

    A hand-out that does not exist is left out. If both are the same folder, it is yielded once.
    """
    above = [start.resolve(), *start.resolve().parents]
    nearest = next(filter(_holds_exercises, above), None)
    packaged = next(filter(_holds_exercises, (HANDOUT, SOURCE_ROOT)), None)
    yield from (Handout(root) for root in dict.fromkeys((nearest, packaged)) if root)


def _holds_exercises(root: Path) -> bool:
    return any((root / PUBLIC / "golden").glob("*.json"))
