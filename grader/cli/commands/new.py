"""`grader new`: the files of a new exercise, for an author to change."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.options import CourseOption, course_root


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="The exercise's name, such as ex10_square.")],
    functions: Annotated[list[str], typer.Argument(help="Its functions, in their order.")],
    course: CourseOption = None,
) -> None:
    """Write the files of a new exercise: a small one that works, to be changed into yours."""
    from grader.core.files import write_atomically
    from grader.declare.catalog import read_course
    from grader.judge.skeleton import skeleton

    console, root = Console(highlight=False), course_root(course)
    for path, text in skeleton(read_course(root), name, functions).items():
        write_atomically(root / path, text.encode())
        console.print(f"written: {path}", markup=False)
    console.print(
        "It squares, and the doctor is content with it. Change the solution into yours, then what stands beside it:\n"
        f"grader sync && grader doctor --only {name}",
        markup=False,
        soft_wrap=True,
    )
