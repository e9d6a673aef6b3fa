"""`grader sync`: generate stubs, notebooks and goldens, or check that they are up to date."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.options import CourseOption, JobsOption, LangOption, course_root, worker_count


@app.command()
def sync(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit code 1 when a file is stale.")] = False,
    course: CourseOption = None,
    jobs: JobsOption = None,
    lang: LangOption = None,
) -> None:
    """Generate the stubs, notebooks and goldens of a course from its solutions.

    Examples:
      grader sync
      grader sync --check
    """
    from importlib.metadata import version

    from grader.authoring.sync import generate
    from grader.core.atomic_files import write_atomically
    from grader.core.language import choose_language, translator
    from grader.course.library import open_library
    from grader.grading.runs.source_pool import make_source_pool
    from grader.reports.terminal import progress

    language = choose_language(lang)
    tr, console, errors = translator(language), Console(highlight=False), Console(stderr=True, highlight=False)
    library = open_library(course_root(course))
    stale = total = 0
    with make_source_pool(library, worker_count(jobs)) as pool:
        files = generate(library, pool, version("torch"))
        for file in progress(errors, files, 3 * len(library.exercise_files), tr("generating")):
            total += 1
            if file.fresh:
                continue
            stale += 1
            name = file.path.relative_to(library.course.root)
            if check:
                console.print(
                    tr("stale: {path}. Run `grader sync` and commit the files that it writes.").format(path=name)
                )
            else:
                write_atomically(file.path, file.content)
                console.print(tr("written: {path}").format(path=name))
    console.print(tr("{total} generated files, {fresh} fresh").format(total=total, fresh=total - stale))
    hint_errors = [error for files in library.exercise_files.values() for error in files.hint_errors]
    for error in hint_errors:
        errors.print(error.say(language), markup=False, soft_wrap=True)
    if check and (stale or hint_errors):
        raise typer.Exit(1)
