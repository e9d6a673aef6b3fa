"""`grader demo`: create a class of invented students, so that an instructor can try grading."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.options import CourseOption, LangOption, course_root, sandbox_level

if TYPE_CHECKING:
    from grader.authoring.demo_students import DemoStudent


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="Folder for the submissions; it must not exist yet.")],
    students: Annotated[int, typer.Option(min=1, help="Number of students.")] = 30,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the class: the same seed creates the same class.")] = 0,
    sandbox: Annotated[
        str,
        typer.Option(
            "--sandbox",
            metavar="auto|full|core|weak|none",
            help="Sandbox level with which you will grade the class. For weak and none, hostile submissions are left "
            "out.",
        ),
    ] = "auto",
    course: CourseOption = None,
    lang: LangOption = None,
) -> None:
    """Create a demo class: submissions that are right, wrong, half done, broken, late, missing or hostile.

    A roster and a policy with a deadline are written next to the folder. Hostile submissions do no harm: they loop
    endlessly, read a file of the system, or print without end.

    Examples:
      grader demo demo/submissions --students 30
    """
    from grader.authoring.demo_class import POLICY, make_demo_class, roster_text
    from grader.core.errors import UsageError
    from grader.core.language import choose_language
    from grader.course.library import open_library

    roster, policy = (folder.with_name(f"{folder.name}-{end}") for end in ("roster.csv", "policy.toml"))
    for path in (folder, roster, policy):
        if path.exists():
            raise UsageError("Path exists already: {path}. Name a new folder, or remove this path.", path=path)
    level = sandbox_level(sandbox)
    has_sandbox = level not in ("weak", "none") and sys.platform.startswith("linux")
    library = open_library(course_root(course))
    made = list(make_demo_class(library, students, seed, hostile=has_sandbox))
    folder.mkdir(parents=True)
    for student in made:
        for name, content in student.files.items():
            path = folder / student.name / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    roster.write_text(roster_text(made), "utf-8")
    policy.write_text(POLICY, "utf-8")
    options = ["--roster", str(roster), "--policy", str(policy), "--out", str(folder.with_name("results"))]
    command = shlex.join(["grader", "grade", str(folder), *options, *([] if level == "auto" else ["--sandbox", level])])
    for line in _lines(made, folder, has_sandbox, command, choose_language(lang)):
        Console(highlight=False).print(line, markup=False, soft_wrap=True)


def _lines(made: Sequence[DemoStudent], folder: Path, has_sandbox: bool, command: str, language: str) -> Iterator[str]:
    """Yield lines about the submissions, the hostile ones among them, and the command that grades the class."""
    from grader.core.language import translator

    tr = translator(language)
    missing = [student.name for student in made if student.kind == "missing"]
    yield tr("Submissions in {folder}: {number}; missing: {missing}").format(
        folder=folder, number=len(made) - len(missing), missing=len(missing)
    )
    what = {
        "endless": tr("an endless loop"),
        "reads": tr("reads a file of the system"),
        "floods": tr("a flood of output"),
    }
    hostile = [f"{student.name} ({what[student.kind]})" for student in made if student.kind in what]
    if hostile:
        yield tr("Hostile, but harmless: {students}").format(students=tr(", ").join(hostile))
    if not has_sandbox:
        yield tr("Hostile submissions are left out, because you will grade this class without a safe sandbox.")
    yield tr("To grade these submissions, run: {command}").format(command=command)
