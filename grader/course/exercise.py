"""An exercise as the trusted process knows it: its functions, their points, their experiments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from grader.core.points import share
from grader.experiments.declaration import Declared


@dataclass(frozen=True)
class Exercise:
    """A module of functions.

    `points` maps its functions, in their order, to points; `checks` are all experiments found, public ones first;
    `files` are the experiment files they came from.
    """

    name: str
    title_en: str
    title_zh: str
    points: Mapping[str, int]
    checks: tuple[Declared, ...]
    files: tuple[Path, ...] = field(default=())

    def title(self, language: str) -> str:
        """The exercise's title."""
        return self.title_zh if language == "zh" else self.title_en

    def checks_of(self, function: str) -> list[Declared]:
        """The experiments on one function, in their order."""
        return [check for check in self.checks if check.function == function]

    @cached_property
    def shares(self) -> dict[str, Fraction]:
        """The points of every check, by its id; those of a function add up to the function's points."""
        shares: dict[str, Fraction] = {}
        for function, points in self.points.items():
            checks = self.checks_of(function)
            if checks:
                parts = share(points, [check.weight for check in checks])
                shares |= {check.id: part for check, part in zip(checks, parts, strict=True)}
        return shares


@dataclass(frozen=True)
class Course:
    """All exercises below one folder, in their order. A function's name is unique in the course."""

    root: Path
    exercises: tuple[Exercise, ...]

    @cached_property
    def home(self) -> dict[str, Exercise]:
        """Which exercise a function belongs to, in the order of the course."""
        return {function: exercise for exercise in self.exercises for function in exercise.points}

    def select(self, only: list[str]) -> list[str]:
        """The functions that `only` names (functions or exercises; all when empty), in the order of the course."""
        return [f for f, exercise in self.home.items() if not only or f in only or exercise.name in only]

    def check(self, check_id: str) -> Declared:
        """The check of that id."""
        function = check_id.partition("::")[0]
        return next(check for check in self.home[function].checks if check.id == check_id)
