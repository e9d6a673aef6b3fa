"""`grader demo`: make a class to try the grader on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.options import CourseOption, LangOption, course_root


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="Where the made-up submissions go; it must not exist yet.")],
    students: Annotated[int, typer.Option(min=1, help="How many.")] = 30,
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same class.")] = 0,
    course: CourseOption = None,
    lang: LangOption = None,
) -> None:
    """Make a class of right, wrong, half done, broken and endless submissions."""
    from grader.authoring.demo_students import make_demo_students
    from grader.core.errors import UsageError
    from grader.core.language import choose_language, translator
    from grader.course.library import open_library

    if folder.exists():
        raise UsageError("{path} exists already: name a new folder, or remove it", path=folder)
    library = open_library(course_root(course))
    for student in make_demo_students(library, students, seed):
        for name, content in student.files.items():
            path = folder / student.name / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    tr = translator(choose_language(lang))
    text = tr("{number} submissions in {folder}. Grade them: grader grade {folder} --out results")
    Console(highlight=False).print(text.format(number=students, folder=folder), markup=False, soft_wrap=True)
