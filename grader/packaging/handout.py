"""The hand-out that a student gets: stubs, public checks, goldens, notebooks, and the grader itself as a wheel."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from string import Template

from grader.core.errors import UsageError
from grader.course.discovery import NOTEBOOKS, PUBLIC
from grader.course.goldens import StaleGoldenError, read_golden
from grader.course.library import ExerciseFiles
from grader.course.notebooks import BOTH, Edition, make_notebook
from grader.packaging.wheel import PROJECT, build_wheel

ENTRANCE = PUBLIC / "conftest.py"
"""Says in one line what is missing to check the exercises."""

TEMPLATES = Path(__file__).parent / "templates"
READMES = {"en": {"README.md": "en"}, "zh": {"README.md": "zh"}, BOTH: {"README.md": "en", "README.zh.md": "zh"}}
"""For each language of a hand-out: the names of its read-me files, and the language of each."""


def handout_files(root: Path, shelves: Sequence[ExerciseFiles], language: str) -> dict[str, bytes]:
    """Every file of a hand-out by its path. `language` is en, zh or both. Raises UsageError."""
    exercises: dict[str, bytes] = {}
    for shelf in shelves:
        exercises |= _carried(root, shelf)
    wheel, content = build_wheel(exercises)
    files = {f"wheels/{wheel}": content} | exercises
    if (root / ENTRANCE).is_file():
        files[ENTRANCE.as_posix()] = (root / ENTRANCE).read_bytes()
    for shelf in shelves:
        files[f"{PUBLIC}/{shelf.file}"] = shelf.stub.encode()
        files[f"{PUBLIC}/{NOTEBOOKS}/{shelf.notebook}"] = make_notebook(shelf, Edition(language))
    files["requirements.txt"] = f"./wheels/{wheel}\n".encode()
    files["requirements-notebooks.txt"] = f"./wheels/{wheel}[notebook]\njupyterlab\n".encode()
    files["pytest.ini"] = _pytest_ini(language).encode()
    for name, spoken in READMES[language].items():
        files[name] = _read_me(shelves, spoken, language).encode()
    return files


def _carried(root: Path, shelf: ExerciseFiles) -> dict[str, bytes]:
    """The public checks of an exercise and their golden, which must be fresh enough to judge with."""
    public, golden = PUBLIC / f"test_{shelf.file}", PUBLIC / "golden" / f"{shelf.exercise.name}.json"
    try:
        known = read_golden(root / golden).references
    except StaleGoldenError as error:
        raise UsageError("{error}: run `grader sync`", error=error) from None
    if set(known) != {check.id for check in shelf.exercise.checks if not check.hidden}:
        raise UsageError("{file} was made for other checks: run `grader sync`", file=golden)
    return {path.as_posix(): (root / path).read_bytes() for path in (public, golden)}


def _pytest_ini(language: str) -> str:
    spoken = "" if language == BOTH else f"addopts = --lang {language}\n"
    return f"[pytest]\ntestpaths = {PUBLIC}\n{spoken}"


def _read_me(shelves: Sequence[ExerciseFiles], language: str, edition: str) -> str:
    first = shelves[0]
    points = sum(sum(shelf.exercise.points.values()) for shelf in shelves)
    template = Template((TEMPLATES / f"README.{language}.md").read_text("utf-8"))
    return template.substitute(
        exercises="\n".join(_row(shelf, language) for shelf in shelves),
        file=first.file,
        notebook=first.notebook,
        function=next(iter(first.exercise.points)),
        points=points,
        version=version(PROJECT),
        other="[中文](README.zh.md)\n\n" if (language, edition) == ("en", BOTH) else "",
    )


def _row(shelf: ExerciseFiles, language: str) -> str:
    exercise = shelf.exercise
    functions = ", ".join(f"`{function}`" for function in exercise.points)
    return f"| `{shelf.file}` | {exercise.title(language)} | {functions} | {sum(exercise.points.values())} |"
