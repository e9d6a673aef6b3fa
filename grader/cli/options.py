"""Options that several commands share."""

from __future__ import annotations

import os
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.core.errors import UsageError

if TYPE_CHECKING:
    from grader.course.exercise import Course  # it brings numpy, which `--help` does not need

asked_language: ContextVar[str | None] = ContextVar("asked_language", default=None)
"""What --lang of the running command says: an error that ends the command is said in it."""


def heed_language(context: typer.Context, lang: str | None) -> str | None:
    """Remember what --lang says, behind the command or before it."""
    said = lang or (context.parent.params.get("lang") if context.parent else None)
    if said:
        asked_language.set(said)
    return said


CourseOption = Annotated[
    Path | None,
    typer.Option("--course", help="The folder with exercises/ and solutions/. Default: the nearest at or above here."),
]
OnlyOption = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="NAME", help="An exercise or a function; may be given several times."),
]
JobsOption = Annotated[
    int | None, typer.Option("--jobs", "-j", min=1, help="Workers. Default: one for each processor.")
]
LangOption = Annotated[
    str | None,
    typer.Option("--lang", metavar="en|zh", callback=heed_language, help="Language of reports. Default: the system's."),
]
DaskOption = Annotated[
    str | None,
    typer.Option("--dask", metavar="ADDRESS", help="Grade on a Dask cluster: its scheduler's address, or local:N."),
]
PolicyOption = Annotated[
    Path | None,
    typer.Option("--policy", metavar="FILE", help="The policy of the course. Default: its grader.toml, if it has one."),
]
ResultsOption = Annotated[
    Path, typer.Option("--results", metavar="DIR", help="The results folder that `grader grade --out` wrote.")
]
TimeOption = Annotated[float, typer.Option("--time-limit", min=0.1, help="Seconds for one experiment.")]
MemoryOption = Annotated[
    int,
    typer.Option("--memory-limit", min=64, metavar="MIB", help="Memory of one submission, beyond torch's own."),
]
SandboxOption = Annotated[
    str,
    typer.Option(
        "--sandbox",
        metavar="auto|full|core|weak|none",
        help="The walls round student code. auto: the best of full and core; weak and none are consent to less.",
    ),
]
LayoutOption = Annotated[
    str,
    typer.Option(
        "--layout",
        metavar="auto|plain|canvas|moodle|gradescope|nbgrader|github",
        help="How the submissions are laid out. auto: looks, and says what it found.",
    ),
]
RosterOption = Annotated[
    Path | None,
    typer.Option(
        "--roster",
        metavar="CSV",
        help="Who should have handed in: a gradebook of Canvas, a grading worksheet of Moodle, a roster of Gradescope"
        " or GitHub Classroom, or student,name,email. Tells names, and who is missing.",
    ),
]


def results_folder(asked: Path) -> Path:
    """A folder that holds results. Raises UsageError."""
    if not (asked / "results.jsonl").is_file() and not (asked / "journal.sqlite").is_file():
        raise UsageError(
            "{path}: no results in it. Name the folder that `grader grade --out` wrote with --results", path=asked
        )
    return asked


def course_near(asked: Path | None, submissions: Path) -> Path:
    """The course that was asked for, else the nearest from here, else from the submissions. Raises UsageError."""
    if asked is not None:
        return course_root(asked)
    try:
        return course_root(None)
    except UsageError:
        return course_root(submissions)


def sandbox_level(asked: str) -> str:
    """A level that there is, or auto. Raises UsageError."""
    from grader.execution.host.sandbox_levels import Level

    if asked not in ("auto", *Level):
        raise UsageError("--sandbox {asked}: known are auto, {levels}", asked=asked, levels=", ".join(Level))
    return asked


def course_root(asked: Path | None) -> Path:
    """The course to work on. Raises UsageError."""
    from grader.course.discovery import find_course

    return find_course(asked or Path.cwd())


def selected(course: Course, only: list[str] | None) -> list[str]:
    """The functions that --only names. Raises UsageError on a name that nothing has."""
    known = {*course.exercise_of, *(exercise.name for exercise in course.exercises)}
    for name in only or []:
        if name not in known:
            raise UsageError(
                "--only {name}: no such exercise or function. Known: {known}", name=name, known=", ".join(sorted(known))
            )
    return course.select(only or [])


def worker_count(asked: int | None) -> int:
    """How many workers to start."""
    return asked or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else asked or os.cpu_count() or 1
