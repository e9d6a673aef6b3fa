"""`grader sync`: generate stubs, notebooks and goldens, or check that they are up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.options import CourseOption, JobsOption, LangOption, OnlyOption, course_root, selected, worker_count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from grader.authoring.sync import GeneratedFile


@app.command()
def sync(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit code 1 when a file is stale.")] = False,
    only: OnlyOption = None,
    course: CourseOption = None,
    jobs: JobsOption = None,
    lang: LangOption = None,
) -> None:
    """Generate the stubs, notebooks and goldens of a course from its solutions.

    The command first checks the course and runs the solutions. If the command finds an error, it writes no file.
    --only FUNCTION generates all files of the exercise with this function, because they belong together.

    Examples:
      grader sync --only ex1_losses
      grader sync --check
    """
    from importlib.metadata import version

    from grader.authoring.sync import generate
    from grader.authoring.sync_preconditions import require_all
    from grader.core.language import choose_language, translator
    from grader.course.library import open_library
    from grader.grading.runs.experiment_errors import report_unloadable_experiments
    from grader.grading.runs.source_pool import make_source_pool
    from grader.reports.terminal import progress

    language = choose_language(lang)
    tr, errors = translator(language), Console(stderr=True, highlight=False)
    library = open_library(course_root(course))
    names = list(dict.fromkeys(library.course.exercise_of[f].name for f in selected(library.course, only)))
    exercises = [library.exercise_files[name] for name in names]
    require_all(library.course.root, exercises, write=not check)
    with report_unloadable_experiments(library), make_source_pool(library, worker_count(jobs)) as pool:
        generated = generate(library, pool, version("torch"), names)
        # Generate all files before the first one is written.
        files = list(progress(errors, generated, 4 * len(names), tr("generating")))
    _report(files, library.course.root, check, tr)
    hint_errors = [error for exercise in exercises for error in exercise.hint_errors]
    for error in hint_errors:
        errors.print(error.say(language), markup=False, soft_wrap=True)
    if check and (hint_errors or not all(file.fresh for file in files)):
        raise typer.Exit(1)


def _report(files: Sequence[GeneratedFile], root: Path, check: bool, tr: Callable[[str], str]) -> None:
    """Write each file that is not fresh, or with `check` only name it; then count the files."""
    from grader.core.files.atomic_files import write_atomically

    console = Console(highlight=False)
    text = tr("stale: {path}. Run `grader sync` and commit the files that it writes.") if check else ""
    for file in (file for file in files if not file.fresh):
        if not check:
            write_atomically(file.path, file.content)
        console.print((text or tr("written: {path}")).format(path=file.path.relative_to(root)), soft_wrap=True)
    fresh = sum(file.fresh for file in files)
    console.print(tr("{total} generated files, {fresh} fresh").format(total=len(files), fresh=fresh))
