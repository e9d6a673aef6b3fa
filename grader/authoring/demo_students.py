"""Make demo students for `grader demo` and the benchmarks: some right, some wrong, half done, broken or endless.

The answers of demo students are the solutions, alternative solutions, known mistakes and stubs of the course.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from grader.course.library import ExerciseFiles, Library

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
"""Kinds of students. The student with the number n, counted from 0, has the kind with the index n modulo 10."""


@dataclass(frozen=True)
class DemoStudent:
    """An invented student: name, kind (from KINDS here or in `demo_class`), and submitted files (name -> content)."""

    name: str
    kind: str
    files: dict[str, bytes]


def make_demo_students(library: Library, students: int, seed: int = 0) -> Iterator[DemoStudent]:
    """Yield `students` demo students; equal seeds give equal students."""
    rng = random.Random(seed)
    exercises = list(library.exercise_files.values())
    for number in range(students):
        name = NAMES[number % len(NAMES)] + (f" {number // len(NAMES) + 1}" if number >= len(NAMES) else "")
        kind = KINDS[number % len(KINDS)]
        yield DemoStudent(
            name,
            kind,
            {files.file: _answer(kind, files, rng).encode() for files in exercises}
            | _faulty_file(kind, rng, exercises),
        )


def _answer(kind: str, files: ExerciseFiles, rng: random.Random) -> str:
    """Return the answer of a student of this kind to one exercise."""
    # Leave out adopted mistakes: they are code of real students, and a demo class may be shown in public.
    mistakes = [mistake for mistake in files.mistakes if not mistake.fatal_outcome and not mistake.adopted]
    if kind == "mistakes" and mistakes:
        return rng.choice([files.solution, *(m.source for m in rng.sample(mistakes, min(2, len(mistakes))))])
    if kind == "other" and files.alternatives:
        # An alternative file defines only some functions, so append it: Python uses the last definition.
        return files.solution + "\n\n" + rng.choice(files.alternatives).data.decode("utf-8")
    if kind == "started":
        return files.stub
    if kind == "half":
        return rng.choice([files.solution, files.stub])
    return files.solution


def _faulty_file(kind: str, rng: random.Random, exercises: list[ExerciseFiles]) -> dict[str, bytes]:
    """Return one file (name -> content) that is broken or endless; empty if the student is of another kind."""
    files = rng.choice(exercises)
    if kind == "broken":
        return {files.file: rng.choice([b"def f(:\n", files.solution.encode("utf-16"), "均方误差 = '".encode("gbk")])}
    if kind == "endless":
        function = rng.choice(list(files.exercise.points))
        return {files.file: (files.solution + ENDLESS.format(function=function)).encode()}
    return {}
