"""`Exercise` and `Course`: the functions, points and checks that the files of experiments declare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from grader.core.text import ENGLISH, Text
from grader.course.points import share
from grader.experiments.declaration import Check


@dataclass(frozen=True)
class Exercise:
    """A file of functions that students write.

    points: points of each function, in the order of the exercise.
    title: title in each language of the exercise; claims and hints have the same languages.
    checks: all declared checks, public ones first; hidden checks only if they were read.
    files: the files of experiments, the public one first.
    """

    name: str
    title: Text
    points: Mapping[str, int]
    checks: tuple[Check, ...]
    files: tuple[Path, ...] = field(default=())

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of the exercise, English first: the languages of its title."""
        return self.title.languages

    def checks_of(self, function: str) -> list[Check]:
        """Return the checks of one function in the order of their declarations."""
        return [check for check in self.checks if check.function == function]

    @cached_property
    def shares(self) -> dict[str, Fraction]:
        """Points of each check by id: the points of its function, divided among the checks by their weights."""
        shares: dict[str, Fraction] = {}
        for function, points in self.points.items():
            checks = self.checks_of(function)
            if checks:
                parts = share(points, [check.weight for check in checks])
                shares |= {check.id: part for check, part in zip(checks, parts, strict=True)}
        return shares


@dataclass(frozen=True)
class Course:
    """The exercises of the folder `root`; ex2 comes before ex10. No two functions of a course have the same name."""

    root: Path
    exercises: tuple[Exercise, ...]

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of the course, English first. All exercises of a course have the same languages."""
        return self.exercises[0].languages if self.exercises else (ENGLISH,)

    @cached_property
    def exercise_of(self) -> dict[str, Exercise]:
        """The exercise of each function. The functions are in the order of the course."""
        return {function: exercise for exercise in self.exercises for function in exercise.points}

    def select(self, only: list[str]) -> list[str]:
        """Return the functions that `only` names, in the order of the course; all functions if `only` is empty.

        `only` may hold names of functions and of exercises.
        """
        return [f for f, exercise in self.exercise_of.items() if not only or f in only or exercise.name in only]

    def check(self, check_id: str) -> Check:
        """Return the check with this id. The course must have such a check."""
        function = check_id.partition("::")[0]
        return next(check for check in self.exercise_of[function].checks if check.id == check_id)
