"""Check, before `grader sync` runs anything, that the packages it needs are installed and that it can write files."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from grader.core.errors import GraderErrors, UsageError
from grader.course.discovery import NOTEBOOKS, PUBLIC
from grader.course.library import ExerciseFiles
from grader.course.passed_checks import passed_checks_file

PACKAGES = ("torch", "nbformat")
"""Packages that `grader sync` needs: torch runs the solutions, nbformat makes the notebooks."""


def generated_paths(root: Path, files: ExerciseFiles) -> list[Path]:
    """Return the paths of the files that are generated for an exercise: stub, notebook, golden, passed checks.

    root: the folder of the course.
    """
    name = files.exercise.name
    return [
        root / PUBLIC / files.file,
        root / PUBLIC / NOTEBOOKS / files.notebook,
        root / PUBLIC / "golden" / f"{name}.json",
        passed_checks_file(root, name),
    ]


def require_all(root: Path, exercises: Iterable[ExerciseFiles], write: bool) -> None:
    """Raise GraderErrors if packages are missing or, if `write` is true, files cannot be written."""
    errors = list(_missing_packages(PACKAGES))
    if write:
        errors += _unwritable([path for files in exercises for path in generated_paths(root, files)])
    if errors:
        raise GraderErrors(errors)


def _missing_packages(packages: Sequence[str]) -> Iterator[UsageError]:
    missing = [package for package in packages if not _is_installed(package)]
    if missing:
        yield UsageError(
            "Not installed: {packages}. To install all packages that generate the files of a course, run: {cure}",
            packages=", ".join(missing),
            cure="pip install 'autograded[author]'",
        )


def _is_installed(package: str) -> bool:
    """Return whether a package is installed, without importing it."""
    try:
        return find_spec(package) is not None
    except (ImportError, ValueError):  # a package whose import is blocked
        return False


def _unwritable(paths: Iterable[Path]) -> Iterator[UsageError]:
    """Yield an error for each path that is a folder, and for each folder in which no file can be created."""
    folders = dict[Path, None]()
    for path in paths:
        if path.is_dir():
            yield UsageError("{path} is a folder, but a file is generated there: move or remove this folder", path=path)
        folders[path.parent] = None
    for folder in folders:
        existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
        if not existing.is_dir():
            yield UsageError(
                "{path} is a file, but generated files need a folder there: move or remove this file", path=existing
            )
            continue
        try:
            # Create a file: permissions alone do not show that a disk is read-only or full.
            with tempfile.TemporaryFile(dir=existing, prefix=".sync."):
                pass
        except OSError as error:
            yield UsageError(
                "Cannot write into {path}: {error}. Change the permissions of this folder, or choose another "
                "copy of the course",
                path=existing,
                error=error.strerror,
            )
