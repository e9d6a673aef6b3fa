"""A course folder for nbgrader: its settings, the source notebooks, and the checks that the notebooks call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from grader.course.discovery import PUBLIC
from grader.course.library import ExerciseFiles
from grader.course.notebooks import Edition, make_notebook

CHECKS = "checks"
"""Folder of the course with the checks and their goldens. nbgrader does not release it to students."""

CONFIG = Path(__file__).parent / "templates" / "nbgrader_config.py.txt"


def make_nbgrader_course(
    root: Path,
    exercises: Sequence[ExerciseFiles],
    goldens: Mapping[str, bytes],
    language: str | None,
    assignment: str | None,
) -> dict[str, bytes]:
    """Return the bytes of every file of an nbgrader course, by the path of the file.

    goldens: the goldens of all checks, public and hidden, by the name of the exercise.
    language: the language of the notebooks; None for all languages of the course.
    assignment: the name of one assignment that gets the notebooks of all exercises; None to make one assignment for
        each exercise.
    """
    files = {"nbgrader_config.py": CONFIG.read_bytes()}
    for exercise in exercises:
        name = exercise.exercise.name
        notebook = make_notebook(exercise, Edition(language, source=True))
        files[f"source/{assignment or name}/{exercise.notebook}"] = notebook
        files[f"{CHECKS}/{PUBLIC}/golden/{name}.json"] = goldens[name]
        for file in exercise.exercise.files:
            files[f"{CHECKS}/{file.relative_to(root).as_posix()}"] = file.read_bytes()
    return files
