"""`grader sync`: generate stubs, notebooks and goldens, or prove that they are fresh."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.options import CourseOption, JobsOption, course_root, worker_count


@app.command()
def sync(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit code 1 when something is stale.")] = False,
    course: CourseOption = None,
    jobs: JobsOption = None,
) -> None:
    """Generate the stubs, notebooks and goldens of a course from its solutions."""
    from grader.core.files import write_atomically
    from grader.faces.terminal import progress
    from grader.judge.library import open_library
    from grader.judge.sync import generate
    from grader.run.pool import trusted_pool

    console, errors = Console(highlight=False), Console(stderr=True, highlight=False)
    library = open_library(course_root(course))
    stale = total = 0
    with trusted_pool(library.experiment_files, worker_count(jobs)) as pool:
        files = generate(library, pool, version("torch"))
        for file in progress(errors, files, 3 * len(library.shelves), "generating"):
            total += 1
            if file.fresh:
                continue
            stale += 1
            name = file.path.relative_to(library.course.root)
            if check:
                console.print(f"stale: {name}    cure: run `grader sync` and commit what it writes")
            else:
                write_atomically(file.path, file.content)
                console.print(f"written: {name}")
    console.print(f"{total} generated files, {total - stale} fresh")
    unhinted = [error for shelf in library.shelves.values() for error in shelf.unhinted]
    for error in unhinted:
        errors.print(str(error), markup=False, soft_wrap=True)
    if check and (stale or unhinted):
        raise typer.Exit(1)
