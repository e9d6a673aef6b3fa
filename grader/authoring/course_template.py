"""Files of a new course, written by `grader init`: a complete example exercise, a read-me file, settings of tools."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from string import Template

from grader.authoring.exercise_template import EXAMPLE, exercise_files
from grader.core.errors import UsageError
from grader.core.text import ENGLISH
from grader.course.discovery import PUBLIC, SOLUTIONS
from grader.course.goldens import torch_minor

EXERCISE, FUNCTION = "ex1_square", "square"
"""Name of the example exercise, and name of its function."""

TEMPLATES = Path(__file__).parent / "templates"
COPIED = {
    Path("pyproject.toml"): "pyproject.toml.txt",
    Path(".gitignore"): "gitignore.txt",
    PUBLIC / "conftest.py": "conftest.py.txt",
}
"""Files that are the same in every course: path -> name of the template."""

WORKFLOW = Path(".github/workflows/course.yml")
CHINESE = "zh"


def new_course_files(root: Path, languages: Sequence[str]) -> dict[Path, str]:
    """Return the files of a new course in the folder `root`: path relative to `root` -> text.

    languages: the languages that the author chose. English is always added to them. README.md is in the first of
        `languages`; without any, or if the grader has no read-me in it, README.md is in English. If Chinese is chosen
        but is not the first language, README.zh.md is added.
    """
    reader = languages[0] if languages else ENGLISH
    of_course = list(dict.fromkeys((ENGLISH, *languages)))
    files = exercise_files(EXERCISE, [FUNCTION], of_course, EXAMPLE)
    files |= {path: (TEMPLATES / template).read_text("utf-8") for path, template in COPIED.items()}
    workflow = Template((TEMPLATES / "course.yml.txt").read_text("utf-8"))
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    files[WORKFLOW] = workflow.substitute(python=python, torch=_torch_version())
    name = root.resolve().name or "course"
    files[Path("README.md")] = _readme(reader, name)
    if CHINESE in languages and reader != CHINESE:
        files[Path(f"README.{CHINESE}.md")] = _readme(CHINESE, name)
    return files


def require_room(root: Path, files: dict[Path, str]) -> None:
    """Raise UsageError if `root` is a file, holds a course already, or holds one of these files.

    Other files may be in the folder, such as a license or the files of git.
    """
    if root.exists() and not root.is_dir():
        raise UsageError("{path} is a file, not a folder: name a folder, such as `grader init my_course`", path=root)
    if (root / PUBLIC).is_dir() and (root / SOLUTIONS).is_dir():
        raise UsageError(
            "{path} holds a course already: add an exercise with `grader new NAME FUNCTION`, or name an empty folder, "
            "such as `grader init my_course`",
            path=root,
        )
    taken = [path for path in files if (root / path).exists()]
    taken += [folder for folder in (PUBLIC, SOLUTIONS) if (root / folder).exists()]
    if taken:
        raise UsageError(
            "{path} already has {files}, which a new course would overwrite: name an empty folder, such as "
            "`grader init my_course`",
            path=root,
            files=", ".join(dict.fromkeys(map(str, taken))),
        )


def _readme(language: str, name: str) -> str:
    """Return the text of the read-me file in a language; in English if there is no template in that language."""
    file = TEMPLATES / f"README.{language}.md"
    template = file if file.is_file() else TEMPLATES / f"README.{ENGLISH}.md"
    return Template(template.read_text("utf-8")).safe_substitute(name=name)


def _torch_version() -> str:
    """Return the installed version of torch without its last number, such as "2.9". Raises UsageError without torch."""
    try:
        return torch_minor(version("torch"))
    except PackageNotFoundError:
        raise UsageError(
            "torch is not installed for {python}. Install it: {python} -m pip install torch", python=sys.executable
        ) from None
