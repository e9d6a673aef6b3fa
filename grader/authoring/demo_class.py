"""Make a class out of the course itself: right, wrong in known ways, half done, broken, endless.

For the demonstration and the benchmarks; every answer in it is known to the doctor.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from grader.course.library import Library, Shelf

NAMES = (
    "Ada Lovelace",
    "王小明",
    "Emmy Noether",
    "李娜",
    "Alan Turing",
    "José Núñez",
    "陈静",
    "Grace Hopper",
    "Sofia O'Neill",
    "张伟",
    "Kurt Gödel",
    "刘洋",
    "Rosa Parks",
    "Ünal Öz",
    "赵敏",
    "Leonhard Euler",
    "孙悦",
    "Mary Somerville",
    "周杰",
    "Carl Gauss",
)
ENDLESS = "\n\ndef {function}(*args, **kwargs):\n    while True:\n        pass\n"
KINDS = ("right", "other", "mistakes", "mistakes", "mistakes", "half", "mistakes", "started", "endless", "broken")
"""The kinds of students, in turn."""


@dataclass(frozen=True)
class DemoStudent:
    """A made-up student: what kind, and the files with their bytes."""

    name: str
    kind: str
    files: dict[str, bytes]


def make_class(library: Library, students: int, seed: int = 0) -> Iterator[DemoStudent]:
    """So many students, the same for the same seed."""
    rng = random.Random(seed)
    shelves = list(library.shelves.values())
    for number in range(students):
        name = NAMES[number % len(NAMES)] + (f" {number // len(NAMES) + 1}" if number >= len(NAMES) else "")
        kind = KINDS[number % len(KINDS)]
        yield DemoStudent(
            name,
            kind,
            {shelf.file: _answer(kind, shelf, rng).encode() for shelf in shelves} | _oddity(kind, rng, shelves),
        )


def _answer(kind: str, shelf: Shelf, rng: random.Random) -> str:
    """One file of a student of that kind."""
    mistakes = [mistake for mistake in shelf.mistakes if not mistake.ends]
    if kind == "mistakes" and mistakes:
        return rng.choice([shelf.solution, *(m.source for m in rng.sample(mistakes, min(2, len(mistakes))))])
    if kind == "other" and shelf.alternatives:
        # Alternatives hold single functions: after the solution, the last definition wins.
        return shelf.solution + "\n\n" + rng.choice(shelf.alternatives).data.decode("utf-8")
    if kind == "started":
        return shelf.stub
    if kind == "half":
        return rng.choice([shelf.solution, shelf.stub])
    return shelf.solution


def _oddity(kind: str, rng: random.Random, shelves: list[Shelf]) -> dict[str, bytes]:
    """The one file that is broken or endless."""
    shelf = rng.choice(shelves)
    if kind == "broken":
        return {shelf.file: rng.choice([b"def f(:\n", shelf.solution.encode("utf-16"), "均方误差 = '".encode("gbk")])}
    if kind == "endless":
        function = rng.choice(list(shelf.exercise.points))
        return {shelf.file: (shelf.solution + ENDLESS.format(function=function)).encode()}
    return {}
