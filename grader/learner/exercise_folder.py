"""The learner's folder of exercises: public declarations and goldens, read without torch.

This module serves the commands, which read all exercises of one folder. `check(f)` uses `handout_lookup` instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from grader import __version__
from grader.core.errors import AuthoringError, GraderErrors, UsageError
from grader.core.language import translator
from grader.course.discovery import PUBLIC, natural_key, read_exercise
from grader.course.exercise import Exercise
from grader.course.goldens import Golden, OtherFormatError, StaleGoldenError, read_golden

GOLDEN = "golden"


@dataclass(frozen=True)
class ExerciseFolder:
    """The usable exercises of a folder with their goldens.

    faults: for each unusable exercise, why it cannot be used and what to do.
    """

    path: Path
    exercises: tuple[Exercise, ...]
    goldens: Mapping[str, Golden]
    faults: tuple[str, ...] = ()

    @cached_property
    def exercise_of(self) -> dict[str, Exercise]:
        """The exercise of each function; functions are in the order of the course."""
        return {function: exercise for exercise in self.exercises for function in exercise.points}

    def golden_of(self, function: str) -> Golden:
        """Return the golden of the exercise that a function belongs to."""
        return self.goldens[self.exercise_of[function].name]

    @property
    def experiment_files(self) -> list[tuple[str, bytes]]:
        """Path and content of each file of public experiments; a worker loads these files."""
        return [(str(exercise.files[0]), exercise.files[0].read_bytes()) for exercise in self.exercises]


def find_exercise_folder(start: Path) -> Path:
    """Return the nearest folder of exercises at or above `start`: that folder itself, or its subfolder exercises/.

    Raises UsageError.
    """
    start = start.resolve()
    for folder in [start, *start.parents]:
        for candidate in (folder, folder / PUBLIC):
            if any(_public_files(candidate)):
                return candidate
    raise UsageError(
        "No exercises found at or above {start}. Go to the folder that holds exercises/, or name a file in it",
        start=start,
    )


def open_exercise_folder(folder: Path, language: str) -> ExerciseFolder:
    """Read the exercises of a folder; leave out damaged ones. Raises GraderErrors if none is usable."""
    tr = translator(language)
    cure = tr("download the exercises again, or run `grader sync` as an author")
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
            faults.append(explain_stale_golden(error, language, f"{GOLDEN}/"))
    faults = [*dict.fromkeys(faults)]  # the text about another release is the same for all its exercises
    if not exercises:
        raise GraderErrors(faults)
    return ExerciseFolder(folder, tuple(exercises), goldens, tuple(faults))


def explain_stale_golden(error: StaleGoldenError, language: str, folder: str = "") -> str:
    """Return a text that says what is wrong with a golden file, and what to do.

    If the golden is from another release of the grader, the text names no file, because it concerns all files of that
    release. Otherwise the text begins with `folder` and the name of the file.
    """
    tr = translator(language)
    if not isinstance(error, OtherFormatError):
        return f"{folder}{error}: {tr('download the exercises again, or run `grader sync` as an author')}"
    if error.is_earlier:
        text = tr(
            "These exercises are from an earlier release of the grader, and release {version} cannot check them. "
            "Download the exercises again; as an author, run `grader sync`."
        )
    else:
        text = tr(
            "These exercises are from a later release of the grader, and release {version} cannot check them. "
            "Install the grader that comes with them: in their folder, run `pip install -r requirements.txt`."
        )
    return text.format(version=__version__)


def _public_files(folder: Path) -> Iterator[Path]:
    """Yield the files that declare an exercise, found by a line that starts with `exercise(`."""
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
