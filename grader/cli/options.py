"""Options shared by several commands, and the checks of their values."""

from __future__ import annotations

import os
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.core.errors import UsageError, nearest_names
from grader.core.language import LANGUAGES, choose_language, language_code
from grader.core.text import ENGLISH

if TYPE_CHECKING:
    from grader.course.exercise import Course  # imports numpy, which `--help` does not need

asked_language: ContextVar[str | None] = ContextVar("asked_language", default=None)
"""Value of --lang in the running command; errors that end the command are printed in this language."""


def store_language(context: typer.Context, lang: str | None) -> str | None:
    """Return the value of --lang, passed before or after the command, and store it in `asked_language`.

    Raises UsageError if the value is not the code of a language.
    """
    chosen = lang or (context.parent.params.get("lang") if context.parent else None)
    if chosen:
        asked_language.set(chosen)
        if language_code(chosen) is None:
            raise UsageError(
                "Unknown language: --lang {lang}. Pass the code of a language, such as en or zh.", lang=chosen
            )
    return chosen


def course_language(asked: str | None, course: Course) -> str:
    """Return the reader's language: `asked`, or the language of the system.

    If neither the course nor the grader has texts in the system's language, return English. If neither has texts in the
    `asked` language, raise UsageError.
    """
    language = choose_language(asked)
    known = dict.fromkeys((*course.languages, *LANGUAGES))
    if language in known:
        return language
    if asked:
        raise UsageError(
            "Unknown language: --lang {lang}. Neither this course nor the grader has it. Choose one of: {languages}.",
            lang=asked,
            languages=", ".join(known),
        )
    return ENGLISH


def split_names(names: list[str] | None) -> list[str] | None:
    """Return the names in all values of an option. A value may contain several names, separated by commas."""
    return [name.strip() for value in names for name in value.split(",") if name.strip()] if names else names


CourseOption = Annotated[
    Path | None,
    typer.Option(
        "--course",
        help="Course folder, with exercises/ and solutions/. Default: the current folder or the nearest one above it.",
    ),
]
OnlyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--only",
        metavar="NAME",
        callback=split_names,
        help="Exercise or function. Separate several names by commas, or repeat the option.",
    ),
]
JobsOption = Annotated[
    int | None, typer.Option("--jobs", "-j", min=1, help="Number of workers. Default: one per processor.")
]
LangOption = Annotated[
    str | None,
    typer.Option(
        "--lang",
        metavar="LANG",
        callback=store_language,
        help="Language of reports: en, zh, or another language of the course. Default: the system's.",
    ),
]
DaskOption = Annotated[
    str | None,
    typer.Option("--dask", metavar="ADDRESS", help="Grade on a Dask cluster: address of its scheduler, or local:N."),
]
PolicyOption = Annotated[
    Path | None,
    typer.Option("--policy", metavar="FILE", help="Policy file. Default: grader.toml of the course, if there is one."),
]
ResultsOption = Annotated[
    Path, typer.Option("--results", metavar="DIR", help="Results folder of `grader grade --out`.")
]
TimeOption = Annotated[float, typer.Option("--time-limit", min=0.1, help="Time limit of one experiment, in seconds.")]
MaxTimeOption = Annotated[
    float | None,
    typer.Option(
        "--max-time",
        min=0,
        metavar="MINUTES",
        help="After this time, start no further submission, and print how to continue. If some submissions are not "
        "graded then, no result file changes. Default: no limit.",
    ),
]
RetryOption = Annotated[
    bool,
    typer.Option(
        "--retry-timeouts", help="Run submissions again that timed out or crashed in both tries of an earlier run."
    ),
]
MemoryOption = Annotated[
    int,
    typer.Option(
        "--memory-limit",
        min=64,
        metavar="MIB",
        help="Memory limit of one submission in MiB, without the memory of torch itself.",
    ),
]
SubmissionLimitOption = Annotated[
    float | None,
    typer.Option(
        "--submission-limit",
        min=1.0,
        metavar="SECONDS",
        help="Time limit of all experiments on one submission. Default: 60, or 12 times --time-limit if that is more.",
    ),
]
SandboxOption = Annotated[
    str,
    typer.Option(
        "--sandbox",
        metavar="auto|full|core|weak|none",
        help="Sandbox level. auto picks full or core; choose weak or none explicitly.",
    ),
]
LayoutOption = Annotated[
    str,
    typer.Option(
        "--layout",
        metavar="auto|plain|canvas|moodle|gradescope|nbgrader|github",
        help="Layout of the submissions. auto detects it and reports what it found.",
    ),
]
RosterOption = Annotated[
    Path | None,
    typer.Option(
        "--roster",
        metavar="CSV",
        help="Roster of the class: a Canvas gradebook, a Moodle grading worksheet, a roster of Gradescope or GitHub "
        "Classroom, or a CSV with student,name,email. Adds names and reports missing submissions.",
    ),
]


def results_folder(asked: Path | None, journal_suffices: bool = False) -> Path:
    """Return `asked`, else the current folder if it holds results, else its only results folder. Raises UsageError.

    If `journal_suffices` is true, a folder that holds only a journal counts, too: its first run did not finish.
    """
    from grader.grading.results.run_file import JOURNAL_FILE, RUN_FILE, is_interrupted, missing_results

    here, files = Path.cwd(), ["results.jsonl", *[JOURNAL_FILE] * journal_suffices]
    if asked is not None:
        if not any((asked / file).is_file() for file in files):
            raise missing_results(asked)
        return asked
    if any((here / file).is_file() for file in files):
        return here
    found = sorted({path.parent for file in files for path in here.glob(f"*/{file}")})
    if len(found) == 1:
        return found[0]
    if not found:
        for run_file in (here / RUN_FILE, *sorted(here.glob(f"*/{RUN_FILE}"))):
            if is_interrupted(run_file.parent):
                raise missing_results(Path(os.path.relpath(run_file.parent, here)))
        raise UsageError(
            "No results in the current folder. Name the results folder of `grader grade --out` with --results DIR"
        )
    names = ", ".join(path.name for path in found)
    raise UsageError("Several results folders here: {names}. Choose one with --results DIR", names=names)


def warn_of_interruption(folder: Path, language: str) -> bool:
    """Print a warning if the last run into this folder did not finish, so that the results are of an earlier run.

    Return true if the run was interrupted; false if it has finished or is still running.
    """
    from rich.console import Console

    from grader.grading.results.folder_lock import find_holder
    from grader.grading.results.run_file import earlier_results, is_interrupted, missing_results

    if not is_interrupted(folder):
        return False
    has_results = (folder / "results.jsonl").is_file()
    warning = earlier_results(folder) if has_results else missing_results(folder)
    Console(stderr=True, highlight=False).print(warning.say(language), style="bold red", markup=False, soft_wrap=True)
    return find_holder(folder) is None


def course_near(asked: Path | None, submissions: Path) -> Path:
    """Return the course folder: `asked`, else the course that contains the current folder, else that of `submissions`.

    Raises UsageError if there is no course.
    """
    if asked is not None:
        return course_root(asked)
    try:
        return course_root(None)
    except UsageError:
        return course_root(submissions)


def sandbox_level(asked: str) -> str:
    """Return the value of --sandbox. Raises UsageError if it is not a sandbox level or `auto`."""
    from grader.execution.host.sandbox_levels import Level

    if asked not in ("auto", *Level):
        raise UsageError(
            "Unknown sandbox level: --sandbox {asked}. Choose auto, {levels}.", asked=asked, levels=", ".join(Level)
        )
    return asked


def course_root(asked: Path | None) -> Path:
    """Return the course folder at or above `asked`, which is the current folder by default. Raises UsageError."""
    from grader.course.discovery import find_course

    return find_course(asked or Path.cwd())


def selected(course: Course, only: list[str] | None) -> list[str]:
    """Return the functions chosen by --only; without --only, all functions. Raises UsageError for an unknown name."""
    known = sorted({*course.exercise_of, *(exercise.name for exercise in course.exercises)})
    for name in only or []:
        if name not in known:
            error = UsageError("No such exercise or function: --only {name}", name=name)
            raise error.suggest(nearest_names(name, known), known)
    return course.select(only or [])


def worker_count(asked: int | None) -> int:
    """Return the number of workers: --jobs, else the number of processors available to this process."""
    return asked or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else asked or os.cpu_count() or 1
