"""`grader release`: what students get, or a course folder for nbgrader."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from grader.cli.app import app
from grader.cli.options import CourseOption, JobsOption, OnlyOption, course_root, heed_language, selected, worker_count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from grader.course.library import ExerciseFiles, Library


@app.command()
def release(
    folder: Annotated[Path, typer.Argument(help="Where it goes: a new folder, or that of an earlier release.")],
    nbgrader: Annotated[bool, typer.Option("--nbgrader", help="A course folder for nbgrader instead.")] = False,
    only: OnlyOption = None,
    lang: Annotated[
        str | None,
        typer.Option(
            "--lang",
            metavar="en|zh",
            callback=heed_language,
            help="One language for notebooks and read-me. Default: both.",
        ),
    ] = None,
    assignment: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="With --nbgrader: one assignment with all notebooks. Default: one for each."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="With --nbgrader: seed of the inputs. Default: drawn once per folder.")
    ] = None,
    course: CourseOption = None,
    jobs: JobsOption = None,
) -> None:
    """Build the student's hand-out, without solutions and hidden checks; with --nbgrader a course folder for nbgrader.

    Exercises go out whole. Running it again updates the folder; what others wrote there is never overwritten.
    """
    import secrets

    from grader.core.language import choose_language, translator
    from grader.course.library import open_library
    from grader.packaging.release_folder import read_manifest, update_release

    _check_options(nbgrader, lang, assignment, seed)
    language = choose_language(lang)
    tr = translator(language)
    library = open_library(course_root(course))
    names = {library.course.exercise_of[function].name for function in selected(library.course, only)}
    shelves = [shelf for name, shelf in library.exercise_files.items() if name in names]
    kind = "nbgrader" if nbgrader else "handout"
    manifest = read_manifest(folder, kind)
    if nbgrader:
        manifest.seed = next((n for n in (seed, manifest.seed) if n is not None), secrets.randbelow(2**31))
        files = _nbgrader(library, shelves, manifest.seed, lang, assignment, worker_count(jobs))
    else:
        from grader.course.notebooks import BOTH
        from grader.packaging.handout import make_handout

        files = make_handout(library.course.root, shelves, _spoken(lang) or BOTH)
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
    following = _next_step(folder, nbgrader, assignment or shelves[0].exercise.name, tr)
    console.print(following, markup=False, soft_wrap=True)


def _next_step(folder: Path, nbgrader: bool, assignment: str, tr: Callable[[str], str]) -> str:
    """What to do with what was built."""
    if nbgrader:
        text = tr("Next: cd {folder}; nbgrader generate_assignment {assignment}")
        return text.format(folder=folder, assignment=assignment)
    text = tr(
        "Next: give {folder} to your students, as it is or zipped; README.md in it tells them all. There they run\n"
        "  pip install -r requirements.txt\n"
        "  pytest exercises\n"
        "and hand in exercises/ex*.py or their notebooks, which `grader grade` reads."
    )
    return text.format(folder=folder)


def _check_options(nbgrader: bool, lang: str | None, assignment: str | None, seed: int | None) -> None:
    from grader.core.errors import UsageError

    if lang is not None and _spoken(lang) is None:
        raise UsageError("--lang {lang}: known are en and zh", lang=lang)
    if not nbgrader and (assignment is not None or seed is not None):
        raise UsageError("--assignment and --seed are for --nbgrader")
    if assignment is not None and (not assignment.strip(".") or set(assignment) & set('+/\\:*?"<>|\0')):
        raise UsageError(
            "--assignment {name}: nbgrader takes no name like that: use letters, digits, - and _", name=assignment
        )


def _spoken(lang: str | None) -> str | None:
    """en, zh, or None for neither."""
    short = (lang or "").lower()[:2]
    return short if short in ("en", "zh") else None


def _nbgrader(
    library: Library,
    shelves: Sequence[ExerciseFiles],
    seed: int,
    lang: str | None,
    assignment: str | None,
    workers: int,
) -> dict[str, bytes]:
    """The files of an nbgrader course; the solutions are run on the course's seed for it."""
    from importlib.metadata import version

    from grader.authoring.golden_making import make_golden, write_golden
    from grader.course.notebooks import BOTH
    from grader.execution.host.pool import make_pool_without_sandbox
    from grader.grading.verdicts.references import References
    from grader.packaging.nbgrader_course import make_nbgrader_course
    from grader.reports.terminal import progress

    goldens = {}
    with make_pool_without_sandbox(library.experiment_files, workers) as pool:
        references = References(library, pool, seed, everything=True)
        for shelf in progress(Console(stderr=True, highlight=False), iter(shelves), len(shelves), "observing"):
            golden = make_golden(shelf, references, version("torch"), hidden=True)
            goldens[shelf.exercise.name] = write_golden(golden)
    return make_nbgrader_course(library.course.root, shelves, goldens, _spoken(lang) or BOTH, assignment)
