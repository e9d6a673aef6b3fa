"""`grader demo`: create a made-up class, so that an instructor can try grading."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.options import CourseOption, LangOption, course_root


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="Folder for the submissions; it must not exist yet.")],
    students: Annotated[int, typer.Option(min=1, help="Number of students.")] = 30,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the class: the same seed creates the same class.")] = 0,
    course: CourseOption = None,
    lang: LangOption = None,
) -> None:
    """Create a demo class: submissions that are right, wrong, half done, broken or never end.

    Examples:
      grader demo demo/submissions --students 30
    """
    from grader.authoring.demo_students import make_demo_students
    from grader.core.errors import UsageError
    from grader.core.language import choose_language, translator
    from grader.course.library import open_library

    if folder.exists():
        raise UsageError("Folder exists already: {path}. Name a new folder, or remove this one.", path=folder)
    library = open_library(course_root(course))
    for student in make_demo_students(library, students, seed):
        for name, content in student.files.items():
            path = folder / student.name / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    tr = translator(choose_language(lang))
    text = tr("Submissions in {folder}: {number}. Grade them: grader grade {folder} --out results")
    Console(highlight=False).print(text.format(number=students, folder=folder), markup=False, soft_wrap=True)
