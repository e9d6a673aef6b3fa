"""A course folder for nbgrader: its settings, the source notebooks, and the checks that its cells call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from grader.course.discovery import PUBLIC
from grader.course.library import ExerciseFiles
from grader.course.notebooks import Edition, make_notebook

CHECKS = "checks"
"""The folder, below the course's, with the checks and what the solution gives on them. Students never see it."""

CONFIG = Path(__file__).parent / "templates" / "nbgrader_config.py.txt"


def nbgrader_files(
    root: Path, shelves: Sequence[ExerciseFiles], goldens: Mapping[str, bytes], language: str, assignment: str | None
) -> dict[str, bytes]:
    """Every file of an nbgrader course by its path.

    `goldens` hold what the solution gives on all checks, by exercise. Each exercise is an assignment of its own, or a
    notebook of `assignment`.
    """
    files = {"nbgrader_config.py": CONFIG.read_bytes()}
    for shelf in shelves:
        name = shelf.exercise.name
        files[f"source/{assignment or name}/{shelf.notebook}"] = make_notebook(shelf, Edition(language, source=True))
        files[f"{CHECKS}/{PUBLIC}/golden/{name}.json"] = goldens[name]
        for file in shelf.exercise.files:
            files[f"{CHECKS}/{file.relative_to(root).as_posix()}"] = file.read_bytes()
    return files
