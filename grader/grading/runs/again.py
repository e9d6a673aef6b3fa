"""An earlier run, taken up again: what run.json recorded of it, as the same command would read it today."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from grader.cli.options import course_near
from grader.core.errors import UsageError
from grader.course.library import Library, open_library
from grader.execution.host.sandbox_levels import Level
from grader.submissions.attempts import latest, read_handed_in
from grader.submissions.people import people_of
from grader.submissions.submission import Submission


@dataclass(frozen=True)
class Again:
    """How a run was made: the options of its command, the folder it was given in, and which attempts counted."""

    options: Mapping[str, Any]
    folder: Path
    seed: int
    level: str
    attempts: Mapping[str, int]

    @property
    def submissions(self) -> Path:
        """Where the submissions lay."""
        return self.folder / str(self.options["submissions"])

    @property
    def time_limit(self) -> float:
        """Seconds for one experiment."""
        return float(self.options["time_limit"])

    @property
    def memory_limit(self) -> int:
        """MiB of one submission."""
        return int(self.options["memory_limit"])

    def library(self) -> Library:
        """The course. Raises UsageError."""
        course = self.options.get("course")
        if course is not None:
            return open_library(course_near(self.folder / course, self.submissions))
        try:
            return open_library(course_near(self.folder, self.submissions))
        except UsageError:
            return open_library(course_near(None, self.submissions))

    def submission(self, student: str, library: Library, moved: Path | None) -> Submission:
        """What the student handed in, where it was read; `moved` says where it lies now. Raises UsageError."""
        place = moved or self.submissions
        if not place.exists():
            raise UsageError(
                "{path}: the submissions lay there when they were graded, and do not any more: "
                "say where they are with --submissions PATH",
                path=place,
            )
        stubs = {shelf.file for shelf in library.exercise_files.values()}
        roster = self.folder / self.options["roster"] if self.options.get("roster") else None
        handed_in = read_handed_in(place, stubs, self.options.get("layout") or "auto", roster)
        counted = self.attempts.get(student)
        for submission in [*handed_in.attempts, *latest(handed_in.attempts)]:
            if submission.student == student and counted in (None, submission.about.attempt):
                return submission
        raise UsageError(
            "{path}: nothing of {student} is there any more: say where it is with --submissions PATH",
            path=place,
            student=student,
        )


def take_up(results: Path, run: Mapping[str, Any]) -> Again:
    """The run that wrote a results folder. Raises UsageError when run.json does not say how."""
    options = _options(run.get("reproduce"))
    seed, level = run.get("seed"), run.get("sandbox")
    if options is None or not isinstance(seed, int) or not isinstance(level, str) or level not in [*Level]:
        raise UsageError(
            "{file}: does not say how the run was made. Grade again into this folder", file=results / "run.json"
        )
    folder = run.get("folder")
    attempts = {student: about.attempt for student, about in people_of(run).items()}
    return Again(options, Path(folder) if isinstance(folder, str) else Path.cwd(), seed, level, attempts)


def _options(command: object) -> Mapping[str, Any] | None:
    """The options of a recorded `grader grade ...`, read by the command itself."""
    import grader.cli.commands.grade  # noqa: F401  (it registers the command, whoever asks)
    from grader.cli.app import app

    if not isinstance(command, str):
        return None
    try:
        words = shlex.split(command)
        grade = typer.main.get_command(app).commands["grade"]  # type: ignore[attr-defined]  # typer's group has them
        found: Mapping[str, Any] = grade.make_context("grade", words[2:], resilient_parsing=True).params
    except (ValueError, KeyError, RuntimeError):
        return None
    return found if words[:2] == ["grader", "grade"] and found.get("submissions") else None
