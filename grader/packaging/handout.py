"""The hand-out for students: stubs, public checks, goldens, notebooks, and the grader as a wheel."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from string import Template

from grader.core.errors import UsageError
from grader.core.text import ENGLISH
from grader.course.discovery import NOTEBOOKS, PUBLIC
from grader.course.goldens import StaleGoldenError, read_golden
from grader.course.library import ExerciseFiles
from grader.course.notebooks import Edition, make_notebook
from grader.packaging.wheel import PROJECT, build_wheel

CONFTEST = PUBLIC / "conftest.py"
"""Path of a file for pytest. If the grader is not installed, the file prints one line on how to install it."""

TEMPLATES = Path(__file__).parent / "templates"
CONSOLE = re.compile(r"^```console\n.*?^```$", re.MULTILINE | re.DOTALL)
"""A block of commands in a read-me file."""

README_LANGUAGES = {ENGLISH: "English", "zh": "Chinese"}
"""The languages of the read-me files in TEMPLATES, with their English names.

In a hand-out in any other language, the read-me file is in English.
"""


def make_handout(root: Path, exercises: Sequence[ExerciseFiles], language: str | None) -> dict[str, bytes]:
    """Return the bytes of every file of a hand-out, by the path of the file.

    `language` is the language of stubs, notebooks and the read-me file; None for all languages of the course. Raises
    UsageError if a golden does not match the public checks, or if the wheel cannot be built.
    """
    checks: dict[str, bytes] = {}
    for exercise in exercises:
        checks |= _public_checks(root, exercise)
    wheel, content = build_wheel(checks)
    files = {f"wheels/{wheel}": content} | checks
    if (root / CONFTEST).is_file():
        files[CONFTEST.as_posix()] = (root / CONFTEST).read_bytes()
    for exercise in exercises:
        files[f"{PUBLIC}/{exercise.file}"] = exercise.stub_in(language).encode()
        files[f"{PUBLIC}/{NOTEBOOKS}/{exercise.notebook}"] = make_notebook(exercise, Edition(language))
    files["requirements.txt"] = _requirements(wheel).encode()
    files["requirements-notebooks.txt"] = f"{_requirements(wheel, '[notebook]')}jupyterlab\n".encode()
    files["pytest.ini"] = _pytest_ini(language).encode()
    return files | _readmes(exercises, language)


def _requirements(wheel: str, extra: str = "") -> str:
    """Return the text of a requirements file with which pip finds the wheel from any folder.

    pip starts a relative --find-links at the folder of the requirements file. But it starts a relative path of a wheel
    at the current folder. So the file names the version of the wheel instead of its path. The version has a local
    label, which no version in a package index can have.
    """
    return f"--find-links wheels\n{PROJECT}{extra}=={wheel.split('-')[1]}\n"


def _public_checks(root: Path, exercise: ExerciseFiles) -> dict[str, bytes]:
    """Return the files with the public checks of an exercise and with their golden.

    Raises UsageError if the golden is out of date.
    """
    checks, golden = PUBLIC / f"test_{exercise.file}", PUBLIC / "golden" / f"{exercise.exercise.name}.json"
    try:
        references = read_golden(root / golden).references
    except StaleGoldenError as error:
        raise UsageError("{error}: run `grader sync`", error=error) from None
    if set(references) != {check.id for check in exercise.exercise.checks if not check.hidden}:
        raise UsageError("{file} does not match the public checks. Run `grader sync`", file=golden)
    return {path.as_posix(): (root / path).read_bytes() for path in (checks, golden)}


def _pytest_ini(language: str | None) -> str:
    options = f"addopts = --lang {language}\n" if language else ""
    return f"[pytest]\ntestpaths = {PUBLIC}\n{options}"


def _readmes(exercises: Sequence[ExerciseFiles], language: str | None) -> dict[str, bytes]:
    """Return the read-me files, by name. If `language` is None and the course has Chinese texts, one is Chinese."""
    if language:
        return {"README.md": _readme(exercises, language).encode()}
    if "zh" not in exercises[0].exercise.languages:
        return {"README.md": _readme(exercises, ENGLISH).encode()}
    english = _readme(exercises, ENGLISH, other="[中文](README.zh.md)\n\n")
    return {"README.md": english.encode(), "README.zh.md": _readme(exercises, "zh").encode()}


def _readme(exercises: Sequence[ExerciseFiles], language: str, other: str = "") -> str:
    """Return the text of a read-me file in a language, with the titles of the exercises.

    `other` is a link to the read-me file in another language, or "".
    """
    first = exercises[0]
    template_language = language if language in README_LANGUAGES else ENGLISH
    template = Template((TEMPLATES / f"README.{template_language}.md").read_text("utf-8"))
    text = template.substitute(
        exercises="\n".join(_table_row(exercise, language) for exercise in exercises),
        file=first.file,
        notebook=first.notebook,
        function=next(iter(first.exercise.points)),
        points=sum(sum(exercise.exercise.points.values()) for exercise in exercises),
        version=version(PROJECT),
        other=other,
        languages=_language_options(first.exercise.languages, language),
    )
    return CONSOLE.sub(lambda block: _align_comments(block[0]), text)


def _align_comments(block: str) -> str:
    """Return a block of commands in which all comments start in the same column."""
    lines = [line.partition("  # ") for line in block.splitlines(keepends=True)]
    width = max((len(command) for command, mark, _ in lines if mark), default=0)
    return "".join(f"{command:{width if mark else 0}}{mark}{comment}" for command, mark, comment in lines)


def _language_options(languages: Sequence[str], language: str) -> str:
    """Return one sentence for each language except `language`, such as "For output in Chinese, add `--lang zh` ...".

    Return "" if there is no other language.
    """
    names = {other: README_LANGUAGES.get(other, other) for other in languages if other != language}
    return "".join(f"For output in {name}, add `--lang {other}` to a command. " for other, name in names.items())


def _table_row(exercise: ExerciseFiles, language: str) -> str:
    points = exercise.exercise.points
    functions = ", ".join(f"`{function}`" for function in points)
    return f"| `{exercise.file}` | {exercise.exercise.title.in_(language)} | {functions} | {sum(points.values())} |"
