"""`grader release`: build the hand-out for students, or a course folder for nbgrader."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.options import (
    CourseOption,
    JobsOption,
    OnlyOption,
    course_language,
    course_root,
    selected,
    store_language,
    worker_count,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from grader.course.library import ExerciseFiles, Library


@app.command()
def release(
    folder: Annotated[Path, typer.Argument(help="Folder to write: a new one, or that of an earlier release.")],
    nbgrader: Annotated[bool, typer.Option("--nbgrader", help="Build a course folder for nbgrader instead.")] = False,
    only: OnlyOption = None,
    lang: Annotated[
        str | None,
        typer.Option(
            "--lang",
            metavar="LANG",
            callback=store_language,
            help="Language of the hand-out: one of the course, or zh. Default: all languages of the course.",
        ),
    ] = None,
    assignment: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="With --nbgrader: one assignment for all notebooks. Default: one for each notebook."
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="With --nbgrader: seed of the inputs. Default: drawn at random once per folder."),
    ] = None,
    course: CourseOption = None,
    jobs: JobsOption = None,
) -> None:
    """Build the hand-out for students, without solutions and hidden checks, or a course folder for nbgrader.

    --only FUNCTION releases the whole exercise with this function. Run the command again to update the folder.
    The command never overwrites files that it did not write.

    Examples:
      grader release handout
      grader release nbgrader-course --nbgrader
    """
    import secrets

    from grader.core.language import choose_language, translator
    from grader.course.library import open_library
    from grader.packaging.release_folder import read_manifest, update_release

    _check_options(nbgrader, assignment, seed)
    library = open_library(course_root(course))
    tr, language = translator(course_language(lang, library.course)), choose_language(lang) if lang else None
    names = {library.course.exercise_of[function].name for function in selected(library.course, only)}
    exercises = [files for name, files in library.exercise_files.items() if name in names]
    kind = "nbgrader" if nbgrader else "handout"
    manifest = read_manifest(folder, kind)
    if nbgrader:
        manifest.seed = next((n for n in (seed, manifest.seed) if n is not None), secrets.randbelow(2**31))
        files = _nbgrader(library, exercises, manifest.seed, language, assignment, worker_count(jobs), tr("generating"))
    else:
        from grader.packaging.handout import make_handout

        files = make_handout(library.course.root, exercises, language)
    done = update_release(folder, files, manifest)
    console = Console(highlight=False)
    for path in done.written:
        console.print(tr("written: {path}").format(path=path), markup=False)
    for path in done.removed:
        console.print(tr("removed: {path}").format(path=path), markup=False)
    console.print(
        tr("{folder}: {written} files written, {same} unchanged, {removed} removed").format(
            folder=folder, written=len(done.written), same=len(done.unchanged), removed=len(done.removed)
        ),
        markup=False,
    )
    following = _next_step(folder, nbgrader, assignment or exercises[0].exercise.name, tr)
    console.print(following, markup=False, soft_wrap=True)


def _next_step(folder: Path, nbgrader: bool, assignment: str, tr: Callable[[str], str]) -> str:
    """Return instructions for the next step with the folder."""
    if nbgrader:
        text = tr("Next: cd {folder}; nbgrader generate_assignment {assignment}")
        return text.format(folder=folder, assignment=assignment)
    text = tr(
        "Next: give {folder} to your students, as a folder or a zip. Its README.md explains what to do: they run\n"
        "  pip install -r requirements.txt\n"
        "  pytest exercises\n"
        "and submit exercises/ex*.py or their notebooks. Then grade the submissions: grader grade SUBMISSIONS --out "
        "results"
    )
    return text.format(folder=folder)


def _check_options(nbgrader: bool, assignment: str | None, seed: int | None) -> None:
    from grader.core.errors import UsageError

    if not nbgrader and (assignment is not None or seed is not None):
        raise UsageError("--assignment and --seed work only with --nbgrader.")
    if assignment is not None and (not assignment.strip(".") or set(assignment) & set('+/\\:*?"<>|\0')):
        raise UsageError(
            "nbgrader does not accept this name: --assignment {name}. Use letters, digits, - and _.", name=assignment
        )


def _nbgrader(
    library: Library,
    exercises: Sequence[ExerciseFiles],
    seed: int,
    language: str | None,
    assignment: str | None,
    workers: int,
    label: str,
) -> dict[str, bytes]:
    """Return the files of an nbgrader course in `language` (None: in all languages of the course).

    Run the solutions with `seed` to get the expected values, and show the progress with this `label`.
    """
    from importlib.metadata import version

    from grader.authoring.golden_recording import make_golden, write_golden
    from grader.grading.runs.source_pool import make_source_pool
    from grader.grading.verdicts.references import References
    from grader.packaging.nbgrader_course import make_nbgrader_course
    from grader.reports.terminal import progress

    goldens = {}
    with make_source_pool(library, workers) as pool:
        references = References(library, pool, seed)
        for files in progress(Console(stderr=True, highlight=False), iter(exercises), len(exercises), label):
            golden = make_golden(files, references, version("torch"), hidden=True)
            goldens[files.exercise.name] = write_golden(golden)
    return make_nbgrader_course(library.course.root, exercises, goldens, language, assignment)
