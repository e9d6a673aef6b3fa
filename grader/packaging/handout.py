"""The hand-out for students: stubs, public checks, goldens, notebooks, and the grader as a wheel."""

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

CONFTEST = PUBLIC / "conftest.py"
"""Tells a student without the grader, in one line, how to install it."""

TEMPLATES = Path(__file__).parent / "templates"
READMES = {"en": {"README.md": "en"}, "zh": {"README.md": "zh"}, BOTH: {"README.md": "en", "README.zh.md": "zh"}}
"""For each language of a hand-out: the names of its read-me files, and the language of each."""


def make_handout(root: Path, exercises: Sequence[ExerciseFiles], language: str) -> dict[str, bytes]:
    """Return the bytes of every file of a hand-out, by its path.

    `language` is "en", "zh" or BOTH. Raises UsageError where a golden does not match the public checks, or where the
    wheel cannot be built.
    """
    checks: dict[str, bytes] = {}
    for exercise in exercises:
        checks |= _public_checks(root, exercise)
    wheel, content = build_wheel(checks)
    files = {f"wheels/{wheel}": content} | checks
    if (root / CONFTEST).is_file():
        files[CONFTEST.as_posix()] = (root / CONFTEST).read_bytes()
    for exercise in exercises:
        files[f"{PUBLIC}/{exercise.file}"] = exercise.stub.encode()
        files[f"{PUBLIC}/{NOTEBOOKS}/{exercise.notebook}"] = make_notebook(exercise, Edition(language))
    files["requirements.txt"] = f"./wheels/{wheel}\n".encode()
    files["requirements-notebooks.txt"] = f"./wheels/{wheel}[notebook]\njupyterlab\n".encode()
    files["pytest.ini"] = _pytest_ini(language).encode()
    for name, readme_language in READMES[language].items():
        files[name] = _readme(exercises, readme_language, language).encode()
    return files


def _public_checks(root: Path, exercise: ExerciseFiles) -> dict[str, bytes]:
    """Return the public checks of an exercise and their golden. Raises UsageError where the golden is out of date."""
    checks, golden = PUBLIC / f"test_{exercise.file}", PUBLIC / "golden" / f"{exercise.exercise.name}.json"
    try:
        references = read_golden(root / golden).references
    except StaleGoldenError as error:
        raise UsageError("{error}: run `grader sync`", error=error) from None
    if set(references) != {check.id for check in exercise.exercise.checks if not check.hidden}:
        raise UsageError("{file} does not match the public checks. Run `grader sync`", file=golden)
    return {path.as_posix(): (root / path).read_bytes() for path in (checks, golden)}


def _pytest_ini(language: str) -> str:
    options = "" if language == BOTH else f"addopts = --lang {language}\n"
    return f"[pytest]\ntestpaths = {PUBLIC}\n{options}"


def _readme(exercises: Sequence[ExerciseFiles], language: str, handout_language: str) -> str:
    first = exercises[0]
    template = Template((TEMPLATES / f"README.{language}.md").read_text("utf-8"))
    return template.substitute(
        exercises="\n".join(_table_row(exercise, language) for exercise in exercises),
        file=first.file,
        notebook=first.notebook,
        function=next(iter(first.exercise.points)),
        points=sum(sum(exercise.exercise.points.values()) for exercise in exercises),
        version=version(PROJECT),
        other="[中文](README.zh.md)\n\n" if (language, handout_language) == ("en", BOTH) else "",
    )


def _table_row(exercise: ExerciseFiles, language: str) -> str:
    points = exercise.exercise.points
    functions = ", ".join(f"`{function}`" for function in points)
    return f"| `{exercise.file}` | {exercise.exercise.title(language)} | {functions} | {sum(points.values())} |"
