"""`grader new`: write the files of a new exercise."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.options import CourseOption, LangOption, course_root


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Name of the exercise, for example ex10_square.")],
    functions: Annotated[list[str], typer.Argument(help="Names of its functions, in order.")],
    course: CourseOption = None,
    lang: LangOption = None,
) -> None:
    """Write the files of a new exercise: a small exercise that works, with texts that explain what to write.

    Examples:
      grader new ex10_square square
    """
    from grader.authoring.exercise_template import new_exercise_files
    from grader.core.files.atomic_files import write_atomically
    from grader.core.language import choose_language, translator
    from grader.course.discovery import read_course

    tr, console, root = translator(choose_language(lang)), Console(highlight=False), course_root(course)
    for path, text in new_exercise_files(read_course(root), name, functions).items():
        write_atomically(root / path, text.encode())
        console.print(tr("written: {path}").format(path=path), markup=False)
    text = tr(
        "The new exercise squares a number, and its checks are proven. Replace the solution with yours, then adapt the "
        "other files. The doctor lists each text that you have not replaced yet:\n"
        "grader sync && grader doctor --only {name}"
    )
    console.print(text.format(name=name), markup=False, soft_wrap=True)
