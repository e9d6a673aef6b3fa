"""What a learner was handed out: the exercises, their public experiments, the goldens. Read without torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from grader.core.errors import AuthoringError, GraderErrors, UsageError
from grader.core.language import translator
from grader.course.discovery import PUBLIC, natural_key, read_exercise
from grader.course.exercise import Exercise
from grader.course.goldens import Golden, StaleGoldenError, read_golden

GOLDEN = "golden"


@dataclass(frozen=True)
class Material:
    """A folder of exercises; `faults` says of those that cannot be used why, and what to do."""

    folder: Path
    exercises: tuple[Exercise, ...]
    goldens: Mapping[str, Golden]
    faults: tuple[str, ...] = ()

    @cached_property
    def exercise_of(self) -> dict[str, Exercise]:
        """Which exercise a function belongs to, in the order of the course."""
        return {function: exercise for exercise in self.exercises for function in exercise.points}

    def golden_of(self, function: str) -> Golden:
        """What the function is compared with."""
        return self.goldens[self.exercise_of[function].name]

    @property
    def experiment_files(self) -> list[tuple[str, bytes]]:
        """What a worker needs: every file of public experiments."""
        return [(str(exercise.files[0]), exercise.files[0].read_bytes()) for exercise in self.exercises]


def find_exercises(start: Path) -> Path:
    """The folder of exercises at or near `start`: the folder itself, its exercises/, or those of a parent.

    Raises UsageError.
    """
    start = start.resolve()
    for folder in [start, *start.parents]:
        for candidate in (folder, folder / PUBLIC):
            if any(_public_files(candidate)):
                return candidate
    raise UsageError(
        "no exercises at or above {start}: go to the folder that holds exercises/, or name a file in it", start=start
    )


def open_material(folder: Path, language: str) -> Material:
    """Read a folder of exercises; a damaged one does not keep the others. Raises GraderErrors when none is left."""
    tr = translator(language)
    cure = tr("get the exercises anew, or run `grader sync` as an author")
    exercises: list[Exercise] = []
    goldens: dict[str, Golden] = {}
    faults: list[str] = []
    for file in sorted(_public_files(folder), key=natural_key):
        errors: list[AuthoringError] = []
        exercise = read_exercise(file, None, errors)
        if exercise is None or errors:
            faults += [f"{Path(error.place).name}: {error.found}: {cure}" for error in errors[:1]]
            continue
        try:
            goldens[exercise.name] = read_golden(folder / GOLDEN / f"{exercise.name}.json")
            exercises.append(exercise)
        except StaleGoldenError as error:
            faults.append(f"{GOLDEN}/{error}: {cure}")
    if not exercises:
        raise GraderErrors(faults)
    return Material(folder, tuple(exercises), goldens, tuple(faults))


def _public_files(folder: Path) -> Iterator[Path]:
    """The files that declare an exercise; hidden ones only add experiments."""
    try:
        files = sorted(folder.glob("test_*.py"))
    except OSError:
        return
    for file in files:
        try:
            if b"\nexercise(" in file.read_bytes():
                yield file
        except OSError:
            continue
